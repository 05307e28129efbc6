"""The shared reader: moves the projections of one session, and sets aside what none of them can read."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, LiteralString

import psycopg
from psycopg import Connection

from infrastructure.projecting.ahead import ReadAhead
from infrastructure.projecting.applying import Conflict, Member, Paused, apply, blames_event, describe, set_aside
from infrastructure.projecting.leftovers import Leftovers
from infrastructure.projecting.log import END, Batch, Decode, has_unsettled, read
from infrastructure.projecting.positions import built, give_up, place_of, take_ownership
from infrastructure.projecting.tables import is_stale
from infrastructure.vault import VaultRefused
from projections.kernel import Projection

ROWS_CHANNEL: Final[LiteralString] = "sfdify_projected"
TRANSIENT: Final[tuple[type[Exception], ...]] = (OSError, psycopg.OperationalError, VaultRefused)
"""What passes, or is mended outside the log: the event is not at fault, whoever replays it."""

_ATTEMPTS: Final = 3
_PATIENCE: Final = 6
_log = logging.getLogger("sfdify.projecting")


class Stuck(Exception):
    """A projection keeps failing for a reason that is not an event's."""


class Reader:
    """The projections one session owns, sharing what they read of the log.

    Projections at the same position move in one transaction. One that lags, or fails, moves apart
    from the others until it has reached them again.
    """

    def __init__(
        self,
        conn: Connection[Any],
        projections: Sequence[Projection],
        decode: Decode,
        batch: int,
        transient: tuple[type[Exception], ...],
        members: Sequence[Member] = (),
        *,
        impatient: bool = False,
        ahead: ReadAhead | None = None,
    ) -> None:
        self._conn, self._decode, self._batch, self._transient = conn, decode, batch, (*TRANSIENT, *transient)
        self._projections = {p.name: p for p in projections}
        self._members = {member.name: member for member in members}
        self._patience = 2 if impatient else _PATIENCE
        self._ahead = ahead
        self._leftovers = Leftovers()
        self.events = 0

    def adopt(self) -> None:
        """Own every projection that nobody owns and whose rows have the present shape."""
        wanted = self._projections.keys() - self._members.keys()
        if not wanted:
            return
        known = built(self._conn)
        fresh = sorted(name for name in wanted if not is_stale(self._projections[name], known.get(name)))
        for name in take_ownership(self._conn, fresh):
            self._members[name] = Member(self._projections[name], place_of(self._conn, name))

    def catch_up(self, upto: int = END, report: Callable[[int], None] = lambda events: None) -> None:
        """Apply everything that is final, up to and including `upto`. Raises Stuck.

        `report` is given the number of events read so far after each batch.
        """
        while True:
            began = time.monotonic()
            if self.step(upto):
                report(self.events)
            elif not self._rested_after(began):
                return
            elif any(member.attempts > self._patience for member in self._members.values()):
                raise Stuck(f"{', '.join(self._members)} cannot go on; the log of this process says why")
            else:
                time.sleep(self.nap(1.0))

    def step(self, upto: int = END) -> bool:
        """Read one batch for each group of projections at the same position. Whether any of them moved."""
        now = time.monotonic()
        groups: dict[tuple[int, str], list[Member]] = {}
        for member in self._members.values():
            if member.resting_until <= now:
                alone = member.name if member.is_careful else ""
                groups.setdefault((member.place.position, alone), []).append(member)
        standing = sorted({position for position, _ in groups})
        moved = [
            self._move(group, next((p for p in standing if p > position), upto), upto)
            for (position, _), group in sorted(groups.items())
        ]
        return any(moved)

    def is_resting(self) -> bool:
        """Whether a projection waits before it tries again."""
        return self._rested_after(time.monotonic())

    def _rested_after(self, instant: float) -> bool:
        return any(member.resting_until > instant for member in self._members.values())

    def is_behind(self) -> bool:
        """Whether there are events that were not below the horizon at the last look, or came after it."""
        positions = [member.place.position for member in self._members.values()]
        return bool(positions) and has_unsettled(self._conn, min(positions))

    def nap(self, longest: float) -> float:
        """How long to wait, given who is resting."""
        rests = [m.resting_until - time.monotonic() for m in self._members.values() if m.resting_until]
        return max(0.0, min([longest, *(rest for rest in rests if rest > 0)]))

    def announce(self) -> None:
        """Tell those who wait for rows that there are new ones."""
        self._conn.execute("SELECT pg_notify(%s, '')", (ROWS_CHANNEL,))

    def tidy(self) -> None:
        """Now and then, drop what killed rebuilds and verifications left and no erasure would reach."""
        for name in self._leftovers.clear(self._conn):
            _log.info("dropped what a killed run left: %s", name)

    def _move(self, group: list[Member], upto: int, end: int) -> bool:
        limit = 1 if group[0].is_careful else self._batch
        batch = self._read(group[0].place.position, limit, upto)
        if not batch.rows and upto < end:
            batch = self._read(group[0].place.position, limit, end)
        if not batch.rows:
            return False
        self.events += len(batch.rows)
        return self._try(group, batch)

    def _read(self, after: int, limit: int, upto: int) -> Batch:
        return self._ahead.read(after, limit, upto) if self._ahead else read(self._conn, after, limit, upto)

    def _try(self, group: list[Member], batch: Batch) -> bool:
        try:
            apply(self._conn, group, batch, self._decode)
        except Paused as paused:
            for member in group:
                if member.name in paused.names:
                    self._rest(member, 0.02)
            others = [member for member in group if member.name not in paused.names]
            return bool(others) and self._try(others, batch)
        except Conflict:
            for member in group:
                self._look_again(member)
            return False
        except Exception as error:
            if self._conn.closed:
                raise
            if len(group) > 1:
                moved = [self._try([member], batch) for member in group]
                return any(moved)
            return self._blame(group[0], batch, error)
        return True

    def _blame(self, member: Member, batch: Batch, error: Exception) -> bool:
        member.attempts += 1
        if not blames_event(error, self._transient):
            _log.warning("projection %s waits: %s", member.name, describe(error))
            self._rest(member, min(0.1 * 2**member.attempts, 5.0))
            return False
        if len(batch.rows) > 1:
            member.careful_until, member.attempts = batch.last, 0
            return True
        if member.attempts < _ATTEMPTS:
            self._rest(member, 0.02 * member.attempts)
            return False
        _log.error("projection %s parks event %s: %s", member.name, batch.last, describe(error))
        try:
            set_aside(self._conn, member, batch, error)
        except Conflict:
            self._look_again(member)
        return True

    def _rest(self, member: Member, seconds: float) -> None:
        member.resting_until = time.monotonic() + seconds

    def _look_again(self, member: Member) -> None:
        """Maintenance moved it, rebuilt it, or brought parked events back; or it is another version's now."""
        if is_stale(member.projection, built(self._conn).get(member.name)):
            give_up(self._conn, member.name)
            del self._members[member.name]
            return
        member.place = place_of(self._conn, member.name)
        self._rest(member, 0.02)
