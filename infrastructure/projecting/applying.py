"""One batch of events becomes rows and moved positions: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from traceback import walk_tb
from typing import Any, Final

import psycopg
from psycopg import Connection

from infrastructure.projecting.log import Batch, Decode, LogRow
from infrastructure.projecting.positions import Place, Stream, advance, park, pass_gates
from infrastructure.projecting.writing import write
from projections.folding import Step, Sweep, fold
from projections.kernel import Projection

BEHIND: Final = "behind a parked event of its stream"

MAX_ROWS: Final = 2_000
"""The most row writes of one transaction, unless a single event calls for more."""

# SQLSTATE classes that blame the values: data, integrity, a limit exceeded; and a value of the wrong type.
_BLAMES_VALUES: Final = ("22", "23", "54", "42804")


class Conflict(Exception):
    """A projection is no longer where this process left it."""


class Paused(Exception):
    """Maintenance holds the gate of these projections."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = names


@dataclass
class Member:
    """A projection that is being moved, in the tables named by `suffix`."""

    projection: Projection
    place: Place
    suffix: str = ""
    careful_until: int = 0
    attempts: int = 0
    resting_until: float = 0.0

    @property
    def name(self) -> str:
        """Of its position row."""
        return self.projection.name + self.suffix

    @property
    def is_careful(self) -> bool:
        """Whether it goes event by event, because one of the next ones failed."""
        return self.place.position < self.careful_until

    def moved_to(self, position: int) -> None:
        """Note that everything up to `position` has been applied."""
        self.place = Place(position, self.place.epoch, self.place.parked)
        self.attempts = 0


@dataclass(frozen=True)
class Plan:
    """What a batch means to one projection: row writes, and events that wait behind a parked one."""

    steps: list[Step] = field(default_factory=list)
    held: list[LogRow] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Row writes; a sweep is not counted."""
        tables = [table for step in self.steps if not isinstance(step, Sweep) for table in step.values()]
        return sum(map(len, tables)) + len(self.held)


def plan(projection: Projection, parked: frozenset[Stream], batch: Batch, decode: Decode) -> Plan:
    """Decide the writes; no database is involved. Raises whatever the decoder or a handler raises."""
    wanted, held = [], []
    for row in batch.rows:
        if not projection.wants(row.topic):
            continue
        if parked and (row.tenant_id, row.originator_id) in parked:
            held.append(row)
            continue
        recorded = batch.recorded(row, decode)
        if recorded is not None:
            wanted.append(recorded)
    return Plan(fold(projection.rows(wanted)), held)


def apply(conn: Connection[Any], members: Sequence[Member], batch: Batch, decode: Decode) -> None:
    """Write what the batch means to every member, and move them, in one transaction.

    All members stand at the same position, and may already stand inside the batch. Everything slow
    happens before the first write, and the positions move last: the log's horizon waits for this
    transaction. A batch that means more than MAX_ROWS writes becomes two transactions. Raises
    Conflict, Paused, or what a handler or the database raised; the failing transaction then left nothing.
    """
    batch = batch.after(members[0].place.position)
    plans = [plan(m.projection, m.place.parked, batch, decode) for m in members]
    if len(batch.rows) > 1 and sum(planned.size for planned in plans) > MAX_ROWS:
        for half in batch.halves():
            apply(conn, members, half, decode)
        return
    names, epochs = [m.name for m in members], [m.place.epoch for m in members]
    with conn.transaction():
        shut = frozenset(names) - frozenset(pass_gates(conn, names))
        if shut:
            raise Paused(shut)
        for member, planned in zip(members, plans, strict=True):
            write(conn, planned.steps, member.suffix)
            if planned.held:
                park(conn, member.name, planned.held, BEHIND, 1)
        if not advance(conn, names, epochs, members[0].place.position, batch.last):
            raise Conflict
    for member in members:
        member.moved_to(batch.last)


def set_aside(conn: Connection[Any], member: Member, batch: Batch, error: Exception) -> None:
    """Park the one event of `batch` and move on; the rest of its stream will wait behind it."""
    (row,) = batch.rows
    with conn.transaction():
        park(conn, member.name, batch.rows, describe(error), member.attempts)
        if not advance(conn, [member.name], [member.place.epoch], member.place.position, batch.last):
            raise Conflict
    parked = member.place.parked | {(row.tenant_id, row.originator_id)}
    member.place = Place(batch.last, member.place.epoch, parked)
    member.attempts = 0


def blames_event(error: Exception, transient: tuple[type[Exception], ...]) -> bool:
    """Whether trying again later cannot help, because the event itself does not fit."""
    if isinstance(error, psycopg.Error) and error.sqlstate is not None:
        return error.sqlstate.startswith(_BLAMES_VALUES)
    return not isinstance(error, (*transient, psycopg.InterfaceError))


def describe(error: Exception) -> str:
    """Kind and place of a failure. Never its message, which may repeat what the event says."""
    kind = type(error).__name__
    if isinstance(error, psycopg.Error) and error.sqlstate:
        kind = f"{kind} {error.sqlstate} {error.diag.table_name or ''}.{error.diag.column_name or ''}"
    frames = [(frame.f_globals.get("__name__", "?"), line) for frame, line in walk_tb(error.__traceback__)]
    module, line = frames[-1] if frames else ("?", 0)
    return f"{kind} at {module}:{line}"
