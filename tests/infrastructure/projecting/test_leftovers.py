from typing import Any

import psycopg
import pytest

from infrastructure.projecting import has_reached, leftovers
from infrastructure.projecting.leftovers import Leftovers
from infrastructure.projecting.positions import SCRATCH, SHADOW, built, connect, maintenance
from infrastructure.projecting.runner import Runner
from infrastructure.projecting.tables import make, register
from tests.support.ledger import BOTH, TENANT, Ledger, decode, owner
from tests.support.postgres import TestDatabase
from tests.support.projecting import running, until

_SUBJECT = (TENANT, owner(1))


def left(conn: psycopg.Connection[Any], suffix: str) -> str:
    """What a killed run on the accounts leaves: its tables and its place in the log."""
    with conn.transaction():
        make(conn, BOTH[0], suffix, indexed=False)
        register(conn, BOTH[0], f"accounts{suffix}")
    return f"accounts{suffix}"


def tables(conn: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in conn.execute("SELECT tablename::text FROM pg_tables WHERE schemaname = 'rm'")}


def erase(admin: psycopg.Connection[Any]) -> None:
    admin.execute(
        "INSERT INTO es.subject_key (tenant_id, subject_id, kek_id, destroyed_at) "
        "VALUES (%s, %s, 'v1', clock_timestamp())",
        _SUBJECT,
    )


@pytest.fixture
def level(ledger: Ledger, database: TestDatabase) -> Ledger:
    ledger.append(ledger.opened(1))
    Runner(database.projector_url, BOTH, decode).drain()
    return ledger


def test_a_dead_verifications_rows_are_dropped(
    level: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    name = left(projector, SCRATCH)
    with connect(database.projector_url, "verify") as other, maintenance(other, "accounts"):
        assert Leftovers().clear(projector) == []
        assert "accounts__verify" in tables(projector)
    assert Leftovers().clear(projector) == [name]
    assert tables(projector) == {"accounts", "owners", "entries"}
    assert set(built(projector)) == {"accounts", "owners"}


def test_an_unfinished_rebuild_stays_until_somebody_is_erased(
    level: Ledger, projector: psycopg.Connection[Any], admin: psycopg.Connection[Any]
) -> None:
    erase(admin)
    name = left(projector, SHADOW)
    assert Leftovers().clear(projector) == []
    admin.execute("UPDATE es.subject_key SET destroyed_at = clock_timestamp()")
    assert Leftovers().clear(projector) == [name]
    assert tables(projector) == {"accounts", "owners", "entries"}


def test_a_table_in_use_is_left_for_the_next_look(
    level: Ledger, projector: psycopg.Connection[Any], admin: psycopg.Connection[Any]
) -> None:
    name = left(projector, SCRATCH)
    with admin.transaction():
        admin.execute("SELECT FROM rm.accounts__verify")
        assert Leftovers().clear(projector) == []
    assert Leftovers().clear(projector) == [name]


def test_a_running_projector_sees_to_it(
    level: Ledger,
    projector: psycopg.Connection[Any],
    admin: psycopg.Connection[Any],
    database: TestDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leftovers, "LOOK_EVERY_S", 0.05)
    left(projector, SHADOW)
    with running(Runner(database.projector_url, BOTH, decode, poll_s=0.05)):
        at = level.append(level.opened(2))
        assert until(lambda: has_reached(projector, at, ["accounts", "owners"]))
        assert "accounts__next" in tables(projector)
        erase(admin)
        assert until(lambda: "accounts__next" not in tables(projector))
