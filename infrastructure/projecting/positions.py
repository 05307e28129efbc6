"""How far each projection has read, which of its events are parked, and who may move it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import Connection

from infrastructure.projecting.log import LogRow

SHADOW: Final = "__next"
"""Ends the names of tables and position rows of a rebuild that is not finished."""

SCRATCH: Final = "__verify"
"""Ends the names of tables a verification replays into."""

# Advisory locks of two numbers: what is locked, and which projection. Only the first is held for long.
_OWNER: Final = 7301
_GATE: Final = 7302
_MAINTENANCE: Final = 7303

Stream = tuple[UUID, UUID]


class Busy(Exception):
    """Another process works on this projection; the message says what it does."""


class Built(NamedTuple):
    """What the rows of a projection were made for."""

    version: int
    shape: str
    epoch: int
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where a projection stands: the last position read, and the streams that wait behind a parked event."""

    position: int
    epoch: int
    parked: frozenset[Stream]


def connect(url: str, name: str) -> Connection[Any]:
    """A session of its own for the projector. Raises psycopg.OperationalError.

    Rows are written through the primary key: plans are made for the table as it is, not as it was when
    the statement first ran on an empty one, and never scan all of it.
    """
    conn = psycopg.connect(
        url, autocommit=True, connect_timeout=5, application_name=f"sfdify {name}", tcp_user_timeout=30_000
    )
    conn.execute("SET plan_cache_mode = force_custom_plan")
    conn.execute("SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off")
    return conn


def built(conn: Connection[Any]) -> dict[str, Built]:
    """Every projection with tables in the database."""
    rows = conn.execute("SELECT name, version, shape, epoch, tables FROM es.projection").fetchall()
    return {name: Built(version, shape, epoch, tuple(tables)) for name, version, shape, epoch, tables in rows}


def place_of(conn: Connection[Any], name: str) -> Place:
    """Where `name` stands. Raises KeyError when it was never made."""
    row = conn.execute(
        "SELECT p.notification_id, r.epoch FROM es.position p JOIN es.projection r USING (name) "
        "WHERE p.name = %s AND p.part = 0",
        (name,),
    ).fetchone()
    if row is None:
        raise KeyError(name)
    parked = conn.execute("SELECT DISTINCT tenant_id, originator_id FROM es.parked WHERE name = %s", (name,)).fetchall()
    return Place(row[0], row[1], frozenset((tenant, stream) for tenant, stream in parked))


def position_of(conn: Connection[Any], name: str) -> int:
    """The last position `name` has read."""
    row = conn.execute("SELECT notification_id FROM es.position WHERE name = %s AND part = 0", (name,)).fetchone()
    if row is None:
        raise KeyError(name)
    return int(row[0])


def advance(conn: Connection[Any], names: Sequence[str], epochs: Sequence[int], old: int, new: int) -> bool:
    """Move all of these from `old` to `new`, or say that one of them is no longer as it was.

    The last statement of a batch's transaction; on False the caller rolls back.
    """
    moved = conn.execute(
        "UPDATE es.position p SET notification_id = %s, updated_at = clock_timestamp() "
        "FROM es.projection r JOIN unnest(%s::text[], %s::bigint[]) AS m(name, epoch) USING (name, epoch) "
        "WHERE p.name = m.name AND p.part = 0 AND p.notification_id = %s",
        (new, list(names), list(epochs), old),
    )
    return moved.rowcount == len(names)


def park(conn: Connection[Any], name: str, events: Iterable[LogRow], error: str, attempts: int) -> None:
    """Set these events aside for `name`."""
    rows = [(name, e.position, e.tenant_id, e.originator_id, e.originator_version, error, attempts) for e in events]
    with conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO es.parked "
            "(name, notification_id, tenant_id, originator_id, originator_version, error, attempts) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (name, notification_id) "
            "DO UPDATE SET error = excluded.error, attempts = es.parked.attempts + 1",
            rows,
        )


def take_ownership(conn: Connection[Any], names: Sequence[str]) -> list[str]:
    """Those of `names` that this session now owns, until it ends; nobody else owns them meanwhile."""
    rows = conn.execute(
        "SELECT n FROM unnest(%s::text[]) n WHERE pg_try_advisory_lock(%s, hashtext(n))", (list(names), _OWNER)
    ).fetchall()
    return [name for (name,) in rows]


def give_up(conn: Connection[Any], name: str) -> None:
    """Let another process own it."""
    conn.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (_OWNER, name))


def is_owned(conn: Connection[Any], names: Sequence[str]) -> set[str]:
    """Those of `names` that some session owns."""
    rows = conn.execute(
        "SELECT n FROM unnest(%s::text[]) n JOIN pg_locks l ON l.locktype = 'advisory' AND l.granted "
        "AND l.classid = %s AND l.objid::bigint = hashtext(n)::bigint & 4294967295 "
        "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        (list(names), _OWNER),
    ).fetchall()
    return {name for (name,) in rows}


def pass_gates(conn: Connection[Any], names: Sequence[str]) -> list[str]:
    """Those of `names` whose rows may be written in this transaction; maintenance of them waits for its end."""
    rows = conn.execute(
        "SELECT n FROM unnest(%s::text[]) n WHERE pg_try_advisory_xact_lock_shared(%s, hashtext(n))",
        (list(names), _GATE),
    ).fetchall()
    return [name for (name,) in rows]


@contextmanager
def gate_shut(conn: Connection[Any], name: str) -> Iterator[None]:
    """Nobody moves `name` inside this block; its owner waits. Holds no horizon. At most 30 s until it is shut."""
    conn.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (_GATE, name))
    try:
        yield
    finally:
        if not conn.broken:
            conn.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (_GATE, name))


@contextmanager
def maintenance(conn: Connection[Any], name: str, wait_s: float = 1.0) -> Iterator[None]:
    """One rebuild, verification or replay of `name` at a time. Raises Busy."""
    until = time.monotonic() + wait_s
    while not _locked(conn, name):
        if time.monotonic() > until:
            raise Busy(f"projection {name} is being rebuilt, verified or replayed; try again when that is done")
        time.sleep(0.05)
    try:
        yield
    finally:
        if not conn.broken:
            conn.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (_MAINTENANCE, name))


def _locked(conn: Connection[Any], name: str) -> bool:
    row = conn.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (_MAINTENANCE, name)).fetchone()
    return bool(row and row[0])
