"""Reports are looked for from time to time while a dispute is open, on one count for each connection."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.connections import RevokeConnection
from application.consumers import EraseConsumer
from application.feed_webhooks import ReceiveFeedWebhook
from application.feeding import FeedBusy, FeedNews, FeedRefused, NewsKind, RawReport
from application.ports import NotYet
from application.pull_schedule import CheckSchedule
from application.pulls import RequestPull
from application.tenants import ChangePolicies
from domain.connections import Connection, PullCause
from domain.kernel import Role
from domain.reports import Report
from domain.tenants import Policies
from tests.support.cases import FIRST_PULL
from tests.support.feeds import PROVIDER
from tests.support.linked import Linked
from tests.support.scenarios import when

DAY = timedelta(days=1)


@pytest.fixture
def linked() -> Linked:
    """Connected, and the first report fetched."""
    return Linked().connect().settle()


@pytest.fixture
def disputing(linked: Linked) -> Linked:
    """And a dispute open."""
    (first,) = linked.world.all(Report)
    linked.world.reads.open_disputes = lambda tenant_id, consumer_id: consumer_id == first.owner_id  # type: ignore[method-assign]
    return linked


def scheduled(linked: Linked) -> int:
    requested = [e for e in linked.world.events(linked.id) if isinstance(e, Connection.PullRequested)]
    return sum(e.cause is PullCause.SCHEDULED for e in requested)


def another(linked: Linked, content: bytes) -> None:
    linked.world.reader.reports[content] = FIRST_PULL
    linked.feed.report = RawReport(media_type="application/json", content=content)


def test_a_report_is_fetched_thirty_days_after_the_last_and_again_thirty_days_after_that(disputing: Linked) -> None:
    disputing.wait(30 * DAY - timedelta(seconds=1)).settle()
    assert scheduled(disputing) == 0
    disputing.wait(timedelta(seconds=1)).settle()
    assert scheduled(disputing) == 1
    for _ in range(29):
        disputing.wait(DAY).settle()
    assert scheduled(disputing) == 1
    disputing.wait(DAY).settle()
    assert scheduled(disputing) == 2


def test_a_dispute_that_was_really_opened_counts() -> None:
    linked = Linked().connect().settle()
    linked.case.open(linked.world.all(Report)[0], "22")
    linked.wait(30 * DAY).settle()
    assert scheduled(linked) == 1


def test_without_an_open_dispute_the_count_goes_on_and_nothing_is_fetched(linked: Linked) -> None:
    for _ in range(3):
        linked.wait(30 * DAY).settle()
    assert scheduled(linked) == 0
    linked.world.reads.open_disputes = lambda tenant_id, consumer_id: True  # type: ignore[method-assign]
    linked.wait(29 * DAY).settle()
    assert scheduled(linked) == 0
    linked.wait(DAY).settle()
    assert scheduled(linked) == 1


def test_the_tenant_says_how_many_days(disputing: Linked) -> None:
    policies = Policies(pull_every_days=7)
    when(disputing.world, ChangePolicies(tenant_id=disputing.world.tenant_id, policies=policies), Role.OWNER)
    disputing.do(RequestPull(connection_id=disputing.id))
    disputing.settle().wait(7 * DAY).settle()
    assert scheduled(disputing) == 1


def test_a_pull_in_between_starts_the_one_count_anew(disputing: Linked) -> None:
    for _ in range(5):
        disputing.wait(5 * DAY)
        disputing.do(RequestPull(connection_id=disputing.id))
        disputing.settle()
    disputing.wait(29 * DAY).settle()
    assert scheduled(disputing) == 0
    disputing.wait(DAY).settle()
    assert scheduled(disputing) == 1
    waiting = [k for k, job in disputing.world.log.jobs.items() if k not in disputing.floor.done and job.run_at]
    assert len([k for k in waiting if "schedule:" in k[1]]) == 1


def test_a_pull_that_failed_starts_it_too(disputing: Linked) -> None:
    disputing.wait(10 * DAY)
    disputing.do(RequestPull(connection_id=disputing.id))
    disputing.feed.script["order"] = [FeedRefused("scope_missing", "no")]
    disputing.settle().wait(30 * DAY).settle()
    assert scheduled(disputing) == 1


def test_nothing_more_is_scheduled_while_a_pull_is_under_way(disputing: Linked) -> None:
    disputing.wait(29 * DAY)
    disputing.do(RequestPull(connection_id=disputing.id))
    disputing.feed.script["order"] = [FeedBusy(86_400, "outage")] * 3
    disputing.settle().wait(DAY).settle()
    disputing.world.reads.open_disputes = lambda tenant_id, consumer_id: False  # type: ignore[method-assign]
    since = disputing.connection.scheduled_from
    assert since is not None
    asked = set(disputing.world.log.jobs)
    disputing.world.when(CheckSchedule(connection_id=disputing.id, since=since))
    assert (scheduled(disputing), set(disputing.world.log.jobs)) == (0, asked)


def test_a_connection_that_ended_is_left_alone(disputing: Linked) -> None:
    disputing.do(RevokeConnection(connection_id=disputing.id))
    for _ in range(4):
        disputing.wait(30 * DAY).settle()
    assert (scheduled(disputing), disputing.floor.due()) == (0, [])


def test_an_erased_persons_connection_is_left_alone(disputing: Linked) -> None:
    when(disputing.world, EraseConsumer(consumer_id=disputing.case.consumer_id), Role.OWNER)
    since = disputing.connection.scheduled_from
    assert since is not None
    disputing.wait(30 * DAY)
    disputing.world.when(CheckSchedule(connection_id=disputing.id, since=since))
    assert scheduled(disputing) == 0


def test_a_connection_that_waits_for_the_consumer_is_counted_from_when_they_are_back(disputing: Linked) -> None:
    disputing.world.inbox.feed[PROVIDER, "e"] = FeedNews("e", NewsKind.ACCESS_REVOKED, disputing.feed.subject)
    disputing.world.when(ReceiveFeedWebhook(provider=PROVIDER, event_id="e"))
    disputing.settle().wait(60 * DAY).settle()
    assert scheduled(disputing) == 0
    disputing.connect().settle().wait(29 * DAY).settle()
    assert scheduled(disputing) == 0
    disputing.wait(DAY).settle()
    assert scheduled(disputing) == 1


def test_it_waits_for_query_tables_that_lag(disputing: Linked) -> None:
    disputing.wait(30 * DAY)
    disputing.world.reads.lagging = True
    key = disputing.job("CheckSchedule")
    assert disputing.floor.carry_out(key).value == "snoozed"
    since = disputing.connection.scheduled_from
    assert since is not None
    disputing.world.reads.lagging = False
    try:
        disputing.world.when(CheckSchedule(connection_id=disputing.id, since=since))
    except NotYet:  # pragma: no cover
        raise AssertionError("nothing lags any more") from None
    assert scheduled(disputing) == 1
