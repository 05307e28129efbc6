"""What a rebuild or verification that was killed left in the database, and how long it may stay there."""

from __future__ import annotations

import time
from typing import Any, Final, LiteralString

import psycopg
from psycopg import Connection

from infrastructure.projecting.positions import SCRATCH, SHADOW, Busy, built, maintenance
from infrastructure.projecting.tables import discard

LOOK_EVERY_S: Final = 2.0
_OUTLIVED: Final[LiteralString] = """
    SELECT FROM es.subject_key k JOIN es.projection p ON k.destroyed_at >= p.built_at WHERE p.name = %s LIMIT 1"""


class Leftovers:
    """Looks for copies of rows that nobody keeps up any more: an erasure would not reach the person's rows in them.

    A verification's scratch tables are dropped as soon as the verification is dead. An unfinished rebuild
    stays to be resumed, until somebody whose rows it may hold is erased.
    """

    def __init__(self) -> None:
        self._due = 0.0

    def clear(self, conn: Connection[Any]) -> list[str]:
        """Drop what may not stay, at most every two seconds; the names dropped. Raises psycopg.Error."""
        if time.monotonic() < self._due:
            return []
        self._due = time.monotonic() + LOOK_EVERY_S
        return [name for name in built(conn) if name.endswith((SHADOW, SCRATCH)) and _cleared(conn, name)]


def _cleared(conn: Connection[Any], name: str) -> bool:
    suffix = SHADOW if name.endswith(SHADOW) else SCRATCH
    whose = name.removesuffix(suffix)
    try:
        with maintenance(conn, whose, wait_s=0.0), conn.transaction():
            if suffix == SHADOW and not conn.execute(_OUTLIVED, (name,)).rowcount:
                return False
            conn.execute("SET LOCAL lock_timeout = '100ms'")
            discard(conn, whose, suffix)
            return True
    except (Busy, psycopg.errors.LockNotAvailable):
        return False
