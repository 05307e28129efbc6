"""Consumers' connections to report providers, as they stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from domain.connections import Connection, ConnectionStatus
from projections.kernel import Change, Projection, Recorded, Table, on

CONNECTIONS = Table(
    "connections",
    aggregate=Connection,
    key={"connection_id": "uuid"},
    columns={
        "consumer_id": "uuid",
        "provider": "text",
        "created_at": "timestamptz",
        "status": "text",
        "trouble": "text",
        "scopes": "text[]",
        "account_digest": "text",
        "authorized_at": "timestamptz",
        "pull_id": "uuid",
        "next_try_at": "timestamptz",
        "last_pulled_at": "timestamptz",
        "last_report_id": "uuid",
    },
    indexes=(
        "created_at, connection_id",
        "consumer_id, created_at, connection_id",
        "provider, account_digest WHERE account_digest <> ''",
    ),
)

S = ConnectionStatus


class ConnectionRow(BaseModel):
    """One connection. `pull_id` is the pull in flight, `trouble` what stands in the way, in a word."""

    connection_id: UUID
    consumer_id: UUID
    provider: str
    created_at: datetime
    status: ConnectionStatus
    trouble: str | None
    scopes: list[str] | None
    authorized_at: datetime | None
    pull_id: UUID | None
    next_try_at: datetime | None
    last_pulled_at: datetime | None
    last_report_id: UUID | None
    version: int


class ConnectionsProjection(Projection):
    """Every connection's present state."""

    name = "connections"
    tables = (CONNECTIONS,)

    @on(Connection.Opened)
    def opened(self, r: Recorded[Connection.Opened]) -> Iterable[Change]:
        yield CONNECTIONS.put(
            r.event.originator_id,
            consumer_id=r.event.subject_id,
            provider=r.event.provider,
            created_at=r.event.timestamp,
            status=S.OPENED,
        )

    @on(Connection.Begun)
    def begun(self, r: Recorded[Connection.Begun]) -> Iterable[Change]:
        yield CONNECTIONS.amend(r.event.originator_id, status=S.PENDING)

    @on(Connection.Authorized)
    def authorized(self, r: Recorded[Connection.Authorized]) -> Iterable[Change]:
        yield CONNECTIONS.amend(
            r.event.originator_id,
            status=S.ACTIVE,
            trouble=None,
            scopes=list(r.event.scopes),
            account_digest=r.event.account_digest,
            authorized_at=r.event.timestamp,
        )

    @on(Connection.AuthorizationFailed)
    def authorization_failed(self, r: Recorded[Connection.AuthorizationFailed]) -> Iterable[Change]:
        yield CONNECTIONS.amend(r.event.originator_id, status=S.NEEDS_REAUTH, trouble=r.event.code)

    @on(Connection.NeedsReauth)
    def needs_reauth(self, r: Recorded[Connection.NeedsReauth]) -> Iterable[Change]:
        yield CONNECTIONS.amend(r.event.originator_id, status=S.NEEDS_REAUTH, trouble=r.event.code)

    @on(Connection.Revoked)
    def revoked(self, r: Recorded[Connection.Revoked]) -> Iterable[Change]:
        yield CONNECTIONS.amend(r.event.originator_id, status=S.REVOKED, trouble=None, pull_id=None, next_try_at=None)

    @on(Connection.PullRequested)
    def pull_requested(self, r: Recorded[Connection.PullRequested]) -> Iterable[Change]:
        yield CONNECTIONS.amend(r.event.originator_id, pull_id=r.event.pull_id)

    @on(Connection.PullDelayed)
    def pull_delayed(self, r: Recorded[Connection.PullDelayed]) -> Iterable[Change]:
        yield CONNECTIONS.amend(r.event.originator_id, trouble=r.event.reason, next_try_at=r.event.next_try_at)

    @on(Connection.PullFetched)
    def pull_fetched(self, r: Recorded[Connection.PullFetched]) -> Iterable[Change]:
        yield CONNECTIONS.amend(
            r.event.originator_id,
            pull_id=None,
            next_try_at=None,
            trouble=None if r.event.readable else "unreadable_report",
            last_pulled_at=r.event.timestamp,
            last_report_id=r.event.report_id,
        )

    @on(Connection.PullFailed)
    def pull_failed(self, r: Recorded[Connection.PullFailed]) -> Iterable[Change]:
        yield CONNECTIONS.amend(r.event.originator_id, pull_id=None, next_try_at=None, trouble=r.event.code)
