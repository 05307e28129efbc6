"""The arguments of `es.append` in the server's binary form: half the client's work of the textual one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct, pack
from typing import Final, Protocol
from uuid import UUID

from eventsourcing.persistence import ProgrammingError, StoredEvent
from psycopg import pq


class JobLike(Protocol):
    """A next step to be stored with the events that call for it; `run_at` is on the tenant's clock."""

    @property
    def queue(self) -> str: ...
    @property
    def command(self) -> bytes: ...
    @property
    def dedupe(self) -> str: ...
    @property
    def run_at(self) -> datetime | None: ...


APPEND_NAME: Final = b"es_append"
APPEND: Final = b"SELECT es.append($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)"
_UUID, _INT8, _TEXT, _BYTEA, _TIME = 2950, 20, 25, 17, 1184
_UUIDS, _INT8S, _TEXTS, _BYTEAS, _TIMES = 2951, 1016, 1009, 1001, 1185
_EVENTS: Final = [_UUID, _UUIDS, _INT8S, _TEXTS, _BYTEAS, _BYTEA]
_COMMAND: Final = [_UUID, _BYTEA, _BYTEA]
_JOBS: Final = [_TEXTS, _BYTEAS, _TEXTS, _TIMES]
TYPES: Final = [*_EVENTS, *_COMMAND, *_JOBS, _UUID, _UUID]
BINARY: Final = [pq.Format.BINARY] * len(TYPES)
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_header = Struct("!iiIii").pack
_header_of_one = Struct("!iiIiii").pack
_length = Struct("!i").pack
_int8 = Struct("!q").pack


def append_arguments(
    tenant: UUID,
    events: Sequence[StoredEvent],
    metadata: bytes,
    command_id: UUID | None,
    fingerprint: bytes | None,
    answer: bytes | None,
    jobs: Sequence[JobLike],
    job: UUID | None,
    token: UUID | None,
) -> list[bytes | None]:
    """In the order of the function's parameters. Raises the library's ProgrammingError on text ids."""
    if any(isinstance(e.originator_id, str) for e in events):
        raise ProgrammingError("originators are UUIDs")
    due = [_time(j.run_at) for j in jobs]
    return [
        tenant.bytes,
        _array(_UUID, [e.originator_id.bytes for e in events]),  # type: ignore[union-attr]
        _array(_INT8, [_int8(e.originator_version) for e in events]),
        _array(_TEXT, [e.topic.encode() for e in events]),
        _array(_BYTEA, [e.state for e in events]),
        metadata,
        command_id.bytes if command_id else None,
        fingerprint,
        answer,
        _array(_TEXT, [j.queue.encode() for j in jobs]) if jobs else None,
        _array(_BYTEA, [j.command for j in jobs]) if jobs else None,
        _array(_TEXT, [j.dedupe.encode() for j in jobs]) if jobs else None,
        _array(_TIME, due) if any(due) else None,
        job.bytes if job else None,
        token.bytes if token else None,
    ]


def _array(oid: int, items: Sequence[bytes | None]) -> bytes:
    """A one-dimensional array in the server's binary form."""
    if len(items) == 1 and (only := items[0]) is not None:
        return _header_of_one(1, 0, oid, 1, 1, len(only)) + only
    parts = [_header(1, int(None in items), oid, len(items), 1)]
    for item in items:
        if item is None:
            parts.append(b"\xff\xff\xff\xff")
        else:
            parts += (_length(len(item)), item)
    return b"".join(parts)


def _time(at: datetime | None) -> bytes | None:
    return None if at is None else pack("!q", (at - _EPOCH) // _MICROSECOND)
