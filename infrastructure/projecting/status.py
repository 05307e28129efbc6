"""How the projections are doing, read from Postgres when asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from infrastructure.projecting.positions import SHADOW, built, is_owned
from infrastructure.projecting.tables import is_stale
from projections.kernel import Projection


class Lag(NamedTuple):
    """How far one projection is behind the log. `seconds` is the age of the oldest unread event, 0 when there is none.

    `events` stops counting at 100,000.
    """

    name: str
    position: int
    events: int
    seconds: float
    parked: int


class Parked(NamedTuple):
    """An event a projection could not take, or one that waits behind such an event of its stream.

    `error` says what kind of failure it was and where, never what the event holds.
    """

    name: str
    position: int
    tenant_id: UUID
    originator_id: UUID
    originator_version: int
    error: str
    attempts: int
    at: datetime


@dataclass(frozen=True)
class Status:
    """One projection as this version of the product sees it.

    `state`: `live` (a process moves it), `idle` (nobody does), `stale` (its rows were made by another
    version: rebuild it), `missing` (never made), `not of this release` (without a `version` here: nothing of
    it is read or written). `rebuilding` says that a rebuild is under way or unfinished.
    """

    name: str
    version: int | None
    built_version: int | None
    state: str
    rebuilding: bool
    lag: Lag | None

    @property
    def is_usable(self) -> bool:
        """Whether its rows may be read."""
        return self.state in ("live", "idle")


def lag(conn: Connection[Any]) -> list[Lag]:
    """The lag of every projection. Any of the product's logins may ask; tuple rows."""
    rows = conn.execute('SELECT name, "position", events_behind, seconds_behind, parked FROM es.projection_lag()')
    return [Lag._make(row) for row in rows.fetchall()]


def parked_events(conn: Connection[Any]) -> list[Parked]:
    """Every parked event of every tenant, in the order in which they will be replayed. `conn` is the projector's."""
    rows = conn.execute(
        "SELECT name, notification_id, tenant_id, originator_id, originator_version, error, attempts, at "
        "FROM es.parked ORDER BY name, notification_id"
    )
    return [Parked._make(row) for row in rows.fetchall()]


def status(conn: Connection[Any], projections: Sequence[Projection]) -> list[Status]:
    """The state of every projection this product has."""
    known, lags = built(conn), {one.name: one for one in lag(conn)}
    owned = is_owned(conn, [projection.name for projection in projections])
    found = []
    for projection in projections:
        name, made = projection.name, known.get(projection.name)
        usable = "live" if name in owned else "idle"
        state = "missing" if made is None else "stale" if is_stale(projection, made) else usable
        built_version = made.version if made else None
        found.append(Status(name, projection.version, built_version, state, name + SHADOW in known, lags.get(name)))
    return found
