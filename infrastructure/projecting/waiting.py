"""Waiting until query tables show what a command wrote."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final, LiteralString

from psycopg import Connection
from psycopg_pool import AsyncConnectionPool

_FIRST_PAUSE_S: Final = 0.002
_LONGEST_PAUSE_S: Final = 0.02
_POSITIONS: Final[LiteralString] = "SELECT name, notification_id FROM es.position WHERE part = 0"


def has_reached(conn: Connection[Any], position: int, names: Sequence[str]) -> bool:
    """Whether all of these projections show everything up to `position`. Tuple rows."""
    return _all_reached(dict(conn.execute(_POSITIONS).fetchall()), position, names)


def wait_for(conn: Connection[Any], position: int, names: Sequence[str], timeout_s: float) -> bool:
    """Wait until they do. False when `timeout_s` has passed first."""
    until = time.monotonic() + timeout_s
    for pause in _pauses():
        if has_reached(conn, position, names):
            return True
        if time.monotonic() + pause > until:
            return False
        time.sleep(pause)
    return False


class Watermarks:
    """Waits for many readers at once with one look at the database for all of them.

    Positions only grow, so what was seen once need not be looked at again.
    """

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._seen: dict[str, int] = {}
        self._looking = asyncio.Lock()
        self._looked_at = 0.0

    async def wait_for(self, position: int, names: Sequence[str], timeout_s: float) -> bool:
        """Wait until all of these projections show everything up to `position`; False after `timeout_s`.

        No connection is held while it waits. Raises psycopg.Error, psycopg_pool.PoolTimeout.
        """
        until = time.monotonic() + timeout_s
        for pause in _pauses():
            asked_at = time.monotonic()
            if _all_reached(self._seen, position, names):
                return True
            async with self._looking:
                if self._looked_at < asked_at and not _all_reached(self._seen, position, names):
                    await self._look()
            if _all_reached(self._seen, position, names):
                return True
            if time.monotonic() + pause > until:
                return False
            await asyncio.sleep(pause)
        return False

    async def _look(self) -> None:
        began = time.monotonic()
        async with self._pool.connection() as conn:
            rows = await (await conn.execute(_POSITIONS)).fetchall()
        self._seen.update(rows)
        self._looked_at = began


def _all_reached(seen: dict[str, int], position: int, names: Sequence[str]) -> bool:
    return all(seen.get(name, -1) >= position for name in names)


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE_S
    while True:
        yield pause
        pause = min(pause * 1.5, _LONGEST_PAUSE_S)
