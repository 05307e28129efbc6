from typing import Any

import psycopg
import pytest

from infrastructure.projecting import Runner, verify
from infrastructure.projecting.parked import replay_parked
from infrastructure.projecting.positions import built, place_of, position_of
from tests.support.ledger import ACCOUNTS, BOTH, Account, Ledger, Repairs, account, decode, table_rows
from tests.support.postgres import TestDatabase
from tests.support.projecting import running, until


@pytest.fixture
def cursed(ledger: Ledger) -> Ledger:
    ledger.append_each([ledger.opened(1), ledger.opened(2)])
    ledger.append_each([ledger.event(Account.Cursed, n, words="w") for n in (1, 2)])
    ledger.append_each([ledger.deposited(1, 5), ledger.deposited(1, 6), ledger.event(Account.Audited, 2)])
    return ledger


def test_what_still_cannot_be_read_stays_parked(
    cursed: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    Runner(database.projector_url, BOTH, decode).drain()
    outcome = replay_parked(database.projector_url, BOTH[0], decode)
    assert (outcome.applied, outcome.left) == (0, 5)
    attempts = projector.execute("SELECT attempts FROM es.parked ORDER BY notification_id").fetchall()
    assert [n for (n,) in attempts] == [4, 4, 1, 1, 1]
    assert not verify(database.projector_url, BOTH[0], decode).ok


def test_a_running_projector_goes_on_with_the_streams_that_came_back(
    cursed: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    with running(Runner(database.projector_url, BOTH, decode)):
        at = cursed.append(cursed.deposited(1, 7))
        assert until(lambda: "accounts" in built(projector) and position_of(projector, "accounts") >= at)
        Repairs.done = True
        outcome = replay_parked(database.projector_url, BOTH[0], decode)
        assert (outcome.applied, outcome.left) == (6, 0)
        assert place_of(projector, "accounts").parked == frozenset()
        at = cursed.append(cursed.deposited(1, 8))
        assert until(lambda: position_of(projector, "accounts") >= at)
    rows = {row[1]: dict(zip(ACCOUNTS.types, row, strict=True)) for row in table_rows(projector, ACCOUNTS)}
    assert (rows[account(1)]["balance_cents"], rows[account(1)]["version"]) == (26, 6)
    assert (rows[account(2)]["words"], rows[account(2)]["version"]) == ("w", 3)
    assert verify(database.projector_url, BOTH[0], decode).ok
