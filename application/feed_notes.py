"""What a provider shows beside its reports: scores, and alerts since the last look."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from application.connections import feed_of, party_of
from application.feeding import CreditFeed, FeedBusy, FeedRefused, LinkRefused
from application.kernel import Answer, Command, Work, handles
from application.ports import NotYet
from application.tasks import OpenTask
from domain.connections import MANUAL_UPLOAD, Connection, ConnectionStatus
from domain.consumers import ConsentKind, Consumer
from domain.permissions import Permission
from domain.tasks import TaskKind

_SHORTEST_PAUSE_S = 30.0
_LONGEST_PAUSE_S = 3600.0
_LONGEST_WAIT_S = 24 * 3600.0
_MOST_PAGES = 20
"""Pages of alerts read at a time; a provider that has more is asked again after the next report."""


class ReadFeedNotes(Command):
    """Read the scores and the new alerts, of a provider that has such."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "credit_pull"

    connection_id: UUID


@handles(ReadFeedNotes)
def read_feed_notes(command: ReadFeedNotes, work: Work) -> Answer:
    """They are extras: a refusal becomes a task and ends nothing, a passing trouble is waited out for a day."""
    connection = work.load(Connection, command.connection_id)
    agrees = work.load(Consumer, connection.owner_id).agrees_to(ConsentKind.CREDIT_PULL)
    if agrees and connection.status is ConnectionStatus.ACTIVE and connection.provider != MANUAL_UPLOAD:
        try:
            feed = feed_of(connection, work)
            for code in _read(connection, feed, work):
                _ask_somebody(connection, code, work)
        except LinkRefused as refused:
            connection.need_reauth(refused.code, work.now)
        except FeedBusy as busy:
            waited_s = _waited_s(work)
            if waited_s < _LONGEST_WAIT_S:
                pause_s = min(max(waited_s, _SHORTEST_PAUSE_S), _LONGEST_PAUSE_S)
                raise NotYet(max(busy.retry_after_seconds, pause_s)) from None
            _ask_somebody(connection, busy.reason, work)
        except FeedRefused as refused:
            _ask_somebody(connection, refused.code, work)
    return {"connection_id": connection.id, "version": connection.version}


def _read(connection: Connection, feed: CreditFeed, work: Work) -> set[str]:
    """Read both, whatever becomes of one of them; the provider's refusals."""
    refusals = set()
    for read in (_read_scores, _read_alerts):
        try:
            read(connection, feed, work)
        except FeedRefused as refused:
            refusals.add(refused.code)
    return refusals


def _ask_somebody(connection: Connection, code: str, work: Work) -> None:
    task = OpenTask(
        kind=TaskKind.PULL_REFUSED, consumer_id=connection.owner_id, about_id=connection.id, cause=f"notes:{code}"
    )
    work.ask(task, f"notes-refused:{connection.id}:{code}")


def _waited_s(work: Work) -> float:
    """Seconds of real time since the notes were to be read."""
    made_at = work.context.job.made_at if work.context.job else None
    return (work.ports.clock.now() - made_at).total_seconds() if made_at else 0.0


def _read_scores(connection: Connection, feed: CreditFeed, work: Work) -> None:
    if feed.capabilities.has_scores:
        work.renew_lease()
        connection.note_scores(feed.fetch_scores(party_of(connection, work.caller.tenant_id)), work.now)


def _read_alerts(connection: Connection, feed: CreditFeed, work: Work) -> None:
    if not feed.capabilities.has_alerts:
        return
    for _ in range(_MOST_PAGES):
        before = connection.alerts_cursor
        work.renew_lease()
        found = feed.fetch_alerts(party_of(connection, work.caller.tenant_id), before)
        connection.note_alerts(found.alerts, found.cursor, work.now)
        if connection.alerts_cursor == before:
            return
