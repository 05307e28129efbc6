"""Handing letters to the post exactly once, whatever the provider and the other workers do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.consumers import EraseConsumer, GiveConsent, WithdrawConsent
from application.disputes import WithdrawDispute
from application.letters import VoidLetter
from application.mailings import (
    LetterBytesMissing,
    PollMailing,
    ReconcileMailing,
    RequestMailing,
    SubmitMailing,
    VerifyAddresses,
)
from application.ports import NotYet
from application.posting import Deliverability, PieceStatus, PostBusy, PostRejected, RejectionKind, Verification
from domain.consumers import ConsentKind, Consumer
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import IllegalMove, Role
from domain.letters import LetterStatus
from domain.mailings import Mailing, MailingStatus
from domain.tasks import Task, TaskKind
from domain.tenants import PostingNotPermitted, TenantKind
from tests.support.cases import delivered
from tests.support.desk import Desk
from tests.support.floor import Fate
from tests.support.scenarios import when


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


def test_an_erasure_that_comes_between_loading_and_the_intent_wins(desk: Desk) -> None:
    erase = EraseConsumer(consumer_id=desk.case.consumer_id)
    desk.world.log.before_append.append(lambda: when(desk.world, erase, Role.OWNER))
    assert desk.submit() is Fate.DONE
    assert (desk.mailing.status, desk.world.post.submissions) == (MailingStatus.CANCELLED, 0)


def test_an_intent_that_was_first_is_on_the_persons_record(desk: Desk) -> None:
    assert desk.submit() is Fate.DONE
    stream = desk.world.log.streams[desk.world.tenant_id, desk.case.consumer_id]
    named = [event for event in stream if isinstance(event, Consumer.NamedAsSender)]
    assert [(event.mailing_id, event.attempt) for event in named] == [(desk.mailing.id, 1)]


@pytest.mark.parametrize("late", [True, False])
def test_nothing_is_posted_in_the_name_of_somebody_who_took_their_consent_back(desk: Desk, late: bool) -> None:
    withdraw = WithdrawConsent(consumer_id=desk.case.consumer_id, kind=ConsentKind.DISPUTE_IN_MY_NAME)
    if late:
        desk.world.log.before_append.append(lambda: desk.case.as_consumer(withdraw))
    else:
        desk.case.as_consumer(withdraw)
    assert desk.submit() is Fate.DONE
    assert (desk.mailing.status, desk.world.post.submissions) == (MailingStatus.CANCELLED, 0)
    assert (desk.letter.status, desk.statuses) == (LetterStatus.VOID, {DisputeStatus.SELECTED})
    desk.floor.settle()
    assert desk.world.post.submissions == 0
    refused = [task for task in desk.world.all(Task) if task.kind is TaskKind.LETTER_REFUSED]
    assert {task.about_id for task in refused} == {desk.letter.dispute_ids[0]}
    assert desk.floor.buried == {}
    again = GiveConsent(
        consumer_id=desk.case.consumer_id, kind=ConsentKind.DISPUTE_IN_MY_NAME, text_version="2026-11"
    )
    desk.case.as_consumer(again)
    desk.floor.settle()
    assert desk.statuses == {DisputeStatus.DRAFTED}


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


def test_a_piece_refused_for_good_frees_letter_and_items(desk: Desk) -> None:
    desk.world.post.script = [(PostRejected("failed_deliverability_strictness", "address", "Correct it."), False)]
    desk.floor.settle()
    assert desk.mailing.status is MailingStatus.REJECTED
    assert (desk.letter.status, desk.statuses) == (LetterStatus.APPROVED, {DisputeStatus.APPROVED})
    assert TaskKind.MAILING_REJECTED in {t.kind for t in desk.world.all(Task)}
    when(desk.world, VoidLetter(letter_id=desk.letter_id, reason="wrong address"), Role.OPERATOR)
    assert desk.statuses == {DisputeStatus.SELECTED}


@pytest.mark.parametrize("kind", ["address", "account", "request"])
def test_a_provider_that_refuses_to_verify_an_address_becomes_a_task(kind: RejectionKind) -> None:
    desk = Desk()

    def refuse(address: object) -> Verification:
        raise PostRejected("refused", kind, "Put it right.")

    desk.world.post.verify = refuse  # type: ignore[method-assign]
    desk.approve()
    desk.floor.settle()
    assert (desk.mailing.status, desk.letter.status) == (MailingStatus.REJECTED, LetterStatus.APPROVED)
    assert TaskKind.MAILING_REJECTED in {t.kind for t in desk.world.all(Task)}
    assert (desk.world.post.submissions, desk.floor.buried) == (0, {})


@pytest.mark.parametrize("end", ["failed", "deleted"])
def test_a_piece_that_is_never_printed_after_all_frees_letter_and_items(desk: Desk, end: str) -> None:
    desk.floor.settle()
    desk.world.post.get = lambda provider_id: PieceStatus(provider_id=provider_id, **{end: True})  # type: ignore[method-assign]
    desk.pass_time(timedelta(days=1))
    desk.floor.settle()
    assert desk.mailing.status is MailingStatus.REJECTED
    assert (desk.letter.status, desk.statuses) == (LetterStatus.APPROVED, {DisputeStatus.APPROVED})
    assert TaskKind.MAILING_REJECTED in {t.kind for t in desk.world.all(Task)}


def test_a_piece_that_the_carrier_has_seen_was_printed_whatever_the_provider_says(desk: Desk) -> None:
    desk.floor.settle()
    seen = (delivered(),)
    desk.world.post.get = lambda provider_id: PieceStatus(provider_id=provider_id, failed=True, scans=seen)  # type: ignore[method-assign]
    when(desk.world, PollMailing(mailing_id=desk.mailing.id))
    assert (desk.mailing.status, desk.letter.status) == (MailingStatus.DELIVERED, LetterStatus.SUBMITTED)


def test_a_provider_that_refuses_to_tell_is_asked_again_tomorrow_until_the_piece_counts_as_lost(desk: Desk) -> None:
    desk.floor.settle()

    def refuse(provider_id: str) -> PieceStatus:
        raise PostRejected("invalid_api_key", "account", "Give a new key.")

    desk.world.post.get = refuse  # type: ignore[method-assign]
    for _ in range(21):
        desk.pass_time(timedelta(days=1))
        desk.floor.settle()
    assert (desk.mailing.status, desk.floor.buried) == (MailingStatus.LOST, {})


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


@pytest.mark.parametrize("purged", [False, True])
def test_nothing_is_posted_for_a_person_who_has_been_erased(desk: Desk, purged: bool) -> None:
    key = desk.job("submit_mailing")
    when(desk.world, EraseConsumer(consumer_id=desk.case.consumer_id), Role.OWNER)
    if purged:
        assert desk.floor.carry_out(desk.job("purge_consumer")) is Fate.DONE
    assert desk.floor.carry_out(key) is Fate.DONE
    assert (desk.mailing.status, desk.world.post.submissions) == (MailingStatus.CANCELLED, 0)


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


def test_verifying_waits_for_a_busy_provider() -> None:
    desk = Desk()
    desk.approve()
    desk.floor.carry_out(desk.job("request_mailing"))

    def busy(address: object) -> None:
        raise PostBusy(2)

    desk.world.post.verify = busy  # type: ignore[method-assign, assignment]
    assert desk.floor.carry_out(desk.job("verify_addresses")) is Fate.SNOOZED


def test_a_piece_the_provider_was_too_busy_for_until_the_approvals_grew_old_is_not_posted(desk: Desk) -> None:
    desk.world.post.script = [(PostBusy(1), False)]
    command = SubmitMailing(mailing_id=desk.mailing.id)
    with pytest.raises(NotYet):
        when(desk.world, command)
    desk.pass_time(timedelta(days=31))
    submitted = desk.world.post.submissions
    when(desk.world, command)
    assert (desk.mailing.status, desk.letter.status) == (MailingStatus.CANCELLED, LetterStatus.SIGNED)
    desk.floor.settle()
    assert (desk.world.post.submissions, desk.letter.status) == (submitted, LetterStatus.RENDERED)
    desk.approve()
    desk.floor.settle()
    second = desk.world.get(Mailing, Mailing.identity(desk.letter_id, 2))
    assert (second.status, len(desk.world.post.pieces)) == (MailingStatus.ACCEPTED, 1)


def test_a_lost_piece_is_looked_for_every_week_until_day_sixty(desk: Desk) -> None:
    desk.floor.settle()
    asked: list[int] = []
    accepted_at = desk.world.clock.tenant_now(desk.world.tenant_id)

    def get(provider_id: str) -> PieceStatus:
        asked.append((desk.world.clock.tenant_now(desk.world.tenant_id) - accepted_at).days)
        return PieceStatus(provider_id=provider_id)

    desk.world.post.get = get  # type: ignore[method-assign]
    for _ in range(80):
        desk.pass_time(timedelta(days=1))
        desk.floor.settle()
    assert asked == [*range(1, 22), 28, 35, 42, 49, 56, 60]
    assert desk.mailing.status is MailingStatus.LOST


def test_a_lost_piece_that_turns_up_late_starts_the_clock(desk: Desk) -> None:
    desk.floor.settle()
    for _ in range(21):
        desk.pass_time(timedelta(days=1))
        desk.floor.settle()
    assert desk.mailing.status is MailingStatus.LOST
    scan = delivered(desk.world.clock.tenant_now(desk.world.tenant_id) + timedelta(days=2))
    desk.world.post.get = lambda provider_id: PieceStatus(provider_id=provider_id, scans=(scan,))  # type: ignore[method-assign]
    desk.pass_time(timedelta(days=7))
    desk.floor.settle()
    assert (desk.mailing.status, desk.statuses) == (MailingStatus.DELIVERED, {DisputeStatus.RECEIVED})
