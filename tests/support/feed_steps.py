"""The next steps of connections to providers of reports: which event asks for which command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from application.connections import EndConnections, EndLink
from application.feed_notes import ReadFeedNotes
from application.notifications import QueueNotification
from application.processes import feeds
from application.pull_schedule import CheckSchedule
from application.pulls import PullReport, ResumePulls
from application.tasks import OpenTask
from domain.connections import Connection
from domain.consumers import ConsentKind, Consumer
from domain.kernel import Event
from domain.notifications import NotificationKind
from domain.tasks import TaskKind
from tests.support.histories import CONSUMER_ID, first

Steps = dict[Callable[..., Any], tuple[Event, list[Any]]]


def feed_steps() -> Steps:
    """Every reaction, an event it reacts to, and what it asks for."""
    withdrawn = first(Consumer.ConsentWithdrawn).model_copy(update={"kind": ConsentKind.CREDIT_PULL})
    needed, revoked = first(Connection.NeedsReauth), first(Connection.Revoked)
    version = str(needed.originator_version)
    about: dict[str, Any] = {"consumer_id": CONSUMER_ID, "about_id": needed.originator_id}
    steps: Steps = {
        feeds.end_connections_on_consent_withdrawn: (withdrawn, [EndConnections(consumer_id=CONSUMER_ID)]),
        feeds.open_task_on_connection_needs_reauth: (
            needed,
            [OpenTask(kind=TaskKind.CONNECT_AGAIN, cause=version, **about)],
        ),
        feeds.tell_consumer_on_connection_needs_reauth: (
            needed,
            [QueueNotification(kind=NotificationKind.CONNECT_AGAIN, cause=version, **about)],
        ),
        feeds.end_link_on_connection_revoked: (revoked, [EndLink(connection_id=revoked.originator_id)]),
    }
    return steps | _authorized() | _pulls()


def _authorized() -> Steps:
    authorized = first(Connection.Authorized)
    connection_id = authorized.originator_id
    resume = ResumePulls(connection_id=connection_id, authorized_as=authorized.originator_version)
    return {
        feeds.resume_pulls_on_connection_authorized: (authorized, [resume]),
        feeds.check_schedule_on_connection_authorized: (
            authorized,
            [CheckSchedule(connection_id=connection_id, since=authorized.timestamp)],
        ),
    }


def _pulls() -> Steps:
    requested, delayed = first(Connection.PullRequested), first(Connection.PullDelayed)
    fetched, failed = first(Connection.PullFetched), first(Connection.PullFailed)
    assert isinstance(requested, Connection.PullRequested)
    assert isinstance(delayed, Connection.PullDelayed)
    assert isinstance(fetched, Connection.PullFetched)
    assert isinstance(failed, Connection.PullFailed)
    connection_id = requested.originator_id
    pull = PullReport(connection_id=connection_id, pull_id=requested.pull_id)
    about: dict[str, Any] = {"consumer_id": CONSUMER_ID, "about_id": connection_id}
    broken: dict[str, Any] = {"consumer_id": CONSUMER_ID, "about_id": fetched.report_id}
    return {
        feeds.pull_report_on_pull_requested: (requested, [pull]),
        feeds.pull_report_on_pull_delayed: (
            delayed,
            [(pull.model_copy(update={"attempt": 1}), delayed.next_try_at)],
        ),
        feeds.open_task_on_pull_delayed: (
            delayed.model_copy(update={"attempt": 5}),
            [OpenTask(kind=TaskKind.PULL_DELAYED, cause=str(delayed.pull_id), **about)],
        ),
        feeds.read_feed_notes_on_pull_fetched: (fetched, [ReadFeedNotes(connection_id=connection_id)]),
        feeds.check_schedule_on_pull_fetched: (
            fetched,
            [CheckSchedule(connection_id=connection_id, since=fetched.timestamp)],
        ),
        feeds.open_task_on_unreadable_pull: (
            fetched.model_copy(update={"readable": False}),
            [OpenTask(kind=TaskKind.REPORT_UNREADABLE, cause=str(fetched.pull_id), **broken)],
        ),
        feeds.open_task_on_pull_failed: (
            failed,
            [OpenTask(kind=TaskKind.PULL_REFUSED, cause=str(failed.pull_id), **about)],
        ),
        feeds.check_schedule_on_pull_failed: (
            failed,
            [CheckSchedule(connection_id=connection_id, since=failed.timestamp)],
        ),
    }
