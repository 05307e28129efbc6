"""A later report proposes; a thin one, an older one, or one too early decides nothing."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from application.disputes import (
    AlreadyDisputed,
    ConfirmOutcome,
    OpenDisputes,
    Selection,
)
from application.kernel import Context, JobTicket, system
from application.ports import NotYet
from application.reconciling import ReconcileDispute, ReconcileDisputes
from application.reopening import ReopenDispute
from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, CanonicalReport, ReportFormat, Tradeline
from domain.disputes import Dispute, DisputeStatus
from domain.findings import DisputeReason
from domain.kernel import IllegalMove, Role
from domain.reconciliation import Outcome, Rule
from domain.tasks import Task, TaskKind, TaskStatus
from tests.support.cases import Case, everywhere, report, row
from tests.support.scenarios import when
from tests.support.world import World


@pytest.fixture
def case() -> Case:
    made = Case(World())
    made.to_posted("22")
    return made


def test_the_fan_out_waits_until_the_tables_have_seen_the_report(case: Case) -> None:
    world = case.world
    world.reads.lagging = True
    held = JobTicket(id=uuid4(), token=uuid4(), renew=lambda: None, after_position=10**9)
    world.log.running[held.id] = held.token
    with pytest.raises(NotYet):
        world.bus.handle(
            ReconcileDisputes(consumer_id=case.consumer_id, report_id=uuid4()),
            system(world.tenant_id),
            Context(job=held),
        )


def test_one_job_for_each_open_dispute_once(case: Case) -> None:
    command = ReconcileDisputes(consumer_id=case.consumer_id, report_id=uuid4())
    first, second = when(case.world, command), when(case.world, command)
    assert (first.jobs, second.jobs) == (["reconcile"] * len(case.world.all(Dispute)), [])


@pytest.mark.parametrize(
    "pull",
    [
        report(date(2026, 1, 29), everywhere("21")),
        report(date(2026, 1, 29), everywhere("21"), bureaus=()),
        report(date(2026, 1, 29), everywhere("21"), everywhere("24"), bureaus=(Bureau.EXPERIAN,)),
    ],
    ids=["thin", "empty", "one bureau of three"],
)
def test_a_partial_report_settles_nothing(case: Case, pull: object) -> None:
    case.import_report(pull)  # type: ignore[arg-type]
    case.world.settle()
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.SENT}
    considered = [
        event for d in case.world.all(Dispute) for event in case.world.events(d.id)
        if isinstance(event, Dispute.ReportConsidered)
    ]  # fmt: skip
    assert {event.outcome for event in considered} <= {Outcome.INDETERMINATE, None}
    assert considered


def test_an_older_report_and_the_one_it_was_opened_on_say_nothing(case: Case) -> None:
    older = case.import_report(report(date(2026, 1, 1), everywhere("21"), everywhere("23"), everywhere("24")))
    dispute = case.world.all(Dispute)[0]
    for report_id in (older.id, dispute.report_id):
        assert when(case.world, ReconcileDispute(dispute_id=dispute.id, report_id=report_id)).kinds == []


def test_an_item_gone_before_the_letter_arrived_is_moot_not_deleted(case: Case) -> None:
    case.import_report(report(date(2026, 1, 7), everywhere("21"), everywhere("23"), everywhere("24")))
    case.world.settle()
    assert {d.outcome for d in case.world.all(Dispute)} == {Outcome.MOOT}


REMAINING = (everywhere("21"), everywhere("23"), everywhere("24"))


def received(case: Case) -> None:
    case.receive(date(2026, 1, 12), "America/New_York")


def test_a_row_that_names_no_bureau_may_be_the_one_that_seems_gone(case: Case) -> None:
    received(case)
    case.import_report(report(date(2026, 1, 29), *REMAINING).model_copy(update={"refused": {"tradeline": 1}}))
    case.world.settle()
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.RECEIVED}
    case.import_report(report(date(2026, 1, 30), *REMAINING).model_copy(update={"refused": {"inquiry": 1}}))
    case.world.settle()
    assert {d.outcome for d in case.world.all(Dispute)} == {Outcome.DELETED}


@pytest.mark.parametrize("tradelines", [REMAINING, (everywhere("22", balance=1), *REMAINING)], ids=["gone", "changed"])
def test_a_report_of_another_family_of_formats_settles_nothing(case: Case, tradelines: tuple[Tradeline, ...]) -> None:
    received(case)
    other = {"source_format": ReportFormat.EQUIFAX_JSON}
    for day in (date(2026, 1, 29), date(2026, 2, 5)):
        case.import_report(report(day, *tradelines).model_copy(update=other))
        case.world.settle()
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.RECEIVED}
    considered = [
        event for d in case.world.all(Dispute) for event in case.world.events(d.id)
        if isinstance(event, Dispute.ReportConsidered)
    ]  # fmt: skip
    assert {(event.rule, event.outcome) for event in considered} == {(Rule.OTHER_FORMAT, Outcome.INDETERMINATE)}
    assert all(event.changes for event in considered)


def test_a_bureaus_own_section_decides_when_it_was_pulled(case: Case) -> None:
    """One report joins Equifax of before its receipt, Experian of the day of the first pull, TransUnion of today."""
    received(case)
    days = {Bureau.EQUIFAX: date(2026, 1, 9), Bureau.EXPERIAN: date(2026, 1, 5), Bureau.TRANSUNION: date(2026, 1, 29)}
    pull = report(date(2026, 1, 29), *REMAINING)
    sections = tuple(s.model_copy(update={"pulled_on": days[s.bureau]}) for s in pull.sections)
    case.import_report(pull.model_copy(update={"sections": sections}))
    case.world.settle()
    outcomes = {d.bureau: d.outcome for d in case.world.all(Dispute)}
    assert outcomes == {Bureau.EQUIFAX: Outcome.MOOT, Bureau.EXPERIAN: None, Bureau.TRANSUNION: Outcome.DELETED}


def pull(case: Case, day: date, *tradelines: tuple[object, ...]) -> None:
    case.import_report(report(day, *tradelines))  # type: ignore[arg-type]
    case.world.settle()
    assert case.world.failed == {}


def tasks(case: Case, kind: TaskKind) -> list[TaskStatus]:
    return [task.status for task in case.world.all(Task) if task.kind is kind]


def test_two_further_pulls_make_a_deletion_final_and_its_task_done(case: Case) -> None:
    received(case)
    pull(case, date(2026, 1, 29), *REMAINING)
    assert {(d.status, d.outcome) for d in case.world.all(Dispute)} == {(DisputeStatus.EVALUATED, Outcome.DELETED)}
    pull(case, date(2026, 1, 29), *REMAINING)
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.EVALUATED}, "the same day is the same pull"
    pull(case, date(2026, 2, 9), everywhere("21"))
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.EVALUATED}, "a thin pull confirms nothing"
    for day in (date(2026, 2, 20), date(2026, 2, 20)):
        pull(case, day, *REMAINING)
    assert {(d.status, d.outcome) for d in case.world.all(Dispute)} == {(DisputeStatus.EVALUATED, Outcome.DELETED)}
    pull(case, date(2026, 3, 23), *REMAINING)
    assert {(d.status, d.outcome) for d in case.world.all(Dispute)} == {(DisputeStatus.CLOSED, Outcome.DELETED)}
    assert tasks(case, TaskKind.CONFIRM_OUTCOME) == [TaskStatus.DONE] * 3
    assert tasks(case, TaskKind.REINSERTED_ITEM) == []


MANY = tuple(everywhere(str(number)) for number in range(31, 37))


def test_a_thin_pull_that_lacks_just_what_is_disputed_is_no_evidence(case: Case) -> None:
    """It passes the gate, and the next whole pull, the item deleted by then, lacks no more than it did."""
    pull(case, date(2026, 1, 11), *REMAINING, everywhere("22", past_due=8_000), *MANY)
    received(case)
    thin = (*REMAINING, *MANY)
    pull(case, date(2026, 1, 29), *thin)
    pull(case, date(2026, 2, 20), *thin)
    assert {(d.status, d.outcome) for d in case.world.all(Dispute)} == {(DisputeStatus.EVALUATED, Outcome.DELETED)}
    pull(case, date(2026, 3, 23), *thin)
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.CLOSED}


def test_a_deletion_that_the_next_pull_does_not_show_is_taken_back(case: Case) -> None:
    received(case)
    pull(case, date(2026, 1, 29), *REMAINING)
    pull(case, date(2026, 2, 20), *REMAINING, everywhere("22", past_due=8_000))
    assert {(d.status, d.outcome) for d in case.world.all(Dispute)} == {(DisputeStatus.RECEIVED, None)}
    assert tasks(case, TaskKind.CONFIRM_OUTCOME) == [TaskStatus.DONE] * 3


def test_an_older_pull_brought_in_late_confirms_nothing(case: Case) -> None:
    received(case)
    pull(case, date(2026, 1, 29), *REMAINING)
    pull(case, date(2026, 1, 20), *REMAINING)
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.EVALUATED}


def test_a_deleted_item_that_comes_back_however_late_is_disputed_again(case: Case) -> None:
    received(case)
    for day in (date(2026, 1, 29), date(2026, 2, 20), date(2026, 3, 23)):
        pull(case, day, *REMAINING)
    pull(case, date(2027, 11, 5), *REMAINING)
    back = (row(Bureau.EXPERIAN, "22", past_due=8_000),)
    pull(case, date(2029, 3, 1), *REMAINING, back)
    closed = [d for d in case.world.all(Dispute) if d.round == 1]
    assert {d.bureau: d.outcome for d in closed} == {
        Bureau.EQUIFAX: Outcome.DELETED, Bureau.TRANSUNION: Outcome.DELETED, Bureau.EXPERIAN: Outcome.REINSERTED
    }  # fmt: skip
    (back_again,) = (d for d in closed if d.outcome is Outcome.REINSERTED)
    case.as_consumer(ReopenDispute(dispute_id=back_again.id))
    case.world.settle()
    (again,) = (d for d in case.world.all(Dispute) if d.round == 2)
    assert (again.bureau, again.status) == (Bureau.EXPERIAN, DisputeStatus.DRAFTED)
    assert tasks(case, TaskKind.REINSERTED_ITEM) == [TaskStatus.OPEN]
    pull(case, date(2029, 4, 1), *REMAINING, back)
    assert len([d for d in case.world.all(Dispute) if d.round > 1]) == 1


def statuses(case: Case) -> set[tuple[DisputeStatus, Outcome | None]]:
    return {(dispute.status, dispute.outcome) for dispute in case.world.all(Dispute) if dispute.round == 1}


UNCHANGED = (*REMAINING, everywhere("22", past_due=8_000))


def test_an_older_pull_brought_after_a_newer_one_proposes_nothing(case: Case) -> None:
    received(case)
    pull(case, date(2026, 2, 20), *UNCHANGED)
    pull(case, date(2026, 1, 29), *REMAINING)
    assert statuses(case) == {(DisputeStatus.RECEIVED, None)}
    assert tasks(case, TaskKind.CONFIRM_OUTCOME) == []


@pytest.mark.parametrize("first", ["older", "newer"])
def test_of_two_pulls_brought_together_the_newer_one_has_the_last_word(case: Case, first: str) -> None:
    received(case)
    day = date(2026, 1, 29)
    pulls = {
        "older": case.import_report(report(day, *REMAINING)),
        "newer": case.import_report(report(date(2026, 2, 20), *UNCHANGED)),
    }
    named = str(pulls[first].id).encode()
    case.world.pick = lambda due: [(key, job) for key, job in due if named in job.command] or due
    case.world.settle()
    assert not case.world.failed
    assert statuses(case) == {(DisputeStatus.RECEIVED, None)}


@pytest.mark.parametrize(
    ("newer", "found"),
    [
        (everywhere("21"), (DisputeStatus.EVALUATED, Outcome.DELETED)),
        (everywhere("22", past_due=8_000), (DisputeStatus.RECEIVED, None)),
    ],
    ids=["lacks", "has"],
)
def test_a_newer_thin_pull_is_believed_about_what_it_has_only(
    case: Case, newer: tuple[BureauTradeline, ...], found: tuple[DisputeStatus, Outcome | None]
) -> None:
    received(case)
    pull(case, date(2026, 2, 20), newer)
    pull(case, date(2026, 1, 29), *REMAINING)
    assert statuses(case) == {found}


@pytest.mark.parametrize(
    "shown",
    [
        report(date(2026, 2, 9), everywhere("22", past_due=8_000)),
        report(date(2026, 2, 9), *UNCHANGED).model_copy(update={"source_format": ReportFormat.EQUIFAX_JSON}),
    ],
    ids=["thin", "of another family of formats"],
)
def test_what_any_later_pull_shows_is_not_gone(case: Case, shown: CanonicalReport) -> None:
    received(case)
    pull(case, date(2026, 1, 29), *REMAINING)
    case.import_report(shown)
    case.world.settle()
    assert statuses(case) == {(DisputeStatus.RECEIVED, None)}
    assert tasks(case, TaskKind.CONFIRM_OUTCOME) == [TaskStatus.DONE] * 3


def test_a_deletion_that_was_decided_anew_is_opened_again_from_its_last_round_only(case: Case) -> None:
    received(case)
    for day in (date(2026, 1, 29), date(2026, 2, 20), date(2026, 3, 23)):
        pull(case, day, *REMAINING)
    back = (row(Bureau.EXPERIAN, "22", past_due=8_000),)
    pull(case, date(2026, 4, 20), *REMAINING, back)
    (first,) = (d for d in case.world.all(Dispute) if d.outcome is Outcome.REINSERTED)
    case.as_consumer(ReopenDispute(dispute_id=first.id))
    case.world.settle()
    with pytest.raises(AlreadyDisputed):
        case.as_consumer(ReopenDispute(dispute_id=first.id))
    pull(case, date(2026, 5, 20), *REMAINING)
    (second,) = (d for d in case.world.all(Dispute) if d.round == 2)
    assert (second.status, second.outcome) == (DisputeStatus.EVALUATED, Outcome.MOOT)
    case.world.when(ConfirmOutcome(dispute_id=second.id), Role.OPERATOR)
    pull(case, date(2026, 6, 20), *REMAINING, back)
    with pytest.raises(IllegalMove, match="a later round"):
        case.as_consumer(ReopenDispute(dispute_id=first.id))
    assert {d.round for d in case.world.all(Dispute)} == {1, 2}


def test_of_two_rows_of_one_account_the_other_is_not_a_correction() -> None:
    """The source groups two rows of one bureau; the next pulls have only the one that was right all along."""
    case = Case(World())
    wrong = row(Bureau.EXPERIAN, "22", past_due=8_000, handle="first")
    right = row(Bureau.EXPERIAN, "22", ref="experian-22b", handle="second")
    first = case.import_report(report(date(2026, 1, 5), *REMAINING, (wrong, right)))
    assert first.tradeline_ids["experian-22"] == first.tradeline_ids["experian-22b"]
    (past_due,) = (f for f in first.findings if f.reason is DisputeReason.PAST_DUE)
    choose = OpenDisputes(
        consumer_id=case.consumer_id, report_id=first.id, selections=(Selection(finding_key=past_due.finding_key),)
    )
    case.as_consumer(choose)
    case.world.settle()
    case.sign_all()
    case.approve_all()
    received(case)
    for day in (date(2026, 1, 29), date(2026, 2, 20), date(2026, 3, 23)):
        pull(case, day, *REMAINING, (right,))
    assert statuses(case) == {(DisputeStatus.OVERDUE, None)}
