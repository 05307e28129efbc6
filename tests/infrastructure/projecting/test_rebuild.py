import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

from infrastructure.projecting import NotSwapped, Progress, Runner, rebuild, replay_parked, status, verify
from infrastructure.projecting.log import last_final, read
from infrastructure.projecting.positions import SHADOW, built, gate_shut, position_of
from infrastructure.projecting.tables import index, make, register
from projections.kernel import Change, Projection, Recorded, Table, on
from projections.reading import many, one
from tests.support.ledger import ACCOUNTS, BOTH, ENTRIES, TENANT, Account, Ledger, Repairs, decode, history, table_rows
from tests.support.postgres import TestDatabase
from tests.support.projecting import Happening, event_of, happenings, running, until

ROOT = Path(__file__).parents[3]
rebuilding = import_module("infrastructure.projecting.rebuild")
"""The module, whose name in the package is the function's."""


def caught_up(database: TestDatabase) -> None:
    Runner(database.projector_url, BOTH, decode).drain()


def catalogue(conn: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return conn.execute(
        "SELECT c.relname, c.relkind::text, c.relrowsecurity, c.relforcerowsecurity, c.relacl::text, "
        "(SELECT array_agg(polname::text ORDER BY polname) FROM pg_policy WHERE polrelid = c.oid) "
        "FROM pg_class c WHERE relnamespace = 'rm'::regnamespace AND relkind IN ('r', 'i') ORDER BY 1"
    ).fetchall()


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=happenings)
def test_rebuilt_rows_are_the_incremental_ones(
    told: list[Happening], ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    for happening in told:
        ledger.append(event_of(ledger, happening))
    caught_up(database)
    before = [table_rows(projector, table) for projection in BOTH for table in projection.tables]
    for projection in BOTH:
        rebuild(database.projector_url, projection, decode, batch=7)
    assert [table_rows(projector, table) for projection in BOTH for table in projection.tables] == before


def test_tables_keep_their_guards_and_indexes(
    ledger: Ledger, projector: psycopg.Connection[Any], admin: psycopg.Connection[Any], database: TestDatabase
) -> None:
    ledger.append(ledger.opened(1))
    caught_up(database)
    before = catalogue(admin)
    told: list[Progress] = []
    outcome = rebuild(database.projector_url, BOTH[0], decode, report=told.append)
    assert catalogue(admin) == before
    assert (outcome.name, outcome.events, outcome.parked) == ("accounts", 1, 0)
    assert [(p.done, p.total, p.seconds_left) for p in told] == [(1, 1, 0)]
    assert set(built(projector)) == {"accounts", "owners"}
    assert position_of(projector, "accounts") == last_final(projector)


def test_a_log_that_takes_long_to_count_is_counted(
    ledger: Ledger, projector: psycopg.Connection[Any], admin: psycopg.Connection[Any]
) -> None:
    ledger.append(ledger.opened(1))
    admin.execute(
        "CREATE OR REPLACE FUNCTION es.horizon() RETURNS bigint LANGUAGE sql STABLE AS"
        " $$ SELECT 9223372036854775807 FROM pg_sleep(0.3) $$"
    )
    projector.execute("SET statement_timeout = '100ms'")
    told: list[Progress] = []
    rebuilding.meter(projector, "accounts", 0, told.append)(1)
    assert [(p.done, p.total) for p in told] == [(1, 1)]
    assert projector.execute("SHOW statement_timeout").fetchone() == ("30s",)


def test_readers_and_writers_go_on_during_a_rebuild_and_the_horizon_moves(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    for events in history(ledger, 40, 6000):
        ledger.append(*events)
    caught_up(database)
    done, errors, horizons, reads = Flag(), list[Exception](), set[int](), list[int]()

    def read_rows() -> None:
        query = "SELECT count(*) AS n, count(status) AS s FROM rm.accounts a WHERE a.owner_id IS NOT NULL"
        with psycopg.connect(database.app_url, autocommit=True) as conn:
            while not done.is_set():
                try:
                    found = one(conn, TENANT, query)
                    assert found is not None
                    reads.append(found["n"])
                    assert len(many(conn, TENANT, "SELECT * FROM rm.accounts WHERE owner_name = %s", ("Owner 1",))) == 6
                except (psycopg.Error, AssertionError) as error:
                    errors.append(error)
                    return

    def append() -> None:
        with psycopg.connect(database.projector_url, autocommit=True) as conn:
            while not done.is_set():
                ledger.append(ledger.deposited(3, 1, 3))
                horizons.add(conn.execute("SELECT es.horizon()").fetchone()[0])  # type: ignore[index]

    threads = [Thread(target=read_rows), Thread(target=read_rows), Thread(target=append)]
    with running(Runner(database.projector_url, BOTH, decode)):
        for thread in threads:
            thread.start()
        try:
            assert until(lambda: len(reads) > 10)
            before = len(horizons)
            outcome = rebuild(database.projector_url, BOTH[0], decode)
            during = len(horizons) - before
            again = rebuild(database.projector_url, BOTH[1], decode)
        finally:
            done.set()
            for thread in threads:
                thread.join(20)
        assert until(lambda: position_of(projector, "accounts") == last_final(projector))
    assert errors == []
    assert set(reads) == {40}
    assert outcome.events >= 6040
    assert again.events >= 6040
    assert during > 5
    assert verify(database.projector_url, BOTH[0], decode).ok
    assert verify(database.projector_url, BOTH[1], decode).ok


CHILD = """
import sys
from infrastructure.projecting import rebuild
from tests.support.ledger import BOTH, decode
rebuild(sys.argv[1], BOTH[0], decode, batch=20, report=lambda p: print(p.done, flush=True))
"""


def test_a_killed_rebuild_is_resumed(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    for events in history(ledger, 20, 3000):
        ledger.append(*events)
    caught_up(database)
    before = table_rows(projector, ACCOUNTS)
    command = [sys.executable, "-c", CHILD, database.projector_url]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert child.stdout is not None
    for _ in range(5):
        child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert 0 < position_of(projector, "accounts__next") < last_final(projector)
    assert [one.rebuilding for one in status(projector, BOTH)] == [True, False]
    assert table_rows(projector, ACCOUNTS) == before
    assert until(lambda: len(projector.execute("SELECT FROM pg_locks WHERE classid = 7303").fetchall()) == 0)
    told: list[Progress] = []
    outcome = rebuild(database.projector_url, BOTH[0], decode, report=told.append)
    assert outcome.events < 3020
    assert (told[-1].done, told[-1].total) == (3020, 3020)
    assert table_rows(projector, ACCOUNTS) == before
    assert rebuild(database.projector_url, BOTH[0], decode, restart=True).events == 3020


def test_live_rows_do_not_stand_still_for_what_came_while_indexes_were_made(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.append(ledger.opened(1))
    caught_up(database)
    left: list[int] = []

    def long_index(conn: psycopg.Connection[Any], projection: Projection, suffix: str) -> None:
        index(conn, projection, suffix)
        ledger.append_each([ledger.deposited(1, 1) for _ in range(5)])
        at = ledger.append(ledger.deposited(1, 1))
        assert until(lambda: last_final(projector) == at)

    @contextmanager
    def watched(conn: psycopg.Connection[Any], name: str) -> Iterator[None]:
        with gate_shut(conn, name):
            left.append(len(read(projector, position_of(projector, name + SHADOW), 10).rows))
            yield

    monkeypatch.setattr(rebuilding, "index", long_index)
    monkeypatch.setattr(rebuilding, "gate_shut", watched)
    rebuild(database.projector_url, BOTH[0], decode)
    assert left == [0]
    assert position_of(projector, "accounts") == last_final(projector)


RENEWED = Table("account_names", key={"account_id": "uuid"}, columns={"called": "text"}, aggregate=Account)


class Renewed(Projection):
    name = "accounts"
    version = 2
    tables = (RENEWED,)

    @on(Account.Opened)
    def opened(self, r: Recorded[Account.Opened]) -> Iterator[Change]:
        yield RENEWED.put(r.event.originator_id, called=r.event.owner_name)


def test_a_new_version_is_stale_until_it_is_rebuilt_and_ends_the_old_one(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    ledger.append_each([ledger.opened(1), ledger.opened(2)])
    with running(Runner(database.projector_url, BOTH, decode)):
        assert until(lambda: "accounts" in built(projector))
        assert until(lambda: len(table_rows(projector, ACCOUNTS)) == 2)
        assert [one.state for one in status(projector, [Renewed()])] == ["stale"]
        rebuild(database.projector_url, Renewed(), decode)
        ledger.append(ledger.opened(3))
        assert until(lambda: position_of(projector, "owners") == last_final(projector))
        assert until(lambda: [one.state for one in status(projector, BOTH)] == ["stale", "live"])
    Runner(database.projector_url, [Renewed()], decode).drain()
    assert len(table_rows(projector, RENEWED)) == 3
    assert projector.execute("SELECT to_regclass('rm.accounts')").fetchone() == (None,)


def test_a_new_version_drops_what_a_killed_rebuild_of_the_old_one_left(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    ledger.append(ledger.opened(1))
    caught_up(database)
    with projector.transaction():
        make(projector, BOTH[0], SHADOW)
        register(projector, BOTH[0], f"accounts{SHADOW}")
    rebuild(database.projector_url, Renewed(), decode)
    found = projector.execute("SELECT tablename::text FROM pg_tables WHERE schemaname = 'rm' ORDER BY 1").fetchall()
    assert [name for (name,) in found] == ["account_names", "entries", "owners"]


def test_rows_that_lack_a_stream_are_not_put_in_use(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    ledger.append_each([ledger.opened(1), ledger.event(Account.Cursed, 1, words="x"), ledger.deposited(1, 5)])
    caught_up(database)
    with pytest.raises(NotSwapped, match="1 streams of accounts"):
        rebuild(database.projector_url, BOTH[0], decode)
    assert rebuild(database.projector_url, BOTH[0], decode, accept_parked=True).parked == 1
    waiting = projector.execute("SELECT DISTINCT name, originator_version FROM es.parked ORDER BY 2").fetchall()
    assert waiting == [("accounts", 2), ("accounts", 3)]
    Repairs.done = True
    assert replay_parked(database.projector_url, BOTH[0], decode).applied == 2
    assert rebuild(database.projector_url, BOTH[0], decode).parked == 0
    assert verify(database.projector_url, BOTH[0], decode).ok
    assert len(table_rows(projector, ENTRIES)) == 1
