"""An operator says whose a doubtful row is; what waited for that goes on."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID, uuid4

import pytest

from application.disputes import OpenDisputes, RecordReceipt, Selection
from application.kernel import Context, StaleVersion
from application.matches import SettleMatch
from domain.bureaus import Bureau
from domain.credit_files import NoMatchPending, NotACandidate
from domain.deadlines import ReceiptBasis
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import Forbidden, NotFound, Role
from domain.reconciliation import Outcome
from domain.reports import Report
from domain.tasks import Task, TaskKind, TaskStatus
from tests.support.cases import FIRST_PULL, Case, everywhere, report, row
from tests.support.scenarios import when
from tests.support.world import World

REF = "experian-32"
UNSURE = report(
    date(2026, 1, 29), everywhere("21"), everywhere("23", past_due=150_000), everywhere("24"),
    (row(Bureau.EQUIFAX, "22"), row(Bureau.TRANSUNION, "22")),
    (row(Bureau.EXPERIAN, "32", past_due=8_000),),
)  # fmt: skip
"""Experian shows the disputed account under another number, or a new account in its stead."""


@pytest.fixture
def case() -> Case:
    made = Case(World())
    made.to_posted("22")
    for dispute in made.world.all(Dispute):
        received = RecordReceipt(
            dispute_id=dispute.id, received_on=date(2026, 1, 12), basis=ReceiptBasis.PROVEN,
            time_zone="America/New_York", mailing_id=dispute.mailing_id or uuid4(),
        )  # fmt: skip
        when(made.world, received)
    return made


def unsure(case: Case) -> Report:
    pulled = case.import_report(UNSURE)
    case.world.settle()
    return case.world.get(Report, pulled.id)


def at_experian(case: Case) -> Dispute:
    return next(d for d in case.world.all(Dispute) if d.bureau is Bureau.EXPERIAN)


def settle(case: Case, pulled: Report, choice: UUID | Literal["new"]) -> Report:
    when(case.world, SettleMatch(report_id=pulled.id, ref=REF, tradeline_id=choice), Role.OPERATOR)
    case.world.settle()
    assert case.world.failed == {}
    return case.world.get(Report, pulled.id)


def reviews(case: Case) -> list[TaskStatus]:
    return [task.status for task in case.world.all(Task) if task.kind is TaskKind.MATCH_REVIEW]


def test_until_then_the_dispute_is_undecided_and_somebody_is_asked(case: Case) -> None:
    unsure(case)
    assert at_experian(case).status is DisputeStatus.RECEIVED
    assert reviews(case) == [TaskStatus.OPEN]


def test_the_same_account_is_compared_field_by_field(case: Case) -> None:
    pulled = unsure(case)
    dispute = at_experian(case)
    settled = settle(case, pulled, dispute.tradeline_id)
    assert settled.tradeline_ids[REF] == dispute.tradeline_id
    considered = case.world.events(dispute.id)[-1]
    assert isinstance(considered, Dispute.ReportConsidered)
    assert (considered.rule, considered.report_id) == ("C10", pulled.id)
    assert reviews(case) == [TaskStatus.DONE]


def test_a_new_account_shows_that_the_disputed_one_is_gone(case: Case) -> None:
    settle(case, unsure(case), "new")
    assert at_experian(case).outcome is Outcome.DELETED
    assert reviews(case) == [TaskStatus.DONE]


def test_one_answer_settles_the_same_row_in_every_report(case: Case) -> None:
    first = unsure(case)
    later = case.import_report(UNSURE.model_copy(update={"pulled_on": date(2026, 2, 20)}))
    case.world.settle()
    assert reviews(case) == [TaskStatus.OPEN] * 2
    settled = settle(case, first, "new")
    assert case.world.get(Report, later.id).tradeline_ids[REF] == settled.tradeline_ids[REF]
    assert reviews(case) == [TaskStatus.DONE] * 2
    assert at_experian(case).outcome is Outcome.DELETED


NEWER = report(
    date(2026, 2, 20), everywhere("21"), everywhere("22", past_due=8_000), everywhere("23", past_due=150_000),
    everywhere("24"),
    (
        row(
            Bureau.EXPERIAN, "32", account_number="5555000032", account_masked="****0032", creditor_name="OTHER LENDER",
            balance=5, high_balance=7,
        ),
    ),
)  # fmt: skip


def test_what_a_newer_report_has_is_not_gone_from_an_older_one_settled_late(case: Case) -> None:
    first = unsure(case)
    case.import_report(NEWER)
    case.world.settle()
    settle(case, first, "new")
    assert (at_experian(case).status, at_experian(case).outcome) == (DisputeStatus.RECEIVED, None)


def test_an_older_report_settled_late_stops_no_letter_about_what_a_newer_one_has() -> None:
    case = Case(World())
    case.open(case.import_report(FIRST_PULL), "22")
    first = case.import_report(UNSURE.model_copy(update={"pulled_on": date(2026, 1, 7)}))
    case.import_report(NEWER.model_copy(update={"pulled_on": date(2026, 1, 8)}))
    case.world.settle()
    settle(case, first, "new")
    assert (at_experian(case).status, at_experian(case).outcome) == (DisputeStatus.DRAFTED, None)


def test_the_row_can_be_disputed_from_then_on(case: Case) -> None:
    settled = settle(case, unsure(case), "new")
    finding = next(f for f in settled.findings if f.group == "32" and f.reason)
    chosen = Selection(finding_key=finding.finding_key, bureaus=(Bureau.EXPERIAN,))
    opened = case.as_consumer(
        OpenDisputes(consumer_id=case.consumer_id, report_id=settled.id, selections=(chosen,))
    )
    assert len(opened["disputes"]) == 1  # type: ignore[arg-type]


def test_wrong_choices_and_strangers_are_refused(case: Case) -> None:
    pulled = unsure(case)
    stranger = SettleMatch(report_id=pulled.id, ref=REF, tradeline_id=uuid4())
    with pytest.raises(NotACandidate):
        when(case.world, stranger, Role.OPERATOR)
    with pytest.raises(NoMatchPending):
        when(case.world, SettleMatch(report_id=pulled.id, ref="no-such-row", tradeline_id="new"), Role.OPERATOR)
    with pytest.raises(NotFound):
        when(case.world, SettleMatch(report_id=uuid4(), ref=REF, tradeline_id="new"), Role.OPERATOR)
    for role in (Role.CONSUMER, Role.VIEWER):
        with pytest.raises(Forbidden):
            when(case.world, stranger, role, case.consumer_id)


def test_a_choice_on_an_older_version_is_refused(case: Case) -> None:
    pulled = unsure(case)
    choice = SettleMatch(report_id=pulled.id, ref=REF, tradeline_id="new")
    with pytest.raises(StaleVersion):
        when(case.world, choice, Role.OPERATOR, context=Context(if_match=pulled.version - 1))
    when(case.world, choice, Role.OPERATOR, context=Context(if_match=pulled.version))
    with pytest.raises(NoMatchPending):
        when(case.world, choice, Role.OPERATOR)
