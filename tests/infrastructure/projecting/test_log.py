from typing import Any

import psycopg

from domain.kernel import Event
from infrastructure.projecting.log import LogRow, has_unsettled, last_final, read
from tests.support.ledger import Account, Ledger, decode
from tests.support.postgres import TestDatabase


def test_events_are_read_in_order_and_decoded_once(ledger: Ledger, projector: psycopg.Connection[Any]) -> None:
    ledger.append_each([ledger.opened(1), ledger.deposited(1, 5), ledger.deposited(1, 6)])
    calls: list[int] = []

    def counting(row: LogRow) -> Event:
        calls.append(row.position)
        return decode(row)

    batch = read(projector, 0, 10)
    assert [row.originator_version for row in batch.rows] == [1, 2, 3]
    assert [row.position for row in read(projector, 0, 2).rows] == [row.position for row in batch.rows[:2]]
    first, second = batch.halves()
    for part in (batch, first, second, batch.after(batch.rows[0].position)):
        for row in part.rows:
            found = part.recorded(row, counting)
            assert found is not None
            assert found.metadata == {"actor": "test"}
    assert calls == [row.position for row in batch.rows]
    assert isinstance(batch.recorded(batch.rows[0], decode).event, Account.Opened)  # type: ignore[union-attr]
    assert len(batch.after(batch.last).rows) == 0


def test_nothing_is_read_while_an_older_transaction_may_still_write(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    ledger.append(ledger.opened(1))
    seen = last_final(projector)
    with psycopg.connect(database.admin_url) as older:
        older.execute("SELECT pg_current_xact_id()")
        ledger.append(ledger.opened(2))
        assert read(projector, seen, 10).rows == []
        assert last_final(projector) == seen
        assert has_unsettled(projector, seen)
    assert len(read(projector, seen, 10).rows) == 1
    assert not has_unsettled(projector, last_final(projector))


def test_a_read_stops_where_it_is_told(ledger: Ledger, projector: psycopg.Connection[Any]) -> None:
    ledger.append_each([ledger.opened(n) for n in range(4)])
    positions = [row.position for row in read(projector, 0, 10).rows]
    assert [row.position for row in read(projector, positions[0], 10, positions[2]).rows] == positions[1:3]
