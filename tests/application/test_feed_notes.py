"""Scores and alerts are read where a provider has them, and whatever becomes of that, reports go on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from application.connections import RevokeConnection
from application.feed_notes import ReadFeedNotes
from application.feed_webhooks import ReceiveFeedWebhook
from application.feeding import Capabilities, FeedAuth, FeedBusy, FeedNews, FeedRefused, LinkRefused, NewsKind
from application.ports import NotYet
from domain.bureaus import Bureau
from domain.connections import MANUAL_UPLOAD, Alert, Connection, ConnectionStatus, Score
from domain.tasks import TaskKind
from tests.support.feeds import PROVIDER
from tests.support.floor import Fate
from tests.support.linked import Linked

SCORE = Score(bureau=Bureau.EXPERIAN, model="VantageScore 3.0", value=612, as_of=date(2026, 1, 5))


def alert(number: int) -> Alert:
    return Alert(alert_id=f"al_{number}", kind="new_inquiry", occurred_on=date(2026, 1, number), text="s3cret")


@pytest.fixture
def linked() -> Linked:
    linked = Linked().connect()
    linked.feed.scores, linked.feed.alerts = (SCORE,), (alert(1), alert(2))
    return linked


def read(linked: Linked) -> list[str]:
    found: list[str] = []
    for event in linked.world.events(linked.id):
        if isinstance(event, Connection.AlertsRead):
            found += [each.alert_id for each in event.alerts or ()]
    return found


def test_they_are_read_after_every_report_and_each_alert_once(linked: Linked) -> None:
    linked.settle()
    (scores,) = [e for e in linked.world.events(linked.id) if isinstance(e, Connection.ScoresRead)]
    assert (scores.scores, read(linked)) == ((SCORE,), ["al_1", "al_2"])
    linked.feed.alerts += (alert(3),)
    linked.world.when(ReadFeedNotes(connection_id=linked.id))
    assert (read(linked), linked.connection.alerts_cursor) == (["al_1", "al_2", "al_3"], "3")


def test_more_alerts_than_fit_on_a_page_are_all_read(linked: Linked) -> None:
    linked.feed.page = 1
    linked.settle()
    assert read(linked) == ["al_1", "al_2"]


def test_the_alerts_of_another_account_are_read_from_their_beginning(linked: Linked) -> None:
    linked.settle()
    linked.do(RevokeConnection(connection_id=linked.id))
    linked.feed.subject, linked.feed.alerts = "subject-2", (alert(8),)
    linked.settle().connect().settle()
    assert (read(linked), linked.connection.alerts_cursor) == (["al_1", "al_2", "al_8"], "1")


def test_the_words_of_an_alert_stand_in_no_job_or_metadata(linked: Linked) -> None:
    linked.settle()
    assert "s3cret" not in repr((linked.world.log.jobs, linked.world.log.metadata, linked.world.log.commands))


def test_a_provider_without_them_is_not_asked(linked: Linked) -> None:
    linked.feed.capabilities = Capabilities(auth=FeedAuth.CODE_PKCE)
    linked.settle()
    assert (linked.feed.times("fetch_scores"), linked.feed.times("fetch_alerts")) == (0, 0)


def test_alerts_are_read_although_scores_are_refused_for_good(linked: Linked) -> None:
    linked.feed.script["fetch_scores"] = [FeedRefused("not_in_the_plan", "this client may not see scores")]
    linked.settle()
    assert (read(linked), linked.tasks()) == (["al_1", "al_2"], [TaskKind.PULL_REFUSED])


def test_both_refused_alike_are_one_task(linked: Linked) -> None:
    for name in ("fetch_scores", "fetch_alerts"):
        linked.feed.script[name] = [FeedRefused("not_in_the_plan", "this client may not see them")]
    linked.settle()
    assert (read(linked), linked.tasks()) == ([], [TaskKind.PULL_REFUSED])


def test_a_passing_trouble_is_waited_out(linked: Linked) -> None:
    linked.settle()
    linked.feed.script["fetch_alerts"] = [FeedBusy(1, "outage")]
    linked.feed.script["fetch_scores"] = [FeedBusy(99, "outage")]
    for seconds in (99, 30):
        with pytest.raises(NotYet) as later:
            linked.world.when(ReadFeedNotes(connection_id=linked.id))
        assert later.value.seconds == seconds
    linked.world.when(ReadFeedNotes(connection_id=linked.id))
    assert linked.connection.trouble == ""


def test_a_trouble_that_lasts_for_a_day_is_somebodys_task(linked: Linked) -> None:
    linked.settle()
    linked.world.when(ReceiveFeedWebhook(provider=PROVIDER, event_id="evt_1"))
    linked.world.inbox.feed[PROVIDER, "evt_1"] = FeedNews("evt_1", NewsKind.ALERT_RAISED, linked.feed.subject)
    linked.floor.carry_out(linked.job("FollowFeed"))
    linked.feed.script["fetch_alerts"] = [FeedBusy(2, "unreadable_answer")] * 3
    key = linked.job("ReadFeedNotes")
    for _ in range(2):
        assert (linked.floor.carry_out(key), linked.tasks()) == (Fate.SNOOZED, [])
        linked.world.clock.real += timedelta(hours=13)
    assert linked.floor.carry_out(key) is Fate.DONE
    assert linked.settle().tasks() == [TaskKind.PULL_REFUSED]
    assert linked.connection.status is ConnectionStatus.ACTIVE


def test_a_refusal_is_somebodys_task_once_and_ends_nothing(linked: Linked) -> None:
    linked.feed.script["fetch_alerts"] = [FeedRefused("scope_missing", "alerts may not be read")] * 2
    linked.settle()
    linked.world.when(ReadFeedNotes(connection_id=linked.id))
    linked.settle()
    assert (linked.tasks(), linked.connection.status) == ([TaskKind.PULL_REFUSED], ConnectionStatus.ACTIVE)
    assert linked.kinds.count("ScoresRead") == 2


def test_a_link_that_has_ended_is_noticed_here_too(linked: Linked) -> None:
    linked.feed.script["fetch_scores"] = [LinkRefused("token_refused", "the link has ended")]
    linked.settle()
    assert (linked.connection.status, linked.tasks()) == (ConnectionStatus.NEEDS_REAUTH, [TaskKind.CONNECT_AGAIN])


def test_of_a_connection_that_ended_nothing_is_read(linked: Linked) -> None:
    linked.settle()
    linked.do(RevokeConnection(connection_id=linked.id))
    asked = linked.feed.times("fetch_scores")
    linked.world.when(ReadFeedNotes(connection_id=linked.id))
    assert linked.feed.times("fetch_scores") == asked


def test_nothing_is_asked_of_a_connection_for_uploads() -> None:
    linked = Linked(MANUAL_UPLOAD)
    linked.begin_only()
    linked.settle().world.when(ReadFeedNotes(connection_id=linked.id))
    assert linked.kinds == ["Opened", "Begun", "Authorized"]
