"""Making a projection's rows anew from the whole log, while readers use the old ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import Connection, sql

from infrastructure.projecting.ahead import ReadAhead
from infrastructure.projecting.applying import Member
from infrastructure.projecting.collector import unhurried
from infrastructure.projecting.log import Decode, last_final
from infrastructure.projecting.positions import (
    SHADOW,
    Busy,
    built,
    connect,
    gate_shut,
    maintenance,
    place_of,
    position_of,
)
from infrastructure.projecting.reader import Reader
from infrastructure.projecting.tables import discard, index, is_stale, make, named, register, swap, without_time_limit
from projections.kernel import Projection

_SWAP_ATTEMPTS: Final = 100


class NotSwapped(Exception):
    """The rebuilt rows lack streams with parked events, so the old rows stay in use."""


@dataclass(frozen=True)
class Progress:
    """How far a replay is, in events; `rate` is events a second, `seconds_left` an estimate."""

    name: str
    done: int
    total: int
    rate: float
    seconds_left: float


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild did. `events` counts those read by this run, which may have resumed another."""

    name: str
    events: int
    seconds: float
    parked: int


def rebuild(
    projector_url: str,
    projection: Projection,
    decode: Decode,
    *,
    batch: int = 1_000,
    report: Report | None = None,
    restart: bool = False,
    accept_parked: bool = False,
    transient: tuple[type[Exception], ...] = (),
) -> Rebuilt:
    """Replay the log into shadow tables, then put them in place of the live ones in one short transaction.

    A run that was killed is resumed where its last transaction ended, unless `restart`, another shape of
    the projection, or parked events make a fresh start right. Raises Busy, Stuck, NotSwapped (unless
    `accept_parked`: parked events then come along and can be replayed), psycopg.Error.
    """
    began = time.monotonic()
    with unhurried(), connect(projector_url, "rebuild") as conn, maintenance(conn, projection.name):
        member = _shadow(conn, projection, restart)
        with ReadAhead(projector_url, projection.wants, decode) as ahead:
            reader = Reader(conn, (), decode, batch, transient, (member,), ahead=ahead)
            reader.catch_up(report=meter(conn, projection.name, member.place.position, report))
            _refuse_parked(member, accept_parked)
            index(conn, projection, SHADOW)
            for table in projection.tables:
                conn.execute(sql.SQL("ANALYZE {}").format(named(table, SHADOW)))
            reader.catch_up()  # indexes take long; what came meanwhile is not read while the live rows stand still
            with gate_shut(conn, projection.name):
                reader.catch_up(upto=max(last_final(conn), _live_position(conn, projection.name)))
                _refuse_parked(member, accept_parked)
                _swap(conn, projection)
        reader.announce()
        return Rebuilt(projection.name, reader.events, time.monotonic() - began, len(member.place.parked))


def _shadow(conn: Connection[Any], projection: Projection, restart: bool) -> Member:
    """The unfinished rebuild, or a new one."""
    name = projection.name + SHADOW
    usable = not restart and not is_stale(projection, built(conn).get(name))
    if not usable or place_of(conn, name).parked:
        with conn.transaction():
            discard(conn, projection.name, SHADOW)
            make(conn, projection, SHADOW, indexed=False)
            register(conn, projection, name)
    return Member(projection, place_of(conn, name), SHADOW)


def _refuse_parked(member: Member, accepted: bool) -> None:
    if member.place.parked and not accepted:
        raise NotSwapped(
            f"{len(member.place.parked)} streams of {member.projection.name} hold events its handlers cannot read; "
            "the rows in use are the old ones. Repair the handlers and rebuild again, or accept them as parked."
        )


def _live_position(conn: Connection[Any], name: str) -> int:
    try:
        return position_of(conn, name)
    except KeyError:
        return 0


def _swap(conn: Connection[Any], projection: Projection) -> None:
    """Waits for a table's lock at most 100 ms at a time: readers queue behind whoever waits for it."""
    for _ in range(_SWAP_ATTEMPTS):
        try:
            with conn.transaction():
                conn.execute("SET LOCAL lock_timeout = '100ms'")
                swap(conn, projection)
                return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            time.sleep(0.05)
    raise Busy(f"the tables of {projection.name} are in use all the time; end long reads and rebuild again")


def meter(conn: Connection[Any], name: str, position: int, report: Report | None) -> Callable[[int], None]:
    """Turns a count of events read since `position` into progress reports."""
    if report is None:
        return lambda events: None
    with without_time_limit(conn):
        row = conn.execute(
            "SELECT count(*) FILTER (WHERE position <= %s), count(*) FROM es.event WHERE position < es.horizon()",
            (position,),
        ).fetchone()
    before, total = row or (0, 0)
    began = time.monotonic()

    def tell(events: int) -> None:
        done = before + events
        rate = events / max(time.monotonic() - began, 1e-6)
        report(Progress(name, done, max(total, done), rate, max(total - done, 0) / max(rate, 1e-6)))

    return tell
