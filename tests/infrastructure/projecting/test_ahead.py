from typing import Any

import psycopg
import pytest

from domain.kernel import Event
from infrastructure.projecting.ahead import ReadAhead
from infrastructure.projecting.log import END, LogRow, read
from tests.support.ledger import Account, Ledger, decode
from tests.support.postgres import TestDatabase


def test_batches_read_ahead_are_those_of_the_log(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    ledger.append_each([ledger.opened(n) for n in range(7)])
    whole = [row.position for row in read(projector, 0, 100).rows]
    with ReadAhead(database.projector_url, lambda topic: True, decode) as ahead:
        first = ahead.read(0, 3, END)
        second = ahead.read(first.last, 3, END)
        assert [row.position for row in (*first.rows, *second.rows)] == whole[:6]
        assert [row.position for row in ahead.read(0, 2, END).rows] == whole[:2]
        assert [row.position for row in ahead.read(whole[4], 3, END).rows] == whole[5:]
        assert ahead.read(whole[-1], 3, END).rows == []
        at = ledger.append(ledger.opened(8))
        assert [row.position for row in ahead.read(whole[-1], 3, END).rows] == [at]


def test_an_event_that_cannot_be_decoded_early_fails_where_it_is_asked_for(
    ledger: Ledger, database: TestDatabase
) -> None:
    def failing(row: LogRow) -> Event:
        if row.topic == Account.Audited.TOPIC:
            raise KeyError("unreadable")
        return decode(row)

    ledger.append_each([ledger.opened(1), ledger.event(Account.Audited, 1)])
    with ReadAhead(database.projector_url, lambda topic: True, failing) as ahead:
        batch = ahead.read(0, 10, END)
    assert batch.recorded(batch.rows[0], failing) is not None
    with pytest.raises(KeyError, match="unreadable"):
        batch.recorded(batch.rows[1], failing)
