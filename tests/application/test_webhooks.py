"""What the print provider calls in about: stored, then acted on once."""

from __future__ import annotations

import pytest

from application.ports import NotYet, PostNews
from application.posting import PieceStatus, PostBusy
from application.webhooks import FollowMailing, PieceUnknown, ReceivePostWebhook
from domain.mailings import Mailing, MailingStatus
from tests.support.cases import Case, delivered
from tests.support.scenarios import when
from tests.support.world import World


@pytest.fixture
def world() -> World:
    case = Case(World())
    case.to_posted("22")
    return case.world


def piece(world: World) -> str:
    return next(iter(world.post.pieces))


def test_one_job_for_an_event_however_often_it_is_called_in(world: World) -> None:
    jobs = [when(world, ReceivePostWebhook(event_id="evt_1")).jobs for _ in range(2)]
    assert jobs == [["webhook_proc"], []]


def test_scans_are_folded_in_and_the_webhook_is_worked_off(world: World) -> None:
    world.inbox.news["evt_1"] = PostNews(provider_id=piece(world), scans=(delivered(),))
    then = when(world, FollowMailing(event_id="evt_1"))
    assert then.kinds == [Mailing.Scanned, Mailing.Delivered]
    assert world.inbox.finished == {"evt_1"}
    assert when(world, FollowMailing(event_id="evt_1")).kinds == []


def test_a_webhook_about_nothing_is_worked_off_at_once(world: World) -> None:
    world.inbox.news["evt_2"] = PostNews(provider_id=piece(world), scans=())
    for event_id in ("evt_1", "evt_2"):
        assert when(world, FollowMailing(event_id=event_id)).kinds == []
    assert world.inbox.finished == {"evt_1", "evt_2"}


def test_a_piece_not_known_yet_is_tried_again(world: World) -> None:
    world.inbox.news["evt_1"] = PostNews(provider_id="ltr_other", scans=(delivered(),))
    with pytest.raises(PieceUnknown):
        when(world, FollowMailing(event_id="evt_1"))
    assert world.inbox.finished == set()


def test_a_webhook_without_its_scan_asks_the_provider(world: World) -> None:
    world.inbox.news["evt_1"] = PostNews(provider_id=piece(world), scans=(), incomplete=True)
    world.post.get = lambda provider_id: PieceStatus(provider_id=provider_id, scans=(delivered(),))  # type: ignore[method-assign]
    assert when(world, FollowMailing(event_id="evt_1")).answer["status"] == MailingStatus.DELIVERED


def test_a_failure_is_believed_when_the_provider_itself_says_so(world: World) -> None:
    world.inbox.news["evt_1"] = PostNews(provider_id=piece(world), scans=(), incomplete=True)
    assert when(world, FollowMailing(event_id="evt_1")).answer["status"] == MailingStatus.ACCEPTED
    world.inbox.news["evt_2"] = PostNews(provider_id=piece(world), scans=(), incomplete=True)
    world.post.get = lambda provider_id: PieceStatus(provider_id=provider_id, failed=True)  # type: ignore[method-assign]
    assert when(world, FollowMailing(event_id="evt_2")).answer["status"] == MailingStatus.REJECTED


def test_a_busy_provider_is_asked_later(world: World) -> None:
    world.inbox.news["evt_1"] = PostNews(provider_id=piece(world), scans=(), incomplete=True)

    def busy(provider_id: str) -> PieceStatus:
        raise PostBusy(7)

    world.post.get = busy  # type: ignore[method-assign]
    with pytest.raises(NotYet) as later:
        when(world, FollowMailing(event_id="evt_1"))
    assert later.value.seconds == 7
