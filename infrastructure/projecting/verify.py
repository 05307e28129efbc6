"""Showing that a projection's rows are exactly what the log says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

from infrastructure.projecting.ahead import ReadAhead
from infrastructure.projecting.applying import Member
from infrastructure.projecting.collector import unhurried
from infrastructure.projecting.log import Decode
from infrastructure.projecting.positions import SCRATCH, built, connect, gate_shut, maintenance, place_of, position_of
from infrastructure.projecting.reader import Reader
from infrastructure.projecting.rebuild import Report, meter
from infrastructure.projecting.tables import discard, identifiers, is_stale, make, named, register
from projections.kernel import Projection, Table


class Stale(Exception):
    """The rows were made by another version of the projection; rebuild it first."""


@dataclass(frozen=True)
class Difference:
    """One row that is not what the log says, named by its key only."""

    table: str
    key: tuple[str, ...]
    kind: str
    """`missing` from the live table, `unexpected` in it, or `different`."""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verified:
    """The outcome at one position of the log. `found` are the first of `differences`."""

    name: str
    position: int
    events: int
    rows: int
    parked: int
    differences: int
    found: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        """Every row is as the log says, and no event waits to be replayed."""
        return not self.differences and not self.parked


def verify(
    projector_url: str,
    projection: Projection,
    decode: Decode,
    *,
    batch: int = 1_000,
    report: Report | None = None,
    show: int = 100,
    transient: tuple[type[Exception], ...] = (),
) -> Verified:
    """Replay the log into scratch tables and compare them with the live ones, both ways, at one position.

    The projection stands still only while the replay goes its last few events; the comparison reads
    both sides in one snapshot while live writes go on. Raises Stale, Busy, Stuck, psycopg.Error.
    """
    name = projection.name
    with unhurried(), connect(projector_url, "verify") as conn, maintenance(conn, name):
        if is_stale(projection, built(conn).get(name)):
            raise Stale(f"the rows of {name} were not made by this version; run: projections rebuild {name}")
        with _scratch(conn, projection) as member, ReadAhead(projector_url, projection.wants, decode) as ahead:
            reader = Reader(conn, (), decode, batch, transient, (member,), ahead=ahead)
            tell = meter(conn, name, 0, report)
            reader.catch_up(upto=position_of(conn, name), report=tell)
            with gate_shut(conn, name):
                position = position_of(conn, name)
                reader.catch_up(upto=position, report=tell)
                conn.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                parked = _parked(conn, name) + _parked(conn, member.name)
            try:
                return _compare(conn, projection, position, reader.events, parked, show)
            finally:
                conn.execute("ROLLBACK")


@contextmanager
def _scratch(conn: Connection[Any], projection: Projection) -> Iterator[Member]:
    name = projection.name + SCRATCH
    with conn.transaction():
        discard(conn, projection.name, SCRATCH)
        make(conn, projection, SCRATCH, indexed=False)
        register(conn, projection, name)
    try:
        yield Member(projection, place_of(conn, name), SCRATCH)
    finally:
        if not conn.broken:
            with conn.transaction():
                discard(conn, projection.name, SCRATCH)


def _parked(conn: Connection[Any], name: str) -> int:
    row = conn.execute("SELECT count(*) FROM es.parked WHERE name = %s", (name,)).fetchone()
    return int(row[0]) if row else 0


def _compare(
    conn: Connection[Any], projection: Projection, position: int, events: int, parked: int, show: int
) -> Verified:
    conn.execute("SET LOCAL statement_timeout = '30min'")
    conn.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on")
    rows, differences = 0, 0
    found: list[Difference] = []
    for table in projection.tables:
        counted = conn.execute(sql.SQL("SELECT count(*) FROM {}").format(named(table, ""))).fetchone()
        rows += int(counted[0]) if counted else 0
        for *key, kind, columns in conn.execute(_differing(table)):
            differences += 1
            if len(found) < show:
                found.append(Difference(table.name, tuple(map(str, key)), kind, tuple(columns)))
    return Verified(projection.name, position, events, rows, parked, differences, tuple(found))


def _differing(table: Table) -> sql.Composed:
    key, others = table.primary_key, [name for name in table.types if name not in table.primary_key]
    columns = [sql.Identifier(name) for name in others]
    live = sql.SQL(", ").join(sql.SQL("l.{}").format(column) for column in columns)
    replayed = sql.SQL(", ").join(sql.SQL("v.{}").format(column) for column in columns)
    unequal = sql.SQL(", ").join(
        sql.SQL("CASE WHEN l.{0} IS DISTINCT FROM v.{0} THEN {1} END").format(column, sql.Literal(name))
        for column, name in zip(columns, others, strict=True)
    )
    return sql.SQL(
        "SELECT {key}, "
        "CASE WHEN l.here IS NULL THEN 'missing' WHEN v.here IS NULL THEN 'unexpected' ELSE 'different' END, "
        "CASE WHEN l.here AND v.here THEN array_remove(ARRAY[{unequal}]::text[], NULL) ELSE '{{}}' END "
        "FROM (SELECT *, true AS here FROM {live_table}) l FULL JOIN (SELECT *, true AS here FROM {scratch_table}) v "
        "USING ({key}) WHERE l.here IS NULL OR v.here IS NULL OR ROW({live}) IS DISTINCT FROM ROW({replayed})"
    ).format(
        key=identifiers(key),
        unequal=unequal,
        live_table=named(table, ""),
        scratch_table=named(table, SCRATCH),
        live=live,
        replayed=replayed,
    )
