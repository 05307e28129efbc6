from typing import Any
from uuid import UUID

import psycopg
import pytest

from infrastructure.projecting import Difference, Runner, Stale, verify
from infrastructure.projecting.positions import built, position_of
from tests.support.ledger import BOTH, TENANT, AccountsProjection, Ledger, account, decode, owner
from tests.support.postgres import TestDatabase
from tests.support.projecting import running, until


@pytest.fixture
def live(ledger: Ledger, database: TestDatabase) -> Ledger:
    ledger.append_each([ledger.opened(n, n) for n in range(3)])
    ledger.append_each([ledger.deposited(n, 10, n) for n in range(3)])
    Runner(database.projector_url, BOTH, decode).drain()
    return ledger


def key(row: UUID) -> tuple[str, str]:
    return str(TENANT), str(row)


def test_true_rows_are_found_true_and_nothing_is_left_behind(
    live: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    outcome = verify(database.projector_url, BOTH[1], decode)
    assert outcome.ok
    assert (outcome.rows, outcome.events, outcome.parked, outcome.found) == (6, 6, 0, ())
    assert outcome.position == position_of(projector, "owners")
    assert set(built(projector)) == {"accounts", "owners"}
    assert projector.execute("SELECT count(*) FROM pg_class WHERE relname LIKE '%verify%'").fetchone() == (0,)
    assert projector.execute("SELECT count(*) FROM es.position").fetchone() == (2,)


def test_changed_lost_and_invented_rows_are_found_by_key(
    live: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    projector.execute("UPDATE rm.accounts SET balance_cents = 11, words = 'x' WHERE account_id = %s", (account(0),))
    projector.execute("DELETE FROM rm.accounts WHERE account_id = %s", (account(1),))
    projector.execute("INSERT INTO rm.accounts (tenant_id, account_id) VALUES (%s, %s)", (TENANT, owner(9)))
    outcome = verify(database.projector_url, BOTH[0], decode)
    assert not outcome.ok
    assert outcome.differences == 3
    assert set(outcome.found) == {
        Difference("accounts", key(account(0)), "different", ("balance_cents", "words")),
        Difference("accounts", key(account(1)), "missing"),
        Difference("accounts", key(owner(9)), "unexpected"),
    }
    assert len(verify(database.projector_url, BOTH[0], decode, show=1).found) == 1
    assert verify(database.projector_url, BOTH[1], decode).ok


def test_rows_behind_the_log_are_compared_where_they_stand(
    live: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    live.append(live.deposited(1, 5, 1))
    outcome = verify(database.projector_url, BOTH[0], decode)
    assert (outcome.ok, outcome.events) == (True, 6)


def test_live_rows_move_on_while_they_are_verified(
    live: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    with running(Runner(database.projector_url, BOTH, decode)):
        for n in range(60):
            live.append(live.deposited(n % 3, 1, n % 3))
            if n % 10 == 0:
                assert verify(database.projector_url, BOTH[n // 10 % 2], decode).ok
        at = live.append(live.deposited(0, 1))
        assert until(lambda: position_of(projector, "accounts") >= at)


def test_rows_of_another_version_are_not_compared(live: Ledger, database: TestDatabase) -> None:
    class Renewed(AccountsProjection):
        name = "accounts"
        version = 2

    with pytest.raises(Stale, match="rebuild accounts"):
        verify(database.projector_url, Renewed(), decode)
