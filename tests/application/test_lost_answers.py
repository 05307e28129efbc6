"""What is done when the provider's answer is lost, and what is learnt of a piece afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.kernel import Conflict, Context, JobTicket
from application.mailings import PollMailing, ReconcileMailing, SubmitMailing
from application.ports import NotYet
from application.posting import Cancelled, OutcomeUnknown, PieceStatus, PostBusy, PostRejected, TooLate
from domain.disputes import DisputeStatus
from domain.mailings import LOST_AFTER, RESEND_WALL, Mailing, MailingStatus
from domain.tasks import Task, TaskKind, TaskStatus
from tests.support.cases import delivered
from tests.support.desk import Desk
from tests.support.floor import Fate
from tests.support.scenarios import when


@pytest.fixture
def desk() -> Desk:
    return Desk().ready()


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


def test_a_provider_that_refuses_to_be_asked_becomes_one_task_until_it_answers_again(desk: Desk) -> None:
    find = desk.world.post.find

    def refuse(mailing_id: str) -> list[object]:
        raise PostRejected("invalid_api_key", "account", "Give a new key.")

    desk.world.post.script = [(OutcomeUnknown("timeout"), True)]
    desk.submit()
    desk.world.post.find = refuse  # type: ignore[method-assign, assignment]
    key = desk.job("reconcile_mailing")
    assert [desk.floor.carry_out(key) for _ in range(3)] == [Fate.SNOOZED] * 3
    assert desk.floor.carry_out(desk.job("open_task_on_look_refused")) is Fate.DONE
    (task,) = (t for t in desk.world.all(Task) if t.kind is TaskKind.MAILING_UNRESOLVED)
    assert (task.about_id, task.status, desk.floor.buried) == (desk.mailing.id, TaskStatus.OPEN, {})
    desk.world.post.find = find  # type: ignore[method-assign]
    desk.floor.settle()
    assert desk.mailing.status is MailingStatus.ACCEPTED
    assert desk.world.get(Task, task.id).status is TaskStatus.DONE
    assert len(desk.world.post.pieces) == 1
