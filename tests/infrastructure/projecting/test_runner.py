import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infrastructure.projecting import applying, has_reached, lag, verify
from infrastructure.projecting.log import last_final
from infrastructure.projecting.positions import advance, built, is_owned, position_of
from infrastructure.projecting.runner import Runner
from tests.support.ledger import ACCOUNTS, BOTH, AccountsProjection, Ledger, decode, history, table_rows
from tests.support.postgres import TestDatabase
from tests.support.projecting import Happening, event_of, happenings, running, until

ROOT = Path(__file__).parents[3]
NAMES = ["accounts", "owners"]


def runner(database: TestDatabase, **options: Any) -> Runner:
    return Runner(database.projector_url, BOTH, decode, **options)


def kill(admin: psycopg.Connection[Any], application: str) -> int:
    killed = admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s "
        "AND datname = current_database()",
        (application,),
    )
    return len(killed.fetchall())


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=happenings, batch=st.integers(1, 12))
def test_rows_kept_up_in_batches_are_what_a_replay_makes(
    told: list[Happening], batch: int, ledger: Ledger, database: TestDatabase
) -> None:
    for happening in told:
        ledger.append(event_of(ledger, happening))
    runner(database, batch=batch).drain()
    for projection in BOTH:
        outcome = verify(database.projector_url, projection, decode)
        assert (outcome.found, outcome.parked) == ((), 0)


def test_what_is_appended_becomes_visible(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    with running(runner(database)):
        for n in range(5):
            at = ledger.append(ledger.opened(n))
            assert until(lambda at=at: has_reached(projector, at, NAMES))  # type: ignore[misc]
            assert len(table_rows(projector, ACCOUNTS)) == n + 1
    assert [(one.events, one.seconds) for one in lag(projector)] == [(0, 0), (0, 0)]


def test_lag_grows_while_nobody_reads(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    runner(database).drain()
    ledger.append_each([ledger.opened(1), ledger.opened(2)])
    first = lag(projector)
    assert [one.events for one in first] == [2, 2]
    assert until(lambda: lag(projector)[0].seconds > first[0].seconds > 0)
    runner(database).drain()
    assert [(one.events, one.seconds) for one in lag(projector)] == [(0, 0), (0, 0)]


def test_one_of_two_runners_owns_and_the_other_takes_over(
    ledger: Ledger, projector: psycopg.Connection[Any], admin: psycopg.Connection[Any], database: TestDatabase
) -> None:
    with running(runner(database, poll_s=0.05), runner(database, poll_s=0.05)) as stops:
        for round_ in range(4):
            for events in history(ledger, 5, 50):
                ledger.append(*events)
            assert until(lambda: is_owned(projector, NAMES) == set(NAMES))
            if round_ == 2:
                assert kill(admin, "sfdify projector") == 2
        stops[0].set()
        at = ledger.append(ledger.deposited(1, 1))
        assert until(lambda: has_reached(projector, at, NAMES))
    assert verify(database.projector_url, BOTH[0], decode).ok
    assert verify(database.projector_url, BOTH[1], decode).ok


def test_when_the_doorbell_is_dead_the_poll_goes_on(
    ledger: Ledger, projector: psycopg.Connection[Any], admin: psycopg.Connection[Any], database: TestDatabase
) -> None:
    with running(runner(database, poll_s=0.05)):
        first = ledger.append(ledger.opened(1))
        assert until(lambda: has_reached(projector, first, NAMES))
        assert until(lambda: kill(admin, "sfdify projector listening") == 1)
        second = ledger.append(ledger.deposited(1, 1))
        assert until(lambda: has_reached(projector, second, NAMES))


def test_a_process_that_slept_inside_a_transaction_goes_on(
    ledger: Ledger,
    projector: psycopg.Connection[Any],
    admin: psycopg.Connection[Any],
    database: TestDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As after a laptop's lid was closed: the server has ended the session of whoever did not answer."""
    ours, patience = f"ALTER ROLE sfdify_projector IN DATABASE {database.name}", "idle_in_transaction_session_timeout"
    admin.execute(f"{ours} SET {patience} = 100")
    sleeps = [0.6]

    def slow(conn: psycopg.Connection[Any], names: Any, epochs: Any, old: int, new: int) -> bool:
        time.sleep(sleeps.pop() if sleeps else 0)
        return advance(conn, names, epochs, old, new)

    monkeypatch.setattr(applying, "advance", slow)
    with running(runner(database, poll_s=0.05)):
        at = ledger.append(ledger.opened(1))
        assert until(lambda: not sleeps)
        admin.execute(f"{ours} RESET {patience}")
        assert until(lambda: has_reached(projector, at, NAMES))
    assert len(table_rows(projector, ACCOUNTS)) == 1


CHILD = """
import sys
from infrastructure.projecting import Runner
from tests.support.ledger import BOTH, decode
print("ready", flush=True)
Runner(sys.argv[1], BOTH, decode, batch=7).drain()
"""


def test_a_runner_killed_in_mid_batch_neither_loses_nor_doubles(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    for events in history(ledger, 50, 3000):
        ledger.append(*events)
    seen = -1
    for _ in range(3):
        command = [sys.executable, "-c", CHILD, database.projector_url]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        assert until(lambda seen=seen: has_passed(projector, seen))  # type: ignore[misc]
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        seen = position_of(projector, "accounts")
    assert 0 < seen < last_final(projector)
    assert until(lambda: is_owned(projector, NAMES) == set())
    runner(database).drain()
    assert verify(database.projector_url, BOTH[0], decode).ok
    assert verify(database.projector_url, BOTH[1], decode).ok


def has_passed(conn: psycopg.Connection[Any], position: int) -> bool:
    return "accounts" in built(conn) and position_of(conn, "accounts") > position


class Renewed(AccountsProjection):
    name = "accounts"
    version = 2


def test_rows_of_another_version_are_not_written(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    ledger.append(ledger.opened(1))
    runner(database).drain()
    before = position_of(projector, "accounts")
    ledger.append(ledger.deposited(1, 5))
    assert Runner(database.projector_url, [Renewed()], decode).drain() == 0
    assert position_of(projector, "accounts") == before


def test_a_log_that_stands_still_is_reported(ledger: Ledger, database: TestDatabase) -> None:
    with psycopg.connect(database.admin_url) as older:
        older.execute("SELECT pg_current_xact_id()")
        ledger.append(ledger.opened(1))
        with pytest.raises(TimeoutError, match="end of the log"):
            runner(database).drain(timeout_s=0.2)
    assert runner(database).drain() == 1
