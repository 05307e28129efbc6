"""A provider's webhook is acted on once, for the consumer it names, and for nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from application.connections import RevokeConnection
from application.feed_webhooks import FollowFeed, ReceiveFeedWebhook
from application.feeding import FeedNews, LinkRefused, NewsKind
from application.pulls import RequestPull
from domain.connections import Connection, ConnectionStatus, PullCause
from domain.tasks import TaskKind
from tests.support.feeds import PROVIDER
from tests.support.floor import Crash, Fate
from tests.support.linked import Linked
from tests.support.scenarios import when


@pytest.fixture
def linked() -> Linked:
    return Linked().connect().settle()


def call(
    linked: Linked, kind: NewsKind, subject: str | None = None, event_id: str = "evt_1", at: datetime | None = None
) -> Linked:
    news = FeedNews(event_id=event_id, kind=kind, subject=subject or linked.feed.subject, at=at)
    linked.world.inbox.feed[PROVIDER, event_id] = news
    when(linked.world, ReceiveFeedWebhook(provider=PROVIDER, event_id=event_id))
    return linked


def by_webhook(linked: Linked) -> int:
    requested = [e for e in linked.world.events(linked.id) if isinstance(e, Connection.PullRequested)]
    return sum(e.cause is PullCause.WEBHOOK for e in requested)


def finished(linked: Linked) -> bool:
    return (PROVIDER, "evt_1") in linked.world.inbox.feed_finished


def test_a_new_report_is_fetched(linked: Linked) -> None:
    call(linked, NewsKind.REPORT_UPDATED).settle()
    assert (by_webhook(linked), linked.kinds.count("PullFetched"), finished(linked)) == (1, 2, True)


def test_the_same_event_twice_is_followed_once(linked: Linked) -> None:
    call(linked, NewsKind.REPORT_UPDATED).settle()
    call(linked, NewsKind.REPORT_UPDATED).settle()
    assert (by_webhook(linked), linked.feed.times("fetch_report")) == (1, 2)


def test_two_events_at_once_are_one_pull(linked: Linked) -> None:
    call(linked, NewsKind.REPORT_UPDATED)
    call(linked, NewsKind.REPORT_UPDATED, event_id="evt_2")
    for _ in range(2):
        linked.floor.carry_out(linked.job("FollowFeed"))
    assert by_webhook(linked.settle()) == 1


def test_news_that_comes_while_an_older_report_is_being_fetched_waits_for_its_own_pull(linked: Linked) -> None:
    linked.feed.ready = False
    linked.do(RequestPull(connection_id=linked.id))
    linked.floor.carry_out(linked.job("PullReport"))
    assert linked.connection.pull is not None
    assert linked.connection.pull.order_id
    assert linked.floor.carry_out(call(linked, NewsKind.REPORT_UPDATED).job("FollowFeed")) is Fate.SNOOZED
    assert by_webhook(linked) == 0
    linked.feed.ready = True
    linked.wait(timedelta(days=1))
    linked.floor.carry_out(linked.job("PullReport"))
    assert linked.connection.pull is None
    assert by_webhook(linked.settle()) == 1


def test_an_alert_has_the_notes_read_and_no_report(linked: Linked) -> None:
    asked = linked.feed.times("fetch_alerts")
    call(linked, NewsKind.ALERT_RAISED).settle()
    assert (linked.feed.times("fetch_alerts"), by_webhook(linked), finished(linked)) == (asked + 1, 0, True)


def test_access_that_was_taken_back_at_the_provider_is_seen(linked: Linked) -> None:
    call(linked, NewsKind.ACCESS_REVOKED).settle()
    connection = linked.connection
    assert (connection.status, connection.trouble) == (ConnectionStatus.NEEDS_REAUTH, "access_revoked")
    assert linked.tasks() == [TaskKind.CONNECT_AGAIN]


@pytest.mark.parametrize("works", [True, False])
def test_a_withdrawal_told_after_the_consumer_allowed_it_anew_ends_only_what_does_not_work(
    linked: Linked, works: bool
) -> None:
    if not works:
        linked.feed.script["fetch_scores"] = [LinkRefused("token_refused", "no")]
    call(linked, NewsKind.ACCESS_REVOKED, at=linked.now - timedelta(seconds=1)).settle()
    connection = linked.connection
    expected = (ConnectionStatus.ACTIVE, "") if works else (ConnectionStatus.NEEDS_REAUTH, "token_refused")
    assert (connection.status, connection.trouble) == expected
    assert finished(linked)


def test_a_withdrawal_of_the_same_instant_or_later_ends_the_link(linked: Linked) -> None:
    call(linked, NewsKind.ACCESS_REVOKED, at=linked.now).settle()
    assert linked.connection.trouble == "access_revoked"


@pytest.mark.parametrize(("kind", "subject"), [(NewsKind.OTHER, None), (NewsKind.REPORT_UPDATED, "nobody we know")])
def test_news_of_another_kind_or_about_nobody_here_is_worked_off_and_changes_nothing(
    linked: Linked, kind: NewsKind, subject: str | None
) -> None:
    before = linked.connection.version
    linked.floor.carry_out(call(linked, kind, subject).job("FollowFeed"))
    linked.world.clock.real += timedelta(minutes=1)
    linked.settle()
    assert (linked.connection.version, finished(linked), linked.floor.buried) == (before, True, {})


def test_a_webhook_that_was_emptied_meanwhile_is_done(linked: Linked) -> None:
    call(linked, NewsKind.REPORT_UPDATED)
    linked.world.inbox.feed.clear()
    assert by_webhook(linked.settle()) == 0
    assert finished(linked)


@pytest.mark.parametrize("kind", [NewsKind.REPORT_UPDATED, NewsKind.ALERT_RAISED, NewsKind.ACCESS_REVOKED])
def test_a_connection_that_ended_hears_nothing(linked: Linked, kind: NewsKind) -> None:
    linked.do(RevokeConnection(connection_id=linked.id))
    before = linked.settle().connection.version
    call(linked, kind).settle()
    assert (linked.connection.version, finished(linked)) == (before, True)


@pytest.mark.parametrize("kind", [NewsKind.REPORT_UPDATED, NewsKind.ALERT_RAISED, NewsKind.ACCESS_REVOKED])
@pytest.mark.parametrize("append", [0, 1])
def test_a_crash_in_between_loses_no_news_and_doubles_none(linked: Linked, kind: NewsKind, append: int) -> None:
    call(linked, kind)

    def strike(left: int) -> None:
        if left:
            linked.world.log.before_append.append(lambda: strike(left - 1))
            return
        raise Crash

    key = linked.job("FollowFeed")
    linked.world.log.before_append.append(lambda: strike(append))
    asked = linked.feed.times("fetch_alerts")
    assert linked.floor.carry_out(key) is Fate.RETRIED
    assert finished(linked) is bool(append)
    linked.settle()
    assert finished(linked)
    assert by_webhook(linked) == (kind is NewsKind.REPORT_UPDATED)
    assert (linked.connection.status is ConnectionStatus.NEEDS_REAUTH) == (kind is NewsKind.ACCESS_REVOKED)
    if kind is NewsKind.ALERT_RAISED:
        assert linked.feed.times("fetch_alerts") == asked + 1


def test_it_waits_for_query_tables_that_lag(linked: Linked) -> None:
    call(linked, NewsKind.REPORT_UPDATED)
    linked.world.reads.lagging = True
    key = linked.job("FollowFeed")
    assert linked.floor.carry_out(key) is Fate.SNOOZED
    linked.world.reads.lagging = False
    assert linked.floor.carry_out(key) is Fate.DONE
    assert by_webhook(linked) == 1


def test_a_name_of_the_consumer_stands_in_no_job(linked: Linked) -> None:
    call(linked, NewsKind.REPORT_UPDATED).settle()
    assert linked.feed.subject not in repr((linked.world.log.jobs, linked.world.log.streams))
    assert FollowFeed(provider=PROVIDER, event_id="e").queue == "webhook_proc"
