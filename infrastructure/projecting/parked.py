"""Bringing back what was parked, once the handlers can read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from infrastructure.projecting.applying import describe, plan
from infrastructure.projecting.log import Decode, read
from infrastructure.projecting.positions import Stream, built, connect, gate_shut, maintenance, park
from infrastructure.projecting.tables import is_stale
from infrastructure.projecting.verify import Stale
from infrastructure.projecting.writing import write
from projections.kernel import Projection


@dataclass(frozen=True)
class Replayed:
    """How many parked events were applied, and how many still cannot be."""

    applied: int
    left: int


def replay_parked(projector_url: str, projection: Projection, decode: Decode) -> Replayed:
    """Apply parked events, stream by stream in order; a stream that fails again stays parked from there on.

    Where rows are written by several streams, an event applied late may come after others that overtook
    it: `verify` then shows the rows, and a rebuild puts them right. Raises Stale, Busy, psycopg.Error.
    """
    name = projection.name
    with connect(projector_url, "replay") as conn, maintenance(conn, name), gate_shut(conn, name):
        if is_stale(projection, built(conn).get(name)):
            raise Stale(f"the rows of {name} were not made by this version; run: projections rebuild {name}")
        applied, failed = 0, set[Stream]()
        for position, stream in _waiting(conn, name):
            if stream in failed:
                continue
            if _replay(conn, projection, decode, position):
                applied += 1
            else:
                failed.add(stream)
        return Replayed(applied, len(_waiting(conn, name)))


def _waiting(conn: Connection[Any], name: str) -> list[tuple[int, Stream]]:
    rows = conn.execute(
        "SELECT notification_id, tenant_id, originator_id FROM es.parked WHERE name = %s ORDER BY notification_id",
        (name,),
    ).fetchall()
    return [(position, (tenant_id, stream_id)) for position, tenant_id, stream_id in rows]


def _replay(conn: Connection[Any], projection: Projection, decode: Decode, position: int) -> bool:
    batch = read(conn, position - 1, 1, position)
    try:
        steps = plan(projection, frozenset(), batch, decode).steps
        with conn.transaction():
            write(conn, steps)
            conn.execute("DELETE FROM es.parked WHERE name = %s AND notification_id = %s", (projection.name, position))
            conn.execute("UPDATE es.projection SET epoch = epoch + 1 WHERE name = %s", (projection.name,))
    except Exception as error:
        if conn.closed:
            raise
        park(conn, projection.name, batch.rows, describe(error), 1)
        return False
    return True
