"""Handing letters to the post exactly once, whatever the provider and the other workers do."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from application.disputes import WithdrawDispute
from application.kernel import Conflict, Context, JobTicket
from application.letters import ApproveLetterAsConsumer, ApproveLetterAsOperator, VoidLetter
from application.mailings import (
    LetterBytesMissing,
    PollMailing,
    ReconcileMailing,
    RequestMailing,
    SubmitMailing,
    VerifyAddresses,
)
from application.ports import NotYet
from application.posting import (
    Cancelled,
    Deliverability,
    OutcomeUnknown,
    PieceStatus,
    PostBusy,
    PostRejected,
    TooLate,
)
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import IllegalMove, Role
from domain.letters import Letter, LetterStatus
from domain.mailings import LOST_AFTER, RESEND_WALL, Mailing, MailingStatus
from domain.tasks import Task, TaskKind
from domain.tenants import PostingNotPermitted, TenantKind
from tests.support.cases import FIRST_PULL, Case, delivered
from tests.support.floor import Fate, Floor
from tests.support.scenarios import when
from tests.support.world import World


class Desk:
    """A case with one approved letter and its mailing, jobs taken by hand."""

    def __init__(self, kind: TenantKind = TenantKind.CONSUMER_DIRECT) -> None:
        self.world = World()
        self.case = Case(self.world, kind=kind)
        self.floor = Floor(self.world)
        pulled = self.case.import_report(FIRST_PULL)
        self.case.open(pulled, "22")
        self.case.sign_all()
        for letter in self.world.all(Letter)[1:]:
            when(self.world, VoidLetter(letter_id=letter.id, reason="one is enough"), Role.OPERATOR)
        self.letter_id = self.world.all(Letter)[0].id
        self.floor.done |= set(self.world.log.jobs)

    def approve(self) -> None:
        """Release the one letter without carrying out what follows."""
        assert self.letter.pdf is not None
        sha256 = self.letter.pdf.sha256
        self.case.as_consumer(
            ApproveLetterAsConsumer(letter_id=self.letter_id, pdf_sha256=sha256, attestation_version="truth-2026-11")
        )
        when(self.world, ApproveLetterAsOperator(letter_id=self.letter_id, pdf_sha256=sha256), Role.OPERATOR)

    def ready(self) -> Desk:
        """Everything up to the hand-over itself."""
        self.approve()
        for name in ("request_mailing", "verify_addresses"):
            assert self.floor.carry_out(self.job(name)) is Fate.DONE
        return self

    def job(self, part: str) -> tuple[UUID, str]:
        """The newest due job of a reaction."""
        return next(key for key in reversed(self.floor.due()) if part in key[1])

    def submit(self) -> Fate:
        """One attempt at the newest hand-over."""
        return self.floor.carry_out(self.job("submit_mailing"))

    @property
    def letter(self) -> Letter:
        return self.world.get(Letter, self.letter_id)

    @property
    def mailing(self) -> Mailing:
        return self.world.get(Mailing, Mailing.identity(self.letter_id, 1))

    @property
    def disputes(self) -> list[Dispute]:
        return [self.world.get(Dispute, dispute_id) for dispute_id in self.letter.dispute_ids]

    @property
    def statuses(self) -> set[DisputeStatus]:
        return {dispute.status for dispute in self.disputes}

    def pass_time(self, by: timedelta) -> None:
        self.world.clock.advance(self.world.tenant_id, self.world.clock.tenant_now(self.world.tenant_id) + by)


@pytest.fixture
def desk() -> Desk:
    return Desk().ready()


def test_intent_letter_and_items_are_one_append_before_the_call(desk: Desk) -> None:
    seen: list[tuple[MailingStatus, LetterStatus, set[DisputeStatus]]] = []
    submit = desk.world.post.submit

    def look(piece, pdf):  # type: ignore[no-untyped-def]
        seen.append((desk.mailing.status, desk.letter.status, desk.statuses))
        return submit(piece, pdf)

    desk.world.post.submit = look  # type: ignore[method-assign]
    assert desk.submit() is Fate.DONE
    assert seen == [(MailingStatus.INTENDED, LetterStatus.SUBMITTED, {DisputeStatus.SENT})]
    assert desk.mailing.status is MailingStatus.ACCEPTED


def test_a_second_request_for_a_letter_makes_no_second_piece(desk: Desk) -> None:
    desk.floor.settle()
    assert when(desk.world, RequestMailing(letter_id=desk.letter_id)).kinds == []
    assert when(desk.world, SubmitMailing(mailing_id=desk.mailing.id)).kinds == []
    assert when(desk.world, VerifyAddresses(mailing_id=desk.mailing.id)).kinds == []
    assert when(desk.world, ReconcileMailing(mailing_id=desk.mailing.id)).kinds == []
    assert desk.world.post.submissions == 1


def test_tenants_without_their_compliance_gates_post_nothing() -> None:
    with pytest.raises(PostingNotPermitted):
        Desk(TenantKind.ATTORNEY).approve()


def test_an_address_nobody_can_deliver_to_becomes_a_task() -> None:
    desk = Desk()
    desk.world.post.deliverability = Deliverability.UNDELIVERABLE
    desk.approve()
    desk.floor.settle()
    assert desk.mailing.status is MailingStatus.ADDRESS_REFUSED
    assert TaskKind.ADDRESS_REFUSED in {t.kind for t in desk.world.all(Task)}
    assert desk.world.post.submissions == 0
    when(desk.world, VoidLetter(letter_id=desk.letter_id, reason="wrong address"), Role.OPERATOR)
    assert desk.statuses == {DisputeStatus.SELECTED}


@pytest.mark.parametrize("taken", [True, False])
def test_a_lost_answer_is_looked_for_and_the_piece_exists_once(desk: Desk, taken: bool) -> None:
    desk.world.post.script = [(OutcomeUnknown("timeout"), taken)]
    assert desk.submit() is Fate.DONE
    assert desk.mailing.status is MailingStatus.OUTCOME_UNKNOWN
    desk.floor.settle()
    assert desk.mailing.status is MailingStatus.ACCEPTED
    assert len(desk.world.post.pieces) == 1


def test_a_worker_killed_between_intent_and_answer_is_followed_by_a_look(desk: Desk) -> None:
    def killed() -> None:
        def later() -> None:
            raise RuntimeError("killed")

        desk.world.log.before_append.append(later)

    desk.world.log.before_append.append(killed)
    assert desk.submit() is Fate.RETRIED
    assert (desk.mailing.status, len(desk.world.post.pieces)) == (MailingStatus.INTENDED, 1)
    desk.floor.settle()
    assert desk.mailing.status is MailingStatus.ACCEPTED
    assert (len(desk.world.post.pieces), desk.world.post.submissions) == (1, 1)


def test_a_busy_provider_is_tried_again_by_the_same_job(desk: Desk) -> None:
    desk.world.post.script = [(PostBusy(3), False), (PostBusy(3), False)]
    key = desk.job("submit_mailing")
    assert [desk.floor.carry_out(key) for _ in range(3)] == [Fate.SNOOZED, Fate.SNOOZED, Fate.DONE]
    assert (desk.mailing.attempt, desk.mailing.status) == (3, MailingStatus.ACCEPTED)


def test_a_provider_that_stays_busy_is_asked_ever_more_seldom(desk: Desk) -> None:
    desk.world.post.script = [(PostBusy(1), False)] * 12
    command = SubmitMailing(mailing_id=desk.mailing.id)
    waits = []
    for _ in range(12):
        with pytest.raises(NotYet) as later:
            when(desk.world, command)
        waits.append(later.value.seconds)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (1, 600)


def test_looking_again_waits_in_real_time_between_attempts(desk: Desk) -> None:
    desk.world.post.script = [(OutcomeUnknown("500"), False)] * 2
    when(desk.world, SubmitMailing(mailing_id=desk.mailing.id))
    when(desk.world, ReconcileMailing(mailing_id=desk.mailing.id))
    when(desk.world, SubmitMailing(mailing_id=desk.mailing.id))
    assert desk.mailing.attempt == 2
    made_at = desk.world.clock.real
    with pytest.raises(NotYet) as later:
        look(desk, made_at)
    assert later.value.seconds == 4
    desk.world.clock.real += timedelta(seconds=4)
    look(desk, made_at)
    assert desk.mailing.status is MailingStatus.READY


def look(desk: Desk, made_at) -> None:  # type: ignore[no-untyped-def]
    held = JobTicket(id=desk.letter_id, token=desk.letter_id, renew=lambda: None, made_at=made_at)
    desk.world.log.running[held.id] = held.token
    when(desk.world, ReconcileMailing(mailing_id=desk.mailing.id), context=Context(job=held))


def test_a_piece_refused_for_good_frees_letter_and_items(desk: Desk) -> None:
    desk.world.post.script = [(PostRejected("failed_deliverability_strictness", "address", "Correct it."), False)]
    desk.floor.settle()
    assert desk.mailing.status is MailingStatus.REJECTED
    assert (desk.letter.status, desk.statuses) == (LetterStatus.APPROVED, {DisputeStatus.APPROVED})
    assert TaskKind.MAILING_REJECTED in {t.kind for t in desk.world.all(Task)}
    when(desk.world, VoidLetter(letter_id=desk.letter_id, reason="wrong address"), Role.OPERATOR)
    assert desk.statuses == {DisputeStatus.SELECTED}


def test_a_letter_refused_once_may_be_requested_again_as_another_piece(desk: Desk) -> None:
    desk.world.post.script = [(PostRejected("account_suspended", "account", "Pay."), False)]
    desk.floor.settle()
    when(desk.world, RequestMailing(letter_id=desk.letter_id))
    desk.floor.settle()
    second = desk.world.get(Mailing, Mailing.identity(desk.letter_id, 2))
    assert (second.status, len(desk.world.post.pieces)) == (MailingStatus.ACCEPTED, 1)
    assert desk.statuses == {DisputeStatus.SENT}


def test_other_bytes_than_the_approved_ones_are_never_handed_over(desk: Desk) -> None:
    key = (desk.world.tenant_id, desk.case.consumer_id, desk.mailing.object_key)
    desk.world.store.objects[key] += b"one more line"
    with pytest.raises(IllegalMove, match="not the approved bytes"):
        when(desk.world, SubmitMailing(mailing_id=desk.mailing.id))
    del desk.world.store.objects[key]
    with pytest.raises(LetterBytesMissing):
        when(desk.world, SubmitMailing(mailing_id=desk.mailing.id))
    assert (desk.letter.status, desk.world.post.submissions) == (LetterStatus.APPROVED, 0)


def test_a_withdrawal_before_the_intent_wins(desk: Desk) -> None:
    when(desk.world, WithdrawDispute(dispute_id=desk.disputes[0].id), Role.CONSUMER, desk.case.consumer_id)
    desk.floor.settle()
    assert (desk.letter.status, desk.mailing.status) == (LetterStatus.VOID, MailingStatus.CANCELLED)
    assert desk.world.post.submissions == 0


def test_a_withdrawal_that_slips_in_just_before_the_intent_wins(desk: Desk) -> None:
    withdraw = WithdrawDispute(dispute_id=desk.disputes[0].id)
    desk.world.log.before_append.append(
        lambda: when(desk.world, withdraw, Role.CONSUMER, desk.case.consumer_id)
    )
    desk.submit()
    assert (desk.letter.status, desk.mailing.status) == (LetterStatus.VOID, MailingStatus.CANCELLED)
    assert desk.world.post.submissions == 0


def test_a_posting_that_slips_in_just_before_a_withdrawal_wins(desk: Desk) -> None:
    withdraw = WithdrawDispute(dispute_id=desk.disputes[0].id)
    desk.world.log.before_append.append(lambda: desk.submit())
    then = when(desk.world, withdraw, Role.CONSUMER, desk.case.consumer_id)
    assert [event.after_posting for event in then.events if isinstance(event, Dispute.Withdrawn)] == [True]
    assert (desk.letter.status, len(desk.world.post.pieces)) == (LetterStatus.SUBMITTED, 1)


def test_approvals_that_grew_old_before_posting_are_asked_for_again_and_then_posted(desk: Desk) -> None:
    desk.pass_time(timedelta(days=31))
    assert desk.submit() is Fate.DONE
    assert (desk.letter.status, desk.mailing.status) == (LetterStatus.SIGNED, MailingStatus.CANCELLED)
    desk.floor.settle()
    assert desk.letter.status is LetterStatus.RENDERED
    desk.approve()
    desk.floor.settle()
    second = desk.world.get(Mailing, Mailing.identity(desk.letter_id, 2))
    assert (second.status, len(desk.world.post.pieces)) == (MailingStatus.ACCEPTED, 1)
    asked = [t for t in desk.world.all(Task) if t.kind is TaskKind.APPROVE_LETTER and t.about_id == desk.letter_id]
    assert len(asked) == 2


def test_approvals_that_grew_old_before_the_request_too() -> None:
    desk = Desk()
    desk.approve()
    desk.pass_time(timedelta(days=31))
    desk.floor.settle()
    assert desk.letter.status is LetterStatus.RENDERED
    assert desk.world.all(Mailing) == []


def test_after_the_provider_forgot_the_key_nothing_is_sent_again_unseen(desk: Desk) -> None:
    desk.world.post.script = [(OutcomeUnknown("timeout"), False)]
    desk.submit()
    desk.pass_time(RESEND_WALL)
    desk.floor.settle()
    assert (desk.mailing.status, desk.world.post.submissions) == (MailingStatus.OUTCOME_UNKNOWN, 1)
    assert TaskKind.MAILING_UNRESOLVED in {t.kind for t in desk.world.all(Task)}


def test_a_hand_over_that_waited_too_long_looks_before_it_sends_again(desk: Desk) -> None:
    desk.world.post.script = [(OutcomeUnknown("timeout"), True)]
    find, desk.world.post.find = desk.world.post.find, lambda mailing_id: []  # type: ignore[method-assign]
    desk.submit()
    when(desk.world, ReconcileMailing(mailing_id=desk.mailing.id))
    desk.world.post.find = find  # type: ignore[method-assign]
    desk.pass_time(RESEND_WALL)
    desk.floor.settle()
    assert (desk.mailing.status, desk.world.post.submissions) == (MailingStatus.ACCEPTED, 1)


@pytest.mark.parametrize("stopped", [True, False])
def test_a_piece_the_provider_holds_twice_is_stopped_once(desk: Desk, stopped: bool) -> None:
    desk.world.post.script = [(OutcomeUnknown("timeout"), True)]
    desk.submit()
    (piece,) = desk.world.post.pieces.values()
    desk.world.post.pieces["ltr_extra"] = piece.model_copy(update={"idempotency_key": "another"})
    if not stopped:
        desk.world.post.cancel = lambda provider_id: TooLate(provider_id=provider_id)  # type: ignore[method-assign]
    desk.floor.settle()
    (extra,) = (e for e in desk.world.events(desk.mailing.id) if isinstance(e, Mailing.DuplicateCancelled))
    assert (extra.provider_id, extra.cancelled) == ("ltr_extra", stopped)
    assert desk.mailing.status is MailingStatus.ACCEPTED


@pytest.mark.parametrize(
    ("trouble", "fate"),
    [
        (PostBusy(1), Fate.SNOOZED),
        (OutcomeUnknown("timeout"), Fate.SNOOZED),
        (PostRejected("not_cancellable", "request", "No."), Fate.DONE),
    ],
)
def test_trouble_in_stopping_an_extra_piece_never_loses_the_first(desk: Desk, trouble: Exception, fate: Fate) -> None:
    desk.world.post.script = [(OutcomeUnknown("timeout"), True)]
    desk.submit()
    (piece,) = desk.world.post.pieces.values()
    desk.world.post.pieces["ltr_extra"] = piece.model_copy(update={"idempotency_key": "another"})
    cancel = desk.world.post.cancel

    def troubled(provider_id: str) -> Cancelled | TooLate:
        desk.world.post.cancel = cancel  # type: ignore[method-assign]
        raise trouble

    desk.world.post.cancel = troubled  # type: ignore[method-assign]
    assert desk.floor.carry_out(desk.job("reconcile_mailing")) is fate
    desk.floor.settle()
    assert desk.mailing.status is MailingStatus.ACCEPTED


def test_the_same_hand_over_run_twice_pays_once(desk: Desk) -> None:
    key = desk.job("submit_mailing")
    assert desk.floor.carry_out(key) is Fate.DONE
    assert desk.floor.again(key) is Fate.LOST
    assert desk.world.post.submissions == 1


def test_two_workers_with_the_same_hand_over_pay_once(desk: Desk) -> None:
    key = desk.job("submit_mailing")
    desk.world.log.before_append.append(lambda: desk.floor.carry_out(key))
    desk.floor.carry_out(key)
    desk.floor.settle()
    assert (desk.mailing.status, len(desk.world.post.pieces)) == (MailingStatus.ACCEPTED, 1)


def test_a_conflict_after_the_provider_answered_is_settled_by_looking(desk: Desk) -> None:
    def conflict() -> None:
        raise Conflict

    desk.world.log.before_append.append(lambda: desk.world.log.before_append.append(conflict))
    desk.submit()
    desk.floor.settle()
    assert (desk.mailing.status, len(desk.world.post.pieces)) == (MailingStatus.ACCEPTED, 1)


def test_polling_takes_scans_over_and_comes_back_tomorrow(desk: Desk) -> None:
    desk.floor.settle()
    desk.pass_time(timedelta(days=1))
    desk.floor.settle()
    polls = [key for key in desk.world.log.jobs if "poll:" in key[1]]
    assert len(polls) == 1
    scan = delivered()
    desk.world.post.get = lambda provider_id: PieceStatus(provider_id=provider_id, scans=(scan,))  # type: ignore[method-assign]
    desk.pass_time(timedelta(days=3))
    desk.floor.settle()
    assert (desk.mailing.status, desk.statuses) == (MailingStatus.DELIVERED, {DisputeStatus.RECEIVED})
    assert len([key for key in desk.world.log.jobs if "poll:" in key[1]]) == 1


def test_a_busy_provider_is_polled_later(desk: Desk) -> None:
    desk.floor.settle()

    def busy(provider_id: str) -> PieceStatus:
        raise PostBusy(9)

    desk.world.post.get = busy  # type: ignore[method-assign]
    with pytest.raises(NotYet) as later:
        when(desk.world, PollMailing(mailing_id=desk.mailing.id))
    assert later.value.seconds == 9


def test_a_silent_piece_is_lost_after_21_days_and_may_still_arrive(desk: Desk) -> None:
    desk.floor.settle()
    desk.pass_time(LOST_AFTER)
    desk.floor.settle()
    assert desk.mailing.status is MailingStatus.LOST
    assert TaskKind.MAILING_LOST in {t.kind for t in desk.world.all(Task)}
    assert when(desk.world, PollMailing(mailing_id=desk.mailing.id)).kinds == []
    mailing = desk.mailing
    mailing.scan(delivered(), desk.world.clock.tenant_now(desk.world.tenant_id))
    assert mailing.status is MailingStatus.DELIVERED


def test_verifying_waits_for_a_busy_provider() -> None:
    desk = Desk()
    desk.approve()
    desk.floor.carry_out(desk.job("request_mailing"))

    def busy(address: object) -> None:
        raise PostBusy(2)

    desk.world.post.verify = busy  # type: ignore[method-assign, assignment]
    assert desk.floor.carry_out(desk.job("verify_addresses")) is Fate.SNOOZED
