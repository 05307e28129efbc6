"""What can come of an append, told apart by constraint name and SQLSTATE.

Each refusal is at once the library's error, so its own callers and tests hold, and the bus's signal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    DatabaseError,
    DataError,
    IntegrityError,
    InternalError,
    NotSupportedError,
    OperationalError,
    PersistenceError,
    ProgrammingError,
)

from application.kernel import Conflict, LeaseGone, Repeated


@dataclass(frozen=True, slots=True)
class Seen:
    """What a command came to when it was first carried out; `answer` is canonical JSON."""

    position: int
    fingerprint: bytes | None
    answer: bytes | None


class StaleVersion(IntegrityError, Conflict):
    """Nothing was written: a stream moved on, or another writer held what we needed. Load again and decide again.

    `reason` is one of `version`, `hole`, `deadlock`, `lock_timeout`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the append was refused ({reason}); load the aggregates again and decide again")
        self.reason = reason


class CommandRepeated(IntegrityError, Repeated):
    """Nothing was written: a command of this id has been carried out; `seen` says what it came to."""

    def __init__(self, command_id: UUID, seen: Seen) -> None:
        super().__init__(f"command {command_id} has been carried out at position {seen.position}")
        self.command_id = command_id
        self.seen = seen


class LeaseLost(PersistenceError, LeaseGone):
    """Nothing was written: the job was finished, given up or taken by another worker. Stop quietly."""


class OutcomeUnknown(OperationalError):
    """The connection broke while an append was under way: it may or may not have been committed."""


_BY_CONSTRAINT: Final = {"event_stream": "version", "event_no_hole": "hole"}
_BY_STATE: Final = {"SF004": "hole", "40P01": "deadlock", "55P03": "lock_timeout"}
_BY_KIND: Final[tuple[tuple[type[psycopg.Error], type[PersistenceError]], ...]] = (
    (psycopg.OperationalError, OperationalError),
    (psycopg.DataError, DataError),
    (psycopg.IntegrityError, IntegrityError),
    (psycopg.InternalError, InternalError),
    (psycopg.ProgrammingError, ProgrammingError),
    (psycopg.NotSupportedError, NotSupportedError),
    (psycopg.DatabaseError, DatabaseError),
)


def refusal(error: psycopg.Error) -> PersistenceError:
    """The typed form of what the database said. A repeated command is the caller's to recognise first."""
    reason = _BY_CONSTRAINT.get(error.diag.constraint_name or "") or _BY_STATE.get(error.sqlstate or "")
    if reason:
        return StaleVersion(reason)
    if error.sqlstate == "SF001":
        return LeaseLost("the lease on this job is gone; nothing was written")
    kind = next((ours for theirs, ours in _BY_KIND if isinstance(error, theirs)), PersistenceError)
    return kind(f"the append failed: {error.diag.message_primary or 'no message'} (SQLSTATE {error.sqlstate})")


def is_repeat(error: psycopg.Error) -> bool:
    """Whether the database refused a command id that it has seen."""
    return error.diag.constraint_name == "command_seen_once"
