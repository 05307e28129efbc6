"""Every later report is watched for what became of our own disputes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from application.disputes import ConfirmOutcome, WithdrawDispute
from application.follow_ups import FollowUpDisputes
from application.kernel import Context, JobTicket, system
from application.ports import NotYet
from domain.bureaus import Bureau
from domain.credit_reports import AccountType, BureauTradeline, CanonicalReport, Condition, PaymentLevel
from domain.disputes import Dispute, DisputeStatus
from domain.findings import DETECTED_LATER, Finding
from domain.kernel import Role
from domain.partial_dates import PartialDate
from domain.reconciliation import Outcome
from domain.reports import Report
from tests.support.cases import Case, everywhere, report, row
from tests.support.scenarios import when
from tests.support.world import World

DEBT = {
    "creditor_name": "MIDVALE RECOVERY",
    "account_type": AccountType.COLLECTION,
    "condition": Condition.DEROGATORY,
    "pay_status": PaymentLevel.CHARGE_OFF,
    "credit_limit": None,
    "high_balance": 40_000,
    "balance": 52_500,
    "past_due": 52_500,
    "original_creditor": "NORTHSTAR WIRELESS",
    "opened": PartialDate(year=2024, month=4, day=2),
}
OTHERS = (everywhere("22"), everywhere("23"), everywhere("24"))


def pull(on: date, *tradelines: tuple[BureauTradeline, ...]) -> CanonicalReport:
    told = {rows[0].group for rows in tradelines}
    return report(on, *tradelines, *(rows for rows in OTHERS if rows[0].group not in told))


def debt(on: date, **facts: object) -> tuple[BureauTradeline, ...]:
    return everywhere("21", **(DEBT | {"reported": PartialDate.of(on)} | facts))


@pytest.fixture
def case() -> Case:
    """A collection disputed at all three bureaus, in letters that the bureaus have."""
    made = Case(World())
    made.open(made.import_report(pull(date(2026, 1, 5), debt(date(2026, 1, 1)))), "21")
    made.sign_all()
    made.approve_all()
    made.receive()
    made.world.settle()
    return made


def bring(case: Case, on: date, *tradelines: tuple[BureauTradeline, ...]) -> Report:
    case.world.clock.advance(case.world.tenant_id, datetime(on.year, on.month, on.day, 15, tzinfo=UTC))
    brought = case.import_report(pull(on, *tradelines))
    case.world.settle()
    assert not case.world.failed
    return case.world.get(Report, brought.id)


def close_all(case: Case) -> None:
    for dispute in case.world.all(Dispute):
        case.world.when(ConfirmOutcome(dispute_id=dispute.id), Role.OPERATOR)


def later(brought: Report) -> list[Finding]:
    return [finding for finding in brought.findings if finding.detector in DETECTED_LATER]


def test_a_report_that_does_not_show_an_open_dispute_says_so(case: Case) -> None:
    brought = bring(case, date(2026, 1, 28), debt(date(2026, 1, 20), dispute_flag=False))
    assert {(f.detector, f.bureaus) for f in later(brought)} == {("D32", (bureau,)) for bureau in Bureau}
    [searched, followed] = [e for e in case.world.events(brought.id) if isinstance(e, Report.FindingsMade)]
    assert set(followed.detectors) == DETECTED_LATER
    assert not DETECTED_LATER & set(searched.detectors)
    assert followed.found == 3


def test_what_was_corrected_as_asked_needs_no_flag() -> None:
    case = Case(World())
    case.to_posted("22")
    case.receive()
    again = {"dispute_flag": False, "reported": PartialDate(year=2026, month=1, day=20)}
    late = everywhere("22", past_due=8_000, **again)
    assert {f.detector for f in later(bring(case, date(2026, 1, 28), everywhere("21"), late))} == {"D32"}
    put_right = everywhere("22", past_due=0, **again)
    assert later(bring(case, date(2026, 1, 29), everywhere("21"), put_right)) == []


def test_what_was_deleted_and_returns_is_found_with_the_report_it_was_gone_from(case: Case) -> None:
    gone = bring(case, date(2026, 2, 2))
    close_all(case)
    assert {d.outcome for d in case.world.all(Dispute)} == {Outcome.DELETED}
    assert later(gone) == []
    back = bring(case, date(2026, 4, 1), debt(date(2026, 3, 20)))
    assert {(f.detector, f.bureaus) for f in later(back)} == {("D46", (bureau,)) for bureau in Bureau}
    for finding in later(back):
        told = {value.field: value.printed for value in finding.values}
        assert told["dispute.report"] == f"report {gone.id}, pulled on 2026-02-02"
        assert told["dispute.outcome"] == "deleted, closed on 2026-02-02"
        assert "again reports MIDVALE RECOVERY" in finding.assertable


def do_first(world: World, name: str) -> None:
    """Jobs for commands of this name are done before all others."""
    world.pick = lambda due: [(key, job) for key, job in due if name.encode() in job.command] or due


@pytest.mark.parametrize("first", ["ReconcileDispute", "FollowUpDisputes"])
def test_a_return_is_found_whichever_reader_of_the_report_is_quicker(case: Case, first: str) -> None:
    do_first(case.world, first)
    gone = bring(case, date(2026, 2, 2))
    close_all(case)
    back = bring(case, date(2026, 4, 1), debt(date(2026, 3, 20)))
    assert {d.outcome for d in case.world.all(Dispute)} == {Outcome.REINSERTED}
    assert [f.detector for f in later(back)] == ["D46"] * 3
    for finding in later(back):
        told = {value.field: value.printed for value in finding.values}
        assert told["dispute.report"] == f"report {gone.id}, pulled on 2026-02-02"


@pytest.mark.parametrize("first", ["ReconcileDispute", "FollowUpDisputes"])
def test_the_report_that_ends_a_dispute_as_corrected_asks_for_no_flag(first: str) -> None:
    case = Case(World())
    do_first(case.world, first)
    case.to_posted("22")
    case.receive()
    put_right = everywhere("22", dispute_flag=False, past_due=0, reported=PartialDate(year=2026, month=1, day=20))
    for day in (28, 29, 30):
        assert {d.status for d in case.world.all(Dispute)} != {DisputeStatus.CLOSED}
        assert later(bring(case, date(2026, 1, day), everywhere("21"), put_right)) == []
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.CLOSED}


def test_under_another_collectors_name_it_is_found_as_perhaps_the_same(case: Case) -> None:
    bring(case, date(2026, 2, 2))
    close_all(case)
    renamed = DEBT | {"creditor_name": "OAKBRIDGE COLLECTION", "opened": PartialDate(year=2026, month=3)}
    resold = tuple(row(bureau, "31", **renamed) for bureau in Bureau)
    back = bring(case, date(2026, 4, 1), resold)
    assert back.in_review
    assert {f.detector for f in later(back)} == {"D46"}
    assert {f.confidence for f in later(back)} == {70}
    assert all("reports OAKBRIDGE COLLECTION" in f.assertable for f in later(back))
    assert all(f.assertable.endswith("and the two may be the same debt.") for f in later(back))


def test_another_debt_is_no_reinsertion(case: Case) -> None:
    bring(case, date(2026, 2, 2))
    close_all(case)
    amounts = dict.fromkeys(("balance", "high_balance", "past_due"), 9_900)
    other = everywhere("31", **(DEBT | {"original_creditor": "QUAYSIDE GYM"} | amounts))
    assert later(bring(case, date(2026, 4, 1), other)) == []


def test_a_deletion_nobody_has_confirmed_is_not_yet_one(case: Case) -> None:
    bring(case, date(2026, 2, 2))
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.EVALUATED}
    back = bring(case, date(2026, 4, 1), debt(date(2026, 3, 20), dispute_flag=True))
    assert later(back) == []


def test_what_was_withdrawn_while_a_deletion_was_proposed_is_not_called_deleted(case: Case) -> None:
    bring(case, date(2026, 2, 2))
    for dispute in case.world.all(Dispute):
        assert dispute.outcome is Outcome.DELETED
        case.as_consumer(WithdrawDispute(dispute_id=dispute.id))
    back = bring(case, date(2026, 4, 1), debt(date(2026, 3, 20), dispute_flag=False))
    assert later(back) == []


def test_a_flag_that_outlives_its_dispute_is_found(case: Case) -> None:
    bring(case, date(2026, 2, 20), debt(date(2026, 2, 15), dispute_flag=True))
    close_all(case)
    still = bring(case, date(2026, 4, 22), debt(date(2026, 4, 15), dispute_flag=True))
    assert {f.detector for f in later(still)} == {"D33"}
    assert later(bring(case, date(2026, 4, 21), debt(date(2026, 4, 14), dispute_flag=True))) == []


def test_without_a_dispute_there_is_nothing_to_follow(case: Case) -> None:
    fresh = Case(World())
    brought = fresh.import_report(pull(date(2026, 1, 5), debt(date(2026, 1, 1))))
    fresh.world.settle()
    assert len([e for e in fresh.world.events(brought.id) if isinstance(e, Report.FindingsMade)]) == 1


def test_it_waits_until_the_tables_have_seen_the_report(case: Case) -> None:
    world = case.world
    world.reads.lagging = True
    held = JobTicket(id=uuid4(), token=uuid4(), renew=lambda: None, after_position=10**9)
    world.log.running[held.id] = held.token
    command = FollowUpDisputes(consumer_id=case.consumer_id, report_id=UUID(int=1))
    with pytest.raises(NotYet):
        world.bus.handle(command, system(world.tenant_id), Context(job=held))


def test_following_up_twice_adds_nothing(case: Case) -> None:
    brought = bring(case, date(2026, 1, 28), debt(date(2026, 1, 20), dispute_flag=False))
    again = when(case.world, FollowUpDisputes(consumer_id=case.consumer_id, report_id=brought.id))
    [event] = again.events
    assert isinstance(event, Report.FindingsMade)
    assert (event.found, event.findings) == (0, ())
    assert len(case.world.get(Report, brought.id).findings) == len(brought.findings)
