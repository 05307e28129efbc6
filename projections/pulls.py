"""Every report that was asked for under a connection, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from domain.connections import Connection, PullCause
from projections.kernel import Change, Plus, Projection, Recorded, Table, on

PULLS = Table(
    "pulls",
    key={"pull_id": "uuid"},
    columns={
        "connection_id": "uuid",
        "consumer_id": "uuid",
        "cause": "text",
        "created_at": "timestamptz",
        "state": "text",
        "delays": "int DEFAULT 0",
        "reason": "text",
        "next_try_at": "timestamptz",
        "ended_at": "timestamptz",
        "report_id": "uuid",
        "sha256": "text",
        "size_bytes": "bigint",
        "media_type": "text",
        "readable": "boolean",
    },
    indexes=("connection_id, created_at, pull_id",),
)


class PullState(StrEnum):
    """How far a pull has come."""

    REQUESTED = "requested"
    ORDERED = "ordered"
    DELAYED = "delayed"
    FETCHED = "fetched"
    FAILED = "failed"
    REVOKED = "revoked"


S = PullState


class PullRow(BaseModel):
    """One pull. `sha256` is of the bytes as they came, which are archived with the report."""

    pull_id: UUID
    connection_id: UUID
    consumer_id: UUID
    cause: PullCause
    created_at: datetime
    state: PullState
    delays: int
    reason: str | None
    next_try_at: datetime | None
    ended_at: datetime | None
    report_id: UUID | None
    sha256: str | None
    size_bytes: int | None
    media_type: str | None
    readable: bool | None


class PullsProjection(Projection):
    """The history of each connection's pulls."""

    name = "pulls"
    tables = (PULLS,)

    @on(Connection.PullRequested)
    def requested(self, r: Recorded[Connection.PullRequested]) -> Iterable[Change]:
        yield PULLS.put(
            r.event.pull_id,
            connection_id=r.event.originator_id,
            consumer_id=r.event.subject_id,
            cause=r.event.cause,
            created_at=r.event.timestamp,
            state=S.REQUESTED,
        )

    @on(Connection.PullOrdered)
    def ordered(self, r: Recorded[Connection.PullOrdered]) -> Iterable[Change]:
        yield PULLS.amend(r.event.pull_id, state=S.ORDERED)

    @on(Connection.PullDelayed)
    def delayed(self, r: Recorded[Connection.PullDelayed]) -> Iterable[Change]:
        yield PULLS.amend(
            r.event.pull_id, state=S.DELAYED, delays=Plus(1), reason=r.event.reason, next_try_at=r.event.next_try_at
        )

    @on(Connection.PullFetched)
    def fetched(self, r: Recorded[Connection.PullFetched]) -> Iterable[Change]:
        yield PULLS.amend(
            r.event.pull_id,
            state=S.FETCHED,
            reason=None,
            next_try_at=None,
            ended_at=r.event.timestamp,
            report_id=r.event.report_id,
            sha256=r.event.sha256,
            size_bytes=r.event.size_bytes,
            media_type=r.event.media_type,
            readable=r.event.readable,
        )

    @on(Connection.PullFailed)
    def failed(self, r: Recorded[Connection.PullFailed]) -> Iterable[Change]:
        yield PULLS.amend(
            r.event.pull_id, state=S.FAILED, reason=r.event.code, next_try_at=None, ended_at=r.event.timestamp
        )

    @on(Connection.Revoked)
    def revoked(self, r: Recorded[Connection.Revoked]) -> Iterable[Change]:
        yield PULLS.amend_where(
            {"connection_id": r.event.originator_id, "ended_at": None},
            state=S.REVOKED,
            next_try_at=None,
            ended_at=r.event.timestamp,
        )
