"""Every automatic next step of a connection to a provider of credit reports."""

from __future__ import annotations

from application.connection_tasks import LOOK_AFTER_ATTEMPTS
from application.connections import EndConnections, EndLink
from application.feed_notes import ReadFeedNotes
from application.kernel import Later, Step, on
from application.notifications import QueueNotification
from application.pull_schedule import CheckSchedule
from application.pulls import PullReport, ResumePulls
from application.tasks import OpenTask
from domain.connections import Connection, PullCause
from domain.consumers import ConsentKind, ConsentMissing, Consumer
from domain.notifications import NotificationKind
from domain.tasks import TaskKind


@on(Consumer.ConsentWithdrawn)
def end_connections_on_consent_withdrawn(withdrawn: Consumer.ConsentWithdrawn) -> Step:
    if withdrawn.kind is ConsentKind.CREDIT_PULL:
        yield EndConnections(consumer_id=withdrawn.originator_id)


@on(Connection.Authorized)
def resume_pulls_on_connection_authorized(authorized: Connection.Authorized) -> Step:
    yield ResumePulls(connection_id=authorized.originator_id, authorized_as=authorized.originator_version)


@on(Connection.Authorized)
def check_schedule_on_connection_authorized(authorized: Connection.Authorized) -> Step:
    yield CheckSchedule(connection_id=authorized.originator_id, since=authorized.timestamp)


@on(Connection.NeedsReauth)
def open_task_on_connection_needs_reauth(needed: Connection.NeedsReauth) -> Step:
    yield OpenTask(
        kind=TaskKind.CONNECT_AGAIN,
        consumer_id=needed.subject_id,
        about_id=needed.originator_id,
        cause=str(needed.originator_version),
    )


@on(Connection.NeedsReauth)
def tell_consumer_on_connection_needs_reauth(needed: Connection.NeedsReauth) -> Step:
    yield QueueNotification(
        kind=NotificationKind.CONNECT_AGAIN,
        consumer_id=needed.subject_id,
        about_id=needed.originator_id,
        cause=str(needed.originator_version),
    )


@on(Connection.Revoked)
def end_link_on_connection_revoked(revoked: Connection.Revoked) -> Step:
    yield EndLink(connection_id=revoked.originator_id)


@on(Connection.PullRequested)
def pull_report_on_pull_requested(requested: Connection.PullRequested) -> Step:
    if requested.cause is not PullCause.UPLOADED:
        yield PullReport(connection_id=requested.originator_id, pull_id=requested.pull_id)


@on(Connection.PullDelayed)
def pull_report_on_pull_delayed(delayed: Connection.PullDelayed) -> Step:
    again = PullReport(connection_id=delayed.originator_id, pull_id=delayed.pull_id, attempt=delayed.attempt)
    yield Later(again, delayed.next_try_at)


@on(Connection.PullDelayed)
def open_task_on_pull_delayed(delayed: Connection.PullDelayed) -> Step:
    if delayed.attempt == LOOK_AFTER_ATTEMPTS:
        yield OpenTask(
            kind=TaskKind.PULL_DELAYED,
            consumer_id=delayed.subject_id,
            about_id=delayed.originator_id,
            cause=str(delayed.pull_id),
        )


@on(Connection.PullFetched)
def read_feed_notes_on_pull_fetched(fetched: Connection.PullFetched) -> Step:
    yield ReadFeedNotes(connection_id=fetched.originator_id)


@on(Connection.PullFetched)
def check_schedule_on_pull_fetched(fetched: Connection.PullFetched) -> Step:
    yield CheckSchedule(connection_id=fetched.originator_id, since=fetched.timestamp)


@on(Connection.PullFetched)
def open_task_on_unreadable_pull(fetched: Connection.PullFetched) -> Step:
    if not fetched.readable:
        yield OpenTask(
            kind=TaskKind.REPORT_UNREADABLE,
            consumer_id=fetched.subject_id,
            about_id=fetched.report_id,
            cause=str(fetched.pull_id),
        )


@on(Connection.PullFailed)
def open_task_on_pull_failed(failed: Connection.PullFailed) -> Step:
    if failed.code != ConsentMissing.code:
        yield OpenTask(
            kind=TaskKind.PULL_REFUSED,
            consumer_id=failed.subject_id,
            about_id=failed.originator_id,
            cause=str(failed.pull_id),
        )


@on(Connection.PullFailed)
def check_schedule_on_pull_failed(failed: Connection.PullFailed) -> Step:
    yield CheckSchedule(connection_id=failed.originator_id, since=failed.timestamp)
