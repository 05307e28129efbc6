"""Query tables of projections that this release does not have: an earlier one left them, or a later one made them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import Connection

from infrastructure.projecting.positions import (
    SCRATCH,
    SHADOW,
    Built,
    Busy,
    built,
    give_up,
    maintenance,
    take_ownership,
)
from infrastructure.projecting.status import Status, lag
from infrastructure.projecting.tables import drop, forget
from projections.kernel import Projection

RETIRED: Final = "not of this release"
_PATIENCE_S: Final = 2.0
_COPIES: Final = ("", SHADOW, SCRATCH)


class NotRetired(Exception):
    """This projection is not one to be dropped; the message says why."""


class Dropped(NamedTuple):
    """What went: the tables of schema rm, and how many events were set aside for them."""

    name: str
    tables: tuple[str, ...]
    parked: int


def retired(conn: Connection[Any], projections: Sequence[Projection]) -> list[Status]:
    """The projections whose rows the database holds, and that this release does not have."""
    known, lags = built(conn), {one.name: one for one in lag(conn)}
    found = []
    for name in _strangers(known, projections):
        made = known.get(name)
        found.append(Status(name, None, made and made.version, RETIRED, name + SHADOW in known, lags.get(name)))
    return found


def drop_retired(conn: Connection[Any], name: str, projections: Sequence[Projection]) -> Dropped:
    """Drop a retired projection's tables, its place in the log and its parked events, also of unfinished copies.

    A table that another projection has meanwhile stays. `conn` is the projector's, in autocommit mode.
    Raises NotRetired, and Busy while a process of another release keeps the rows up or somebody reads them.
    """
    if name in {projection.name for projection in projections}:
        raise NotRetired(f"projection {name} is of this release and in use; `sfdify projections rebuild` makes it anew")
    with maintenance(conn, name):
        if name not in _strangers(built(conn), projections):
            raise NotRetired(f"the database holds no projection {name}; `sfdify projections status` names them")
        if not _owned(conn, name):
            raise Busy(f"a process of another release keeps projection {name} up; end it first")
        try:
            with conn.transaction():
                conn.execute("SET LOCAL lock_timeout = '5s'")
                return _dropped(conn, name, projections)
        except psycopg.errors.LockNotAvailable:
            raise Busy(f"somebody reads the rows of projection {name}; try again when that is done") from None
        finally:
            if not conn.broken:
                give_up(conn, name)


def _owned(conn: Connection[Any], name: str) -> bool:
    """Whether the rows are ours now; the session of a process that has just ended is waited for."""
    until = time.monotonic() + _PATIENCE_S
    while not take_ownership(conn, [name]):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _dropped(conn: Connection[Any], name: str, projections: Iterable[Projection]) -> Dropped:
    known, mine = built(conn), [name + copy for copy in _COPIES]
    kept = {table for other, made in known.items() if other not in mine for table in _tables(other, made)}
    kept |= {table.name for projection in projections for table in projection.tables}
    gone = [table for one in mine if one in known for table in _tables(one, known[one]) if table not in kept]
    drop(conn, gone, "")
    parked = conn.execute("SELECT FROM es.parked WHERE name = ANY(%s)", (mine,)).rowcount
    for one in mine:
        forget(conn, one)
    return Dropped(name, tuple(gone), parked)


def _tables(name: str, made: Built) -> list[str]:
    copy = next(copy for copy in reversed(_COPIES) if name.endswith(copy))
    return [table + copy for table in made.tables]


def _strangers(known: dict[str, Built], projections: Iterable[Projection]) -> list[str]:
    names = {name.removesuffix(SHADOW).removesuffix(SCRATCH) for name in known}
    return sorted(names - {projection.name for projection in projections})
