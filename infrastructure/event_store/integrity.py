"""Proof that the log is what was written: every hash worked out again, and an export others can check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from struct import pack
from typing import Final, NamedTuple, TextIO
from uuid import UUID

from psycopg import sql

from domain.kernel import NotFound
from infrastructure.postgres import Connection

BATCH: Final = 2_000


class Row(NamedTuple):
    """One event as stored; `recorded_us` counts microseconds since 2000-01-01 UTC."""

    position: int
    recorded_us: int
    version: int
    tenant_id: UUID
    originator_id: UUID
    hash: bytes
    topic: str
    metadata: bytes
    state: bytes


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that is not as it was written, or does not stand where it stood."""

    position: int
    tenant_id: UUID
    originator_id: UUID
    version: int
    why: str


@dataclass
class Report:
    """What a verification looked at and found. A missing end of a stream cannot be seen from the log itself."""

    rows: int = 0
    streams: int = 0
    bad: list[Bad] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every row was as written."""
        return not self.bad


def verify(conn: Connection, tenant_id: UUID | None = None) -> Report:
    """Check every row that this login may see, or one tenant's; reads in batches and holds no writer up."""
    report = Report()
    before: Row | None = None
    for row in _rows(conn, tenant_id):
        first = before is None or _stream(before) != _stream(row)
        report.rows += 1
        report.streams += first
        why = _wrong(row, None if first else before)
        if why:
            report.bad.append(Bad(row.position, row.tenant_id, row.originator_id, row.version, why))
        before = row
    return report


def export(conn: Connection, path: Path, tenant_id: UUID | None = None) -> int:
    """Write the rows as JSON lines for `verify_log.py`, bytes in hexadecimal; returns how many.

    Personal data stays sealed, so the file may be given to an auditor. It bears its name only once it is whole: half
    a log would hold together too. Raises NotFound for a tenant of which there is no event.
    """
    rows = 0
    with _whole(path) as file:
        for row in _rows(conn, tenant_id):
            file.write(json.dumps(_plain(row), separators=(",", ":")) + "\n")
            rows += 1
        if tenant_id is not None and not rows:
            raise NotFound("there is no tenant of this id")
    return rows


@contextmanager
def _whole(path: Path) -> Iterator[TextIO]:
    if path.exists() and not path.is_file():  # a pipe, a terminal
        with path.open("w", encoding="utf-8") as file:
            yield file
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            yield file
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _stream(row: Row) -> tuple[UUID, UUID]:
    return row.tenant_id, row.originator_id


def _wrong(row: Row, before: Row | None) -> str | None:
    """What is wrong with a row that follows `before` in its stream."""
    if row.version != (before.version if before else 0) + 1:
        return "an event before it is missing or was renumbered"
    if before and row.position <= before.position:
        return "it stands before its predecessor in the log"
    if row.hash != digest(row, before.hash if before else b""):
        return "its hash does not match its content"
    return None


def digest(row: Row, previous: bytes) -> bytes:
    """The chain's hash of a row: everything stored, over the hash of the event before it in its stream."""
    topic = row.topic.encode()
    return sha256(
        previous
        + row.tenant_id.bytes
        + pack("!qi", row.recorded_us, len(row.metadata))
        + row.metadata
        + pack("!q", row.position)
        + row.originator_id.bytes
        + pack("!qi", row.version, len(topic))
        + topic
        + row.state
    ).digest()


def _rows(conn: Connection, tenant_id: UUID | None) -> Iterator[Row]:
    query = _ROWS.format(where=sql.SQL("WHERE tenant_id = %s" if tenant_id else ""))
    with conn.transaction(), conn.cursor(name="sfdify_verify") as cursor:
        conn.execute("SET TRANSACTION READ ONLY")
        if tenant_id:
            conn.execute("SELECT set_config('app.tenant_id', %s, true)", (str(tenant_id),))
        cursor.itersize = BATCH
        cursor.execute(query, [tenant_id] if tenant_id else [], binary=True)
        for values in cursor:
            yield Row(*values)


_ROWS: Final = sql.SQL("""
    SELECT position, (extract(epoch FROM recorded_at - '2000-01-01 00:00:00+00'::timestamptz) * 1000000)::bigint,
      originator_version, tenant_id, originator_id, hash, topic, metadata, state
    FROM es.event {where} ORDER BY tenant_id, originator_id, originator_version""")


def _plain(row: Row) -> dict[str, str | int]:
    return {
        "position": row.position,
        "recorded_us": row.recorded_us,
        "version": row.version,
        "tenant": row.tenant_id.hex,
        "originator": row.originator_id.hex,
        "hash": row.hash.hex(),
        "topic": row.topic,
        "metadata": row.metadata.hex(),
        "state": row.state.hex(),
    }
