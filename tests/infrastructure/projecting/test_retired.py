from typing import Any

import psycopg
import pytest

from infrastructure.projecting import Busy, NotRetired, Runner, drop_retired, retired
from infrastructure.projecting.positions import SCRATCH, SHADOW, built, connect, maintenance, take_ownership
from infrastructure.projecting.tables import make, register
from tests.support.ledger import BOTH, Account, Ledger, decode
from tests.support.postgres import TestDatabase

ACCOUNTS, OWNERS = BOTH


@pytest.fixture
def level(ledger: Ledger, database: TestDatabase) -> Ledger:
    ledger.append(ledger.opened(1))
    Runner(database.projector_url, BOTH, decode).drain()
    return ledger


def tables(conn: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in conn.execute("SELECT tablename::text FROM pg_tables WHERE schemaname = 'rm'")}


def places(conn: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in conn.execute("SELECT name FROM es.position UNION SELECT name FROM es.parked")}


def test_a_projection_that_was_removed_is_told_with_how_far_it_fell_behind(
    level: Ledger, projector: psycopg.Connection[Any]
) -> None:
    level.append(level.opened(2))
    assert retired(projector, BOTH) == []
    (left,) = retired(projector, [OWNERS])
    assert (left.name, left.state, left.version, left.built_version) == ("accounts", "not of this release", None, 1)
    assert left.lag is not None
    assert left.lag.events == 1
    assert not left.is_usable


def test_it_goes_with_its_copies_its_place_and_its_parked_events(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    ledger.append_each([ledger.opened(1), ledger.event(Account.Cursed, 1, words="w"), ledger.deposited(1, 5)])
    Runner(database.projector_url, BOTH, decode).drain()
    owners = {table.name for table in OWNERS.tables}
    for copy in (SHADOW, SCRATCH):
        make(projector, ACCOUNTS, copy)
        register(projector, ACCOUNTS, f"accounts{copy}")
    done = drop_retired(projector, "accounts", [OWNERS])
    assert (done.name, done.parked) == ("accounts", 2)
    assert set(done.tables) == {t.name + copy for t in ACCOUNTS.tables for copy in ("", SHADOW, SCRATCH)}
    assert tables(projector) == owners
    assert places(projector) == set(built(projector)) == {"owners"}
    assert retired(projector, [OWNERS]) == []


def test_a_table_that_went_to_another_projection_stays(level: Ledger, projector: psycopg.Connection[Any]) -> None:
    everything = tables(projector)
    projector.execute("INSERT INTO es.projection (name, version, shape, tables) VALUES ('old', 1, 'x', '{accounts}')")
    projector.execute("INSERT INTO es.position (name) VALUES ('old')")
    assert drop_retired(projector, "old", BOTH).tables == ()
    assert tables(projector) == everything
    assert set(built(projector)) == {"accounts", "owners"}


def test_what_this_release_has_and_what_is_not_there_are_refused(
    level: Ledger, projector: psycopg.Connection[Any]
) -> None:
    everything = tables(projector)
    for name, why in (("accounts", "is of this release"), ("nosuch", "holds no projection")):
        with pytest.raises(NotRetired, match=why):
            drop_retired(projector, name, BOTH)
    assert tables(projector) == everything


def test_what_another_release_still_keeps_up_or_somebody_reads_stays(
    level: Ledger, projector: psycopg.Connection[Any], admin: psycopg.Connection[Any], database: TestDatabase
) -> None:
    everything = tables(projector)
    with connect(database.projector_url, "other") as other:
        assert take_ownership(other, ["accounts"]) == ["accounts"]
        with pytest.raises(Busy, match="another release"):
            drop_retired(projector, "accounts", [OWNERS])
    with connect(database.projector_url, "other") as other, maintenance(other, "accounts"), pytest.raises(Busy):
        drop_retired(projector, "accounts", [OWNERS])
    with admin.transaction():
        admin.execute("SELECT FROM rm.accounts")
        with pytest.raises(Busy, match="somebody reads"):
            drop_retired(projector, "accounts", [OWNERS])
    assert tables(projector) == everything
    assert set(drop_retired(projector, "accounts", [OWNERS]).tables) == {table.name for table in ACCOUNTS.tables}
