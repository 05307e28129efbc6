"""What operators were asked about a connection is closed by what puts it right, and by nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.connection_tasks import LOOK_AFTER_ATTEMPTS
from application.feed_webhooks import ReceiveFeedWebhook
from application.feeding import FeedBusy, FeedNews, FeedRefused, NewsKind
from application.pulls import ResumePulls
from domain.connections import Connection
from domain.tasks import TaskKind, TaskStatus
from tests.support.feeds import PROVIDER
from tests.support.linked import Linked


@pytest.fixture
def delayed() -> Linked:
    linked = Linked().connect()
    linked.feed.script["order"] = [FeedBusy(1, "outage")] * LOOK_AFTER_ATTEMPTS
    for _ in range(LOOK_AFTER_ATTEMPTS):
        linked.settle().wait(timedelta(hours=7))
    return linked


def test_a_delay_that_ends_in_a_refusal_leaves_only_the_refusal_to_look_at(delayed: Linked) -> None:
    assert delayed.tasks() == [TaskKind.PULL_DELAYED]
    delayed.feed.script["order"] = [FeedRefused("scope_missing", "reports may not be read")]
    assert delayed.settle().tasks() == [TaskKind.PULL_REFUSED]
    assert delayed.tasks(TaskStatus.DONE) == [TaskKind.PULL_DELAYED]


def test_an_old_authorization_does_not_close_what_came_after_it() -> None:
    linked = Linked().connect().settle()
    (authorized,) = [e for e in linked.world.events(linked.id) if isinstance(e, Connection.Authorized)]
    linked.world.inbox.feed[PROVIDER, "evt_1"] = FeedNews("evt_1", NewsKind.ACCESS_REVOKED, linked.feed.subject)
    linked.world.when(ReceiveFeedWebhook(provider=PROVIDER, event_id="evt_1"))
    linked.settle()
    linked.world.when(ResumePulls(connection_id=linked.id, authorized_as=authorized.originator_version))
    assert linked.settle().tasks() == [TaskKind.CONNECT_AGAIN]
