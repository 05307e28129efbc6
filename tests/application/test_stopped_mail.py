"""A piece that stopped on its way to the post goes on once somebody has looked: no case waits for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.letters import VoidLetter
from application.mailings import PollMailing
from application.posting import Deliverability, OutcomeUnknown, PieceStatus, PostRejected
from application.stopped_mail import ReplaceMailing, RetryMailing
from domain.disputes import DisputeStatus
from domain.kernel import Forbidden, IllegalMove, Role
from domain.letters import LetterStatus
from domain.mailings import RESEND_WALL, Mailing, MailingStatus
from domain.tasks import Task, TaskKind, TaskStatus
from tests.support.desk import Desk
from tests.support.scenarios import when


@pytest.fixture
def desk() -> Desk:
    return Desk().ready()


def retry(desk: Desk, role: Role = Role.OPERATOR) -> None:
    when(desk.world, RetryMailing(mailing_id=desk.mailing.id, reason="put right"), role)
    desk.floor.settle()


def second(desk: Desk) -> Mailing:
    return desk.world.get(Mailing, Mailing.identity(desk.letter_id, 2))


def open_tasks(desk: Desk) -> set[TaskKind]:
    return {t.kind for t in desk.world.all(Task) if t.status is TaskStatus.OPEN and t.about_id == desk.mailing.id}


def refuse(desk: Desk) -> None:
    desk.world.post.script = [(PostRejected("account_suspended", "account", "Pay."), False)]
    desk.floor.settle()


def leave_unresolved(desk: Desk, *, taken: bool = False) -> None:
    """The answer is lost, and by the time anybody can look the provider has forgotten the key."""
    desk.world.post.script = [(OutcomeUnknown("timeout"), taken)]
    find, desk.world.post.find = desk.world.post.find, lambda mailing_id: []  # type: ignore[method-assign]
    desk.submit()
    desk.pass_time(RESEND_WALL)
    desk.floor.settle()
    desk.world.post.find = find  # type: ignore[method-assign]
    assert open_tasks(desk) == {TaskKind.MAILING_UNRESOLVED}


def test_a_refused_piece_is_followed_by_another_and_its_task_is_done(desk: Desk) -> None:
    refuse(desk)
    assert open_tasks(desk) == {TaskKind.MAILING_REJECTED}
    retry(desk)
    assert (second(desk).status, desk.statuses) == (MailingStatus.ACCEPTED, {DisputeStatus.SENT})
    assert open_tasks(desk) == set()


def test_addresses_are_verified_again() -> None:
    desk = Desk()
    desk.world.post.deliverability = Deliverability.UNDELIVERABLE
    desk.approve()
    desk.floor.settle()
    desk.world.post.deliverability = Deliverability.DELIVERABLE
    retry(desk)
    assert (desk.mailing.status, second(desk).status) == (MailingStatus.CANCELLED, MailingStatus.ACCEPTED)
    assert open_tasks(desk) == set()


def test_a_piece_nobody_finds_is_given_up_and_posted_as_another(desk: Desk) -> None:
    leave_unresolved(desk)
    retry(desk)
    assert (desk.mailing.status, second(desk).status) == (MailingStatus.REJECTED, MailingStatus.ACCEPTED)
    assert (len(desk.world.post.pieces), desk.statuses) == (1, {DisputeStatus.SENT})
    assert open_tasks(desk) == set()


def test_a_piece_that_is_found_after_all_is_taken_over_and_not_posted_again(desk: Desk) -> None:
    leave_unresolved(desk, taken=True)
    retry(desk)
    assert (desk.mailing.status, len(desk.world.post.pieces)) == (MailingStatus.ACCEPTED, 1)
    assert [piece.id for piece in desk.world.all(Mailing)] == [desk.mailing.id]


def test_approvals_that_have_grown_old_are_asked_for_again_first(desk: Desk) -> None:
    refuse(desk)
    desk.pass_time(timedelta(days=31))
    retry(desk)
    assert (desk.letter.status, len(desk.world.post.pieces)) == (LetterStatus.RENDERED, 0)
    desk.approve()
    desk.floor.settle()
    assert second(desk).status is MailingStatus.ACCEPTED


def test_asking_twice_posts_once(desk: Desk) -> None:
    refuse(desk)
    for _ in range(2):
        when(desk.world, RetryMailing(mailing_id=desk.mailing.id, reason="put right"), Role.OPERATOR)
    desk.floor.settle()
    when(desk.world, ReplaceMailing(mailing_id=desk.mailing.id))
    desk.floor.settle()
    assert len(desk.world.post.pieces) == 1


def test_what_goes_on_by_itself_or_is_over_is_not_tried_by_hand(desk: Desk) -> None:
    with pytest.raises(IllegalMove):
        retry(desk)
    desk.world.post.script = [(OutcomeUnknown("timeout"), False)]
    desk.submit()
    with pytest.raises(IllegalMove, match="outcome_unknown"):
        retry(desk)
    desk.floor.settle()
    with pytest.raises(IllegalMove, match="accepted"):
        retry(desk)


def test_a_letter_taken_back_is_not_posted_after_all(desk: Desk) -> None:
    refuse(desk)
    when(desk.world, VoidLetter(letter_id=desk.letter_id, reason="wrong"), Role.OPERATOR)
    with pytest.raises(IllegalMove, match="void"):
        retry(desk)


def test_only_those_who_work_tasks_may_ask(desk: Desk) -> None:
    refuse(desk)
    for role in (Role.CONSUMER, Role.VIEWER, Role.AUDITOR):
        with pytest.raises(Forbidden):
            retry(desk, role)


@pytest.mark.parametrize("told", [{"failed": True}, {"deleted": True}])
def test_a_piece_the_provider_never_printed_is_known_the_next_day_and_tried_again(desk: Desk, told: dict) -> None:
    desk.submit()
    status = PieceStatus(provider_id=desk.mailing.provider_id or "", **told)
    desk.world.post.get = lambda provider_id: status  # type: ignore[method-assign]
    when(desk.world, PollMailing(mailing_id=desk.mailing.id))
    desk.floor.settle()
    assert (desk.mailing.status, desk.letter.status) == (MailingStatus.REJECTED, LetterStatus.APPROVED)
    assert open_tasks(desk) == {TaskKind.MAILING_REJECTED}
    retry(desk)
    assert second(desk).status is MailingStatus.ACCEPTED
