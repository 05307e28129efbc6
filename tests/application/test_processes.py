"""The walk, end to end in memory: one command leads to the next by itself."""

from datetime import UTC, date, datetime

import pytest

from application.disputes import ConfirmOutcome
from application.ports import PostNews
from application.webhooks import ReceivePostWebhook
from domain.bureaus import Bureau
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import Role
from domain.letters import Letter, LetterStatus
from domain.mailings import Mailing, MailingStatus
from domain.notifications import Notification, NotificationKind
from domain.reconciliation import Outcome
from domain.tasks import Task, TaskKind, TaskStatus
from tests.support.cases import FIRST_PULL, Case, delivered, everywhere, report
from tests.support.world import World


@pytest.fixture
def case() -> Case:
    return Case(World())


def deliver_all(case: Case) -> None:
    for number, provider_id in enumerate(case.world.post.pieces):
        case.world.inbox.news[f"evt_{number}"] = PostNews(provider_id=provider_id, scans=(delivered(number=number),))
        case.world.when(ReceivePostWebhook(event_id=f"evt_{number}"))
    case.world.settle()


def test_a_selection_becomes_one_letter_for_each_bureau(case: Case) -> None:
    disputes = case.open(case.import_report(FIRST_PULL), "22", "23")

    assert len(disputes) == 6
    assert {letter.bureau for letter in case.world.all(Letter)} == set(Bureau)
    assert {d.status for d in disputes} == {DisputeStatus.DRAFTED}
    assert case.world.failed == {}


def test_approved_letters_are_posted_once_each(case: Case) -> None:
    disputes = case.to_posted("22", "23")

    assert {d.status for d in disputes} == {DisputeStatus.SENT}
    assert {letter.status for letter in case.world.all(Letter)} == {LetterStatus.SUBMITTED}
    assert len(case.world.post.pieces) == case.world.post.submissions == 3
    assert {m.status for m in case.world.all(Mailing)} == {MailingStatus.ACCEPTED}
    assert case.world.failed == {}


def test_delivery_starts_the_clock_in_the_recipients_time_zone(case: Case) -> None:
    case.to_posted("22")
    deliver_all(case)

    disputes = case.world.all(Dispute)
    assert {d.status for d in disputes} == {DisputeStatus.RECEIVED}
    assert {d.received_on for d in disputes} == {date(2026, 1, 9)}
    assert {d.deadlines.statutory_due.on for d in disputes if d.deadlines} == {date(2026, 2, 8)}


def test_a_later_report_proposes_outcomes_and_the_operator_closes(case: Case) -> None:
    case.to_posted("22", "23")
    deliver_all(case)
    later = report(
        date(2026, 1, 29), everywhere("21"), everywhere("24"), everywhere("22", past_due=0)
    )
    case.import_report(later)
    case.world.settle()

    outcomes = {(d.outcome, d.status) for d in case.world.all(Dispute)}
    assert outcomes == {(Outcome.DELETED, DisputeStatus.EVALUATED), (Outcome.CORRECTED, DisputeStatus.EVALUATED)}

    for dispute in case.world.all(Dispute):
        case.world.when(ConfirmOutcome(dispute_id=dispute.id), Role.OPERATOR)
    case.world.settle()
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.CLOSED}
    tasks = [t for t in case.world.all(Task) if t.kind is TaskKind.CONFIRM_OUTCOME]
    assert {t.status for t in tasks} == {TaskStatus.DONE}
    assert case.world.failed == {}


def test_silence_becomes_overdue_on_the_day_after_and_not_before(case: Case) -> None:
    case.to_posted("22")
    deliver_all(case)
    assertable = case.world.all(Dispute)[0].deadlines.breach_assertable_on.on  # type: ignore[union-attr]
    assert assertable == date(2026, 2, 23)

    case.world.clock.advance(case.world.tenant_id, datetime(2026, 2, 23, 23, tzinfo=UTC))
    case.world.settle()
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.RECEIVED}

    case.world.clock.advance(case.world.tenant_id, datetime(2026, 2, 24, 12, tzinfo=UTC))
    case.world.settle()
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.OVERDUE}
    assert TaskKind.OVERDUE_DISPUTE in {t.kind for t in case.world.all(Task)}
    assert NotificationKind.ANSWER_OVERDUE in {n.kind for n in case.world.all(Notification)}
