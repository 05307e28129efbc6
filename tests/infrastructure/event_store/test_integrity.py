"""Whatever is changed behind the log's back is found, by our verifier and by the one that knows nothing of us."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from domain.kernel import NotFound
from infrastructure.event_store import integrity, verify_log
from infrastructure.event_store.integrity import export, verify
from infrastructure.event_store.recorder import HorizonRecorder
from infrastructure.postgres import Connection
from tests.support.log import stream
from tests.support.postgres import TestDatabase

TENANT, OTHER, STREAM, TWIN = UUID(int=1), UUID(int=2), UUID(int=10), UUID(int=11)
MIDDLE = f"tenant_id = '{TENANT}' AND originator_id = '{STREAM}' AND originator_version = 3"


@pytest.fixture
def log(recorder: HorizonRecorder) -> None:
    """Two tenants with two streams each, every stream in two appends."""
    for tenant in (TENANT, OTHER):
        for stream_id in (STREAM, TWIN):
            events = stream(5, stream_id)
            recorder.insert_events(events[:2], tenant_id=tenant, metadata=b'{"actor":"a"}')
            recorder.insert_events(events[2:], tenant_id=tenant, metadata=b'{"actor":"b"}')


@pytest.fixture(params=["ours", "stand-alone"])
def check(
    request: pytest.FixtureRequest, projector: ConnectionPool[Connection], tmp_path: Path
) -> Callable[[], list[str]]:
    """Look at the whole log; returns the places of the bad rows as `tenant stream version`."""

    def ours() -> list[str]:
        with projector.connection() as conn:
            return [f"{bad.tenant_id.hex} {bad.originator_id.hex} version {bad.version}" for bad in verify(conn).bad]

    def stand_alone() -> list[str]:
        with projector.connection() as conn:
            export(conn, tmp_path / "log.jsonl")
        command = [sys.executable, "-I", verify_log.__file__, str(tmp_path / "log.jsonl")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
        bad = done.stdout.splitlines()[:-1]
        assert done.returncode == (1 if bad else 0), done.stderr
        return [line.partition(" at position")[0] for line in bad]

    return ours if request.param == "ours" else stand_alone


def tamper(database: TestDatabase, *statements: str) -> None:
    """Change the log as only a superuser can: with its triggers off."""
    with psycopg.connect(database.admin_url) as conn:
        conn.execute("SET session_replication_role = replica")
        for statement in statements:
            assert conn.execute(statement.encode()).rowcount == 1


def place(tenant: UUID = TENANT, stream_id: UUID = STREAM, version: int = 3) -> str:
    return f"{tenant.hex} {stream_id.hex} version {version}"


def test_an_untouched_log_is_good(log: None, check: Callable[[], list[str]]) -> None:
    assert check() == []


@pytest.mark.parametrize(
    "change",
    [
        "state = set_bit(state, 9, 1 - get_bit(state, 9))",
        "metadata = set_bit(metadata, 9, 1 - get_bit(metadata, 9))",
        "hash = set_bit(hash, 100, 1 - get_bit(hash, 100))",
        "topic = 'test.happened.v2'",
        "position = position + 4096",
        "recorded_at = recorded_at + interval '1 microsecond'",
    ],
)
def test_one_changed_bit_is_found(
    log: None, database: TestDatabase, check: Callable[[], list[str]], change: str
) -> None:
    tamper(database, f"UPDATE es.event SET {change} WHERE {MIDDLE}")
    assert place() in check()


def test_a_removed_event_is_found(log: None, database: TestDatabase, check: Callable[[], list[str]]) -> None:
    tamper(database, f"DELETE FROM es.event WHERE {MIDDLE}")
    assert check() == [place(version=4)]


def test_a_removed_event_is_found_when_the_rest_is_renumbered(
    log: None, database: TestDatabase, check: Callable[[], list[str]]
) -> None:
    later = f"tenant_id = '{TENANT}' AND originator_id = '{STREAM}' AND originator_version ="
    tamper(
        database,
        f"DELETE FROM es.event WHERE {MIDDLE}",
        f"UPDATE es.event SET originator_version = 3 WHERE {later} 4",
        f"UPDATE es.event SET originator_version = 4 WHERE {later} 5",
    )
    assert check()[0] == place(version=3)


def test_two_events_of_one_stream_changed_places(
    log: None, database: TestDatabase, check: Callable[[], list[str]]
) -> None:
    both = f"tenant_id = '{TENANT}' AND originator_id = '{STREAM}' AND originator_version ="
    tamper(
        database,
        f"UPDATE es.event SET originator_version = 99 WHERE {both} 3",
        f"UPDATE es.event SET originator_version = 3 WHERE {both} 4",
        f"UPDATE es.event SET originator_version = 4 WHERE {both} 99",
    )
    assert {place(version=3), place(version=4)} <= set(check())


def test_a_stream_given_to_another_tenant_is_found(
    log: None, database: TestDatabase, check: Callable[[], list[str]]
) -> None:
    swap = "UPDATE es.event SET tenant_id = '{}' "
    swap += "WHERE tenant_id = '{}' AND originator_id = '{}' AND originator_version = 1"
    aside = uuid4()
    tamper(
        database,
        swap.format(aside, TENANT, STREAM),
        swap.format(TENANT, OTHER, STREAM),
        swap.format(OTHER, aside, STREAM),
    )
    assert {place(version=1), place(OTHER, version=1)} <= set(check())


def test_an_event_given_to_another_stream_is_found(
    log: None, database: TestDatabase, check: Callable[[], list[str]]
) -> None:
    tamper(database, f"UPDATE es.event SET originator_id = '{uuid4()}' WHERE {MIDDLE}")
    assert place(version=4) in check()


def test_only_the_tampered_row_is_blamed(log: None, database: TestDatabase, check: Callable[[], list[str]]) -> None:
    tamper(database, f"UPDATE es.event SET state = 'x' WHERE {MIDDLE}")
    assert check() == [place()]


def test_the_report_counts_and_explains(
    log: None, database: TestDatabase, projector: ConnectionPool[Connection], app: ConnectionPool[Connection]
) -> None:
    tamper(database, f"UPDATE es.event SET state = 'x' WHERE {MIDDLE}")
    with projector.connection() as conn:
        report = verify(conn)
    assert (report.rows, report.streams, report.ok) == (20, 4, False)
    assert [bad.why for bad in report.bad] == ["its hash does not match its content"]
    with app.connection() as conn:
        assert verify(conn).rows == 0
        assert verify(conn, OTHER).ok
        assert (verify(conn, OTHER).rows, verify(conn, OTHER).streams) == (10, 2)
        assert not verify(conn, TENANT).ok


def test_verifying_reads_in_batches_and_writes_nothing(
    recorder: HorizonRecorder, projector: ConnectionPool[Connection]
) -> None:
    for _ in range(3):
        recorder.insert_events(stream(1_500), tenant_id=TENANT)
    with projector.connection() as conn:
        report = verify(conn)
        with conn.transaction():
            assert conn.execute("SELECT pg_current_xact_id_if_assigned()").fetchone() == (None,)
    assert (report.rows, report.streams, report.ok) == (4_500, 3, True)


def test_an_export_of_one_tenant_holds_that_tenant_only(
    log: None, app: ConnectionPool[Connection], tmp_path: Path
) -> None:
    with app.connection() as conn:
        assert export(conn, tmp_path / "one.jsonl", TENANT) == 10
    lines = [json.loads(line) for line in (tmp_path / "one.jsonl").read_text().splitlines()]
    assert {line["tenant"] for line in lines} == {TENANT.hex}
    assert bytes.fromhex(lines[0]["metadata"]) == b'{"actor":"a"}'


def test_a_broken_export_leaves_no_file_that_would_hold_together(
    log: None, projector: ConnectionPool[Connection], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = 0

    def breaks(row: integrity.Row) -> dict[str, str | int]:
        nonlocal written
        written += 1
        if written > 7:
            raise KeyboardInterrupt
        return plain(row)

    plain = integrity._plain
    monkeypatch.setattr(integrity, "_plain", breaks)
    with projector.connection() as conn, pytest.raises(KeyboardInterrupt):
        export(conn, tmp_path / "log.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_an_export_may_go_into_a_pipe(log: None, projector: ConnectionPool[Connection]) -> None:
    with projector.connection() as conn:
        assert export(conn, Path(os.devnull)) == 20
    assert not Path(os.devnull).is_file()


def test_a_tenant_without_events_has_no_export(projector: ConnectionPool[Connection], tmp_path: Path) -> None:
    with projector.connection() as conn, pytest.raises(NotFound):
        export(conn, tmp_path / "log.jsonl", UUID(int=99))
    assert list(tmp_path.iterdir()) == []
