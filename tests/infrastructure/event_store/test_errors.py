"""Refusals of the database become the refusals the bus and the library know."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import DataError, IntegrityError, OperationalError, PersistenceError, ProgrammingError
from psycopg import errors

from application.kernel import Conflict, LeaseGone, Repeated
from infrastructure.event_store.errors import CommandRepeated, LeaseLost, Seen, StaleVersion, refusal


@pytest.mark.parametrize(
    ("state", "reason"),
    [(errors.DeadlockDetected, "deadlock"), (errors.LockNotAvailable, "lock_timeout")],
)
def test_what_may_be_tried_again_is_a_conflict(state: type[psycopg.Error], reason: str) -> None:
    found = refusal(state())
    assert isinstance(found, StaleVersion)
    assert isinstance(found, Conflict)
    assert isinstance(found, IntegrityError)
    assert found.reason == reason


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (errors.UniqueViolation, IntegrityError),
        (errors.QueryCanceled, OperationalError),
        (errors.InsufficientPrivilege, ProgrammingError),
        (errors.InvalidTextRepresentation, DataError),
        (psycopg.Error, PersistenceError),
    ],
)
def test_everything_else_is_the_librarys_error(theirs: type[psycopg.Error], ours: type[PersistenceError]) -> None:
    found = refusal(theirs())
    assert type(found) is ours
    assert not isinstance(found, Conflict)


def test_each_refusal_signals_the_bus() -> None:
    repeated = CommandRepeated(uuid4(), Seen(7, b"f", b"{}"))
    assert isinstance(repeated, Repeated)
    assert "position 7" in str(repeated)
    assert issubclass(LeaseLost, LeaseGone)
