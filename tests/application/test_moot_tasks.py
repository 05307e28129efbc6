"""Nobody is asked to look at what is over, and nobody is spared what is not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from application.consumers import GiveConsent, WithdrawConsent
from application.disputes import (
    ConfirmOutcome,
    OpenDisputes,
    RecordInformationSent,
    Selection,
    WithdrawDispute,
)
from application.letters import ApproveLetterAsConsumer, VoidLetter
from application.moot_tasks import STOPPED, SettleDisputeTasks, SettleLetterTasks
from application.posting import Deliverability, PieceStatus, PostRejected
from domain.consumers import ConsentKind
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import Role
from domain.letters import Letter, LetterStatus
from domain.mailings import Mailing, MailingStatus
from domain.tasks import Task, TaskKind, TaskStatus
from tests.support.cases import FIRST_PULL, Case, delivered, everywhere, report
from tests.support.desk import Desk
from tests.support.scenarios import when
from tests.support.world import World

K = TaskKind
GONE = (everywhere("21"), everywhere("23", past_due=150_000), everywhere("24"))


def waiting(world: World, kind: TaskKind) -> list[UUID]:
    """What somebody is asked to look at."""
    return [task.about_id for task in world.all(Task) if task.kind is kind and task.status is TaskStatus.OPEN]


def day(case: Case, on: date) -> None:
    case.world.clock.advance(case.world.tenant_id, datetime(on.year, on.month, on.day, 15, tzinfo=UTC))
    case.world.settle()


@pytest.fixture
def late() -> Case:
    """A case whose three disputes are overdue."""
    case = Case(World())
    case.to_posted("22")
    case.receive()
    day(case, date(2026, 3, 2))
    assert len(waiting(case.world, K.OVERDUE_DISPUTE)) == 3
    return case


def test_silence_that_has_ended_is_looked_at_until_the_dispute_is_over(late: Case) -> None:
    late.import_report(report(date(2026, 3, 3), *GONE))
    late.world.settle()
    assert len(waiting(late.world, K.OVERDUE_DISPUTE)) == len(waiting(late.world, K.CONFIRM_OUTCOME)) == 3
    for dispute in late.world.all(Dispute):
        late.world.when(ConfirmOutcome(dispute_id=dispute.id), Role.OPERATOR)
    late.world.settle()
    assert waiting(late.world, K.OVERDUE_DISPUTE) == waiting(late.world, K.CONFIRM_OUTCOME) == []


def test_an_outcome_that_did_not_hold_leaves_the_silence_to_be_looked_at(late: Case) -> None:
    late.import_report(report(date(2026, 3, 3), *GONE))
    late.world.settle()
    late.import_report(report(date(2026, 3, 20), *GONE, everywhere("22", past_due=8_000)))
    late.world.settle()
    assert {dispute.status for dispute in late.world.all(Dispute)} <= {DisputeStatus.OVERDUE, DisputeStatus.EVALUATED}
    assert len(waiting(late.world, K.OVERDUE_DISPUTE)) == 3


def test_what_the_consumer_takes_back_is_nobodys_to_confirm(late: Case) -> None:
    late.import_report(report(date(2026, 3, 3), *GONE))
    late.world.settle()
    kept, *others = late.world.all(Dispute)
    for dispute in others:
        late.as_consumer(WithdrawDispute(dispute_id=dispute.id))
    late.world.settle()
    assert waiting(late.world, K.OVERDUE_DISPUTE) == waiting(late.world, K.CONFIRM_OUTCOME) == [kept.id]


def test_a_longer_period_ends_the_silence_of_the_shorter_one(late: Case) -> None:
    extended, *_ = late.world.all(Dispute)
    sent = RecordInformationSent(dispute_id=extended.id, sent_on=date(2026, 1, 20))
    late.as_consumer(sent)
    assert late.world.get(Dispute, extended.id).status is DisputeStatus.RECEIVED
    late.world.settle()
    assert extended.id not in waiting(late.world, K.OVERDUE_DISPUTE)
    day(late, date(2026, 4, 1))
    assert late.world.get(Dispute, extended.id).status is DisputeStatus.OVERDUE
    assert len(waiting(late.world, K.OVERDUE_DISPUTE)) == 3
    when(late.world, SettleDisputeTasks(dispute_id=extended.id))
    assert len(waiting(late.world, K.OVERDUE_DISPUTE)) == 3


def approve_as_consumer(desk: Desk) -> None:
    assert desk.letter.pdf is not None
    sha256 = desk.letter.pdf.sha256
    approve = ApproveLetterAsConsumer(letter_id=desk.letter_id, pdf_sha256=sha256, attestation_version="truth-2026-11")
    desk.case.as_consumer(approve)
    desk.floor.settle()


def test_a_letter_taken_back_is_nobodys_to_approve() -> None:
    desk = Desk()
    approve_as_consumer(desk)
    assert waiting(desk.world, K.APPROVE_LETTER) == [desk.letter_id]
    when(desk.world, SettleLetterTasks(letter_id=desk.letter_id))
    assert waiting(desk.world, K.APPROVE_LETTER) == [desk.letter_id]
    when(desk.world, VoidLetter(letter_id=desk.letter_id, reason="changed my mind"), Role.OPERATOR)
    desk.floor.settle()
    assert waiting(desk.world, K.APPROVE_LETTER) == []


def test_the_bytes_of_another_rendering_are_another_approval() -> None:
    desk = Desk()
    approve_as_consumer(desk)
    letter = desk.world.get(Letter, desk.letter_id)
    desk.pass_time(timedelta(days=31))
    assert letter.expire_approvals(desk.world.clock.tenant_now(desk.world.tenant_id))
    done = when(desk.world, SettleLetterTasks(letter_id=desk.letter_id))
    assert done.events == []


def test_a_letter_taken_back_leaves_no_stopped_piece_to_look_at() -> None:
    desk = Desk().ready()
    desk.world.post.script = [(PostRejected("account_suspended", "account", "Pay."), False)]
    desk.floor.settle()
    assert waiting(desk.world, K.MAILING_REJECTED) == [desk.mailing.id]
    when(desk.world, VoidLetter(letter_id=desk.letter_id, reason="not any more"), Role.OPERATOR)
    desk.floor.settle()
    assert waiting(desk.world, K.MAILING_REJECTED) == []


def test_nor_an_address_that_was_refused() -> None:
    desk = Desk()
    desk.world.post.deliverability = Deliverability.UNDELIVERABLE
    desk.approve()
    desk.floor.settle()
    assert waiting(desk.world, K.ADDRESS_REFUSED) == [desk.mailing.id]
    when(desk.world, VoidLetter(letter_id=desk.letter_id, reason="not any more"), Role.OPERATOR)
    desk.floor.settle()
    assert desk.letter.status is LetterStatus.VOID
    assert waiting(desk.world, K.ADDRESS_REFUSED) == []


def test_a_letter_that_could_not_be_printed_and_was_taken_back_needs_no_look() -> None:
    world = World()
    case = Case(world)
    case.open(case.import_report(FIRST_PULL), "22")
    world.printer.problems = ("page_1_text_in_address_zone",)
    letters = case.sign_all()
    assert sorted(waiting(world, K.LETTER_REFUSED)) == sorted(letter.id for letter in letters)
    for letter in letters:
        when(world, VoidLetter(letter_id=letter.id, reason="not like this"), Role.OPERATOR)
    world.settle()
    assert {letter.id for letter in letters}.isdisjoint(waiting(world, K.LETTER_REFUSED))


def test_a_lost_piece_that_turns_up_needs_no_look() -> None:
    desk = Desk().ready()
    desk.floor.settle()
    for _ in range(21):
        desk.pass_time(timedelta(days=1))
        desk.floor.settle()
    assert waiting(desk.world, K.MAILING_LOST) == [desk.mailing.id]
    scan = delivered(desk.world.clock.tenant_now(desk.world.tenant_id))
    desk.world.post.get = lambda provider_id: PieceStatus(provider_id=provider_id, scans=(scan,))  # type: ignore[method-assign]
    desk.pass_time(timedelta(days=7))
    desk.floor.settle()
    assert desk.world.get(Mailing, desk.mailing.id).status is MailingStatus.DELIVERED
    assert waiting(desk.world, K.MAILING_LOST) == []


@pytest.mark.parametrize("by", ["drafting", "withdrawal"])
def test_what_could_not_be_drafted_needs_no_look_once_it_is_or_is_taken_back(by: str) -> None:
    case = Case(World())
    pulled = case.import_report(FIRST_PULL)
    world, consumer_id, mine = case.world, case.consumer_id, ConsentKind.DISPUTE_IN_MY_NAME
    chosen = [f for f in pulled.findings if f.group == "22" and f.reason is not None]
    selections = tuple(Selection(finding_key=f.finding_key) for f in chosen)
    case.as_consumer(OpenDisputes(consumer_id=consumer_id, report_id=pulled.id, selections=selections))
    case.as_consumer(WithdrawConsent(consumer_id=consumer_id, kind=mine))
    world.settle()
    assert len(waiting(world, K.LETTER_REFUSED)) == 3
    if by == "drafting":
        case.as_consumer(GiveConsent(consumer_id=consumer_id, kind=mine, text_version="2026-11"))
    else:
        for dispute in world.all(Dispute):
            case.as_consumer(WithdrawDispute(dispute_id=dispute.id))
    world.settle()
    assert waiting(world, K.LETTER_REFUSED) == []


def test_every_way_to_stop_has_a_task_of_its_own() -> None:
    assert len(set(STOPPED.values())) == len(STOPPED) == 3
