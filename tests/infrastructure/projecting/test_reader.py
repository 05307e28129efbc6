import time
from typing import Any

import psycopg
import pytest

from domain.kernel import Event
from infrastructure.projecting import LogRow, lag, verify
from infrastructure.projecting.ahead import ReadAhead
from infrastructure.projecting.log import Batch, last_final, read
from infrastructure.projecting.positions import connect, gate_shut, place_of, position_of
from infrastructure.projecting.reader import Reader, Stuck
from infrastructure.projecting.tables import ensure
from infrastructure.vault import VaultRefused
from tests.support.ledger import ACCOUNTS, BOTH, TENANT, Account, Ledger, account, decode, table_rows
from tests.support.postgres import TestDatabase


def reading(conn: psycopg.Connection[Any], batch: int = 500) -> Reader:
    ensure(conn, BOTH)
    reader = Reader(conn, BOTH, decode, batch, ())
    reader.adopt()
    return reader


def balances(conn: psycopg.Connection[Any]) -> dict[Any, int]:
    return {row[1]: row[5] for row in table_rows(conn, ACCOUNTS)}


def parked(conn: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return conn.execute(
        "SELECT name, originator_id, originator_version, attempts, split_part(error, ' at ', 1) "
        "FROM es.parked ORDER BY name, notification_id"
    ).fetchall()


def test_an_event_no_handler_can_read_is_parked_with_the_rest_of_its_stream(
    ledger: Ledger, projector: psycopg.Connection[Any]
) -> None:
    ledger.append_each([ledger.opened(1), ledger.opened(2), ledger.deposited(1, 5)])
    ledger.append(ledger.event(Account.Cursed, 1, words="123-45-6789"), ledger.deposited(1, 7))
    ledger.append_each([ledger.deposited(2, 9), ledger.deposited(1, 11)])
    reader = reading(projector)
    reader.catch_up()
    assert balances(projector) == {account(1): 5, account(2): 9}
    assert parked(projector) == [
        ("accounts", account(1), 3, 3, "KeyError"),
        ("accounts", account(1), 4, 1, "behind a parked event of its stream"),
        ("accounts", account(1), 5, 1, "behind a parked event of its stream"),
    ]
    assert position_of(projector, "accounts") == position_of(projector, "owners") == last_final(projector)
    ledger.append(ledger.deposited(1, 13), ledger.deposited(2, 1))
    reader.catch_up()
    assert balances(projector) == {account(1): 5, account(2): 10}
    assert [row[2] for row in parked(projector)] == [3, 4, 5, 6]
    assert "123-45-6789" not in str(projector.execute("SELECT * FROM es.parked").fetchall())


def test_an_event_the_database_refuses_is_parked(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    ledger.append_each([ledger.opened(1), ledger.opened(2), ledger.deposited(1, 2**70), ledger.deposited(2, 3)])
    reading(projector).catch_up()
    assert balances(projector) == {account(1): 0, account(2): 3}
    assert [row[:3] for row in parked(projector)] == [("accounts", account(1), 3 - 1), ("owners", account(1), 2)]
    assert not verify(database.projector_url, BOTH[0], decode).ok
    assert {one.name: one.parked for one in lag(projector)} == {"accounts": 1, "owners": 1}


def test_a_projection_that_fails_for_another_reason_waits_alone(
    ledger: Ledger, projector: psycopg.Connection[Any]
) -> None:
    ledger.append_each([ledger.opened(1), ledger.deposited(1, 5)])
    reader = reading(projector)
    projector.execute("ALTER TABLE rm.entries RENAME TO elsewhere")
    while reader.step():
        pass
    assert balances(projector) == {account(1): 5}
    assert position_of(projector, "owners") == 0
    assert reader.is_resting()
    assert reader.is_behind()
    projector.execute("ALTER TABLE rm.elsewhere RENAME TO entries")
    reader.catch_up()
    assert position_of(projector, "owners") == last_final(projector)
    assert parked(projector) == []


@pytest.mark.parametrize("refusal", [ConnectionRefusedError, VaultRefused, psycopg.OperationalError])
def test_a_key_service_that_is_down_parks_nothing(
    ledger: Ledger, projector: psycopg.Connection[Any], refusal: type[Exception]
) -> None:
    ledger.append(ledger.opened(1))
    down = [True] * 9

    def unsealing(row: LogRow) -> Event:
        if down:
            down.pop()
            raise refusal
        return decode(row)

    ensure(projector, BOTH)
    reader = Reader(projector, BOTH, unsealing, 500, ())
    reader.adopt()
    reader.catch_up()
    assert not down
    assert balances(projector) == {account(1): 0}
    assert parked(projector) == []


def test_a_replay_that_cannot_go_on_says_so(ledger: Ledger, projector: psycopg.Connection[Any]) -> None:
    class AlwaysDown(Exception):
        pass

    def unsealing(row: LogRow) -> Event:
        raise AlwaysDown

    ledger.append(ledger.opened(1))
    ensure(projector, BOTH[:1])
    reader = Reader(projector, BOTH[:1], unsealing, 500, (AlwaysDown,), impatient=True)
    reader.adopt()
    with pytest.raises(Stuck, match="accounts"):
        reader.catch_up()
    assert place_of(projector, "accounts").position == 0


def test_a_projection_that_lags_joins_the_others(ledger: Ledger, projector: psycopg.Connection[Any]) -> None:
    ensure(projector, BOTH)
    ledger.append_each([ledger.opened(n) for n in range(10)])
    early = Reader(projector, BOTH[:1], decode, 500, ())
    early.adopt()
    early.catch_up()
    reader = reading(projector, batch=3)
    ledger.append_each([ledger.deposited(n, 1) for n in range(10)])
    reader.catch_up()
    assert position_of(projector, "owners") == last_final(projector)
    assert projector.execute("SELECT sum(deposits) FROM rm.owners").fetchone() == (10,)


def test_while_one_is_under_maintenance_the_other_goes_on(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    reader = reading(projector)
    ledger.append(ledger.opened(1))
    with connect(database.projector_url, "other") as other, gate_shut(other, "owners"):
        deadline = time.monotonic() + 10
        while position_of(projector, "accounts") < last_final(projector) and time.monotonic() < deadline:
            reader.step()
        assert (position_of(projector, "accounts"), position_of(projector, "owners")) == (last_final(projector), 0)
    reader.catch_up()
    assert position_of(projector, "owners") == position_of(projector, "accounts")


def test_a_rest_that_ends_while_another_is_read_for_is_not_taken_for_the_end(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    class Slow(ReadAhead):
        seconds = 0.0

        def read(self, after: int, limit: int, upto: int) -> Batch:
            time.sleep(self.seconds)
            return read(projector, after, limit, upto)

    ensure(projector, BOTH)
    ledger.append(ledger.opened(1))
    with Slow(database.projector_url, lambda topic: False, decode) as ahead:
        reader = Reader(projector, BOTH, decode, 500, (), ahead=ahead)
        reader.adopt()
        with connect(database.projector_url, "other") as other, gate_shut(other, "owners"):
            while position_of(projector, "accounts") < last_final(projector):
                reader.step()
            reader.step()
        ahead.seconds = 0.05
        reader.catch_up()
    assert position_of(projector, "owners") == position_of(projector, "accounts") == last_final(projector)


def test_the_position_goes_past_events_nobody_wants(ledger: Ledger, projector: psycopg.Connection[Any]) -> None:
    ensure(projector, BOTH)
    reader = Reader(projector, BOTH[1:], decode, 500, ())
    reader.adopt()
    ledger.append_each([ledger.event(Account.Audited, 1) for _ in range(3)])
    reader.catch_up()
    assert position_of(projector, "owners") == last_final(projector)
    assert lag(projector)[1].events == 0
    assert ledger.tenant_id == TENANT
