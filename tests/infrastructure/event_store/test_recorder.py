"""The recorder against a real server: round trips, typed refusals, lost connections, what readers may see."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, NotSupportedError, OperationalError, ProgrammingError, StoredEvent
from psycopg_pool import ConnectionPool

from application.kernel import Conflict, LeaseGone, Repeated
from infrastructure import postgres
from infrastructure.event_store.errors import CommandRepeated, LeaseLost, OutcomeUnknown, StaleVersion
from infrastructure.event_store.recorder import HorizonRecorder, PoolDatastore
from infrastructure.event_store.tenancy import NoTenant, as_tenant
from infrastructure.postgres import Connection, pool, tenant_transaction
from tests.support.log import event, stream
from tests.support.postgres import TestDatabase

TENANT = UUID(int=7)


@dataclass(frozen=True)
class Step:
    queue: str
    command: bytes
    dedupe: str
    run_at: datetime | None = None


def test_what_is_appended_is_read_back(recorder: HorizonRecorder) -> None:
    events = stream(3)
    positions = recorder.insert_events(events, tenant_id=TENANT, metadata=b'{"a":1}')
    assert positions == list(range(positions[0], positions[0] + 3))
    with as_tenant(TENANT):
        assert list(recorder.select_events(events[0].originator_id)) == events
        assert list(recorder.select_events(events[0].originator_id, gt=1, lte=2)) == events[1:2]
        assert list(recorder.select_events(events[0].originator_id, desc=True, limit=2)) == [events[2], events[1]]
        assert [n.id for n in recorder.select_notifications(None, 10)] == positions
        assert recorder.max_notification_id() == positions[-1]
    with as_tenant(uuid4()):
        assert recorder.select_events(events[0].originator_id) == []
        assert recorder.max_notification_id() is None


def test_every_argument_arrives(recorder: HorizonRecorder, app: ConnectionPool[Connection]) -> None:
    command, due = uuid4(), datetime(2031, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)
    jobs = [Step("pdf_render", b'{"x":1}', "a"), Step("sla_check", b"{}", "ключ", due)]
    (position,) = recorder.insert_events(
        [event(uuid4(), topic="größe.v1", state=b"\x00\xff")],
        tenant_id=TENANT, metadata=b'{"m":2}', command_id=command, fingerprint=b"\x01", answer=b'{"id":3}', jobs=jobs,
    )  # fmt: skip
    with app.connection() as conn, tenant_transaction(conn, TENANT):
        row = conn.execute("SELECT position, topic, state, metadata FROM es.event").fetchone()
        assert row == (position, "größe.v1", b"\x00\xff", b'{"m":2}')
        query = "SELECT queue, command, dedupe, run_at = ready_at, after_position FROM es.job ORDER BY queue"
        kept = conn.execute(query)
        assert kept.fetchall() == [
            ("pdf_render", b'{"x":1}', "a", True, position),
            ("sla_check", b"{}", "ключ", True, position),
        ]
        assert conn.execute("SELECT run_at FROM es.job WHERE dedupe = 'ключ'").fetchone() == (due,)
    seen = recorder.seen(TENANT, command)
    assert seen is not None
    assert (seen.position, seen.fingerprint, seen.answer) == (position, b"\x01", b'{"id":3}')
    assert recorder.seen(uuid4(), command) is None


def test_a_stale_version_is_a_conflict_for_the_bus_and_for_the_library(recorder: HorizonRecorder) -> None:
    events = stream(2)
    recorder.insert_events(events, tenant_id=TENANT)
    with pytest.raises(StaleVersion) as raised:
        recorder.insert_events(events[1:], tenant_id=TENANT)
    assert raised.value.reason == "version"
    assert isinstance(raised.value, Conflict)
    assert isinstance(raised.value, IntegrityError)
    with pytest.raises(StaleVersion) as raised:
        recorder.insert_events([event(uuid4(), 5)], tenant_id=TENANT)
    assert raised.value.reason == "hole"


def test_a_repeated_command_brings_back_its_answer(recorder: HorizonRecorder) -> None:
    command = uuid4()
    (position,) = recorder.insert_events([event(uuid4())], tenant_id=TENANT, command_id=command, answer=b'{"id":1}')
    with pytest.raises(CommandRepeated) as raised:
        recorder.insert_events([event(uuid4())], tenant_id=TENANT, command_id=command)
    assert (raised.value.seen.position, raised.value.seen.answer) == (position, b'{"id":1}')
    assert isinstance(raised.value, Repeated)


def test_a_lost_lease(recorder: HorizonRecorder) -> None:
    with pytest.raises(LeaseLost) as raised:
        recorder.insert_events([], tenant_id=TENANT, job=uuid4(), token=uuid4())
    assert isinstance(raised.value, LeaseGone)


def test_a_twin_that_waits_too_long_may_try_again(recorder: HorizonRecorder, database: TestDatabase) -> None:
    """A twin holds the same command id open; we give up after the lock timeout of our own login."""
    command, impatient = uuid4(), pool(f"{database.app_url}?options=-clock_timeout%3D100ms", "app", 1)
    try:
        with psycopg.connect(database.admin_url) as twin:
            twin.execute(
                "INSERT INTO es.command_seen (position, at, tenant_id, command_id) VALUES (1, now(), %s, %s)",
                (TENANT, command),
            )
            with pytest.raises(StaleVersion) as raised:
                HorizonRecorder(PoolDatastore(impatient)).insert_events([], tenant_id=TENANT, command_id=command)
            twin.rollback()
        assert raised.value.reason == "lock_timeout"
    finally:
        impatient.close()


def test_streams_locked_in_opposite_order_end_in_a_conflict_not_an_error(database: TestDatabase) -> None:
    """Two sessions append the same two new streams in opposite orders; one of them must give way."""
    one, other = uuid4(), uuid4()
    results: list[str] = []

    def run(ids: tuple[UUID, UUID], opened: ConnectionPool[Connection], meet: threading.Barrier) -> None:
        with opened.connection() as conn:
            try:
                with conn.transaction():
                    append = "SELECT es.append(%s, ARRAY[%s], ARRAY[1], ARRAY['x.v1'], ARRAY[''::bytea], '{}'"
                    append += ", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
                    conn.execute(append.encode(), (TENANT, ids[0]))
                    meet.wait(5)
                    recorder = HorizonRecorder(PoolDatastore(_Only(conn)))  # type: ignore[arg-type]
                    recorder.insert_events([event(ids[1])], tenant_id=TENANT)
                results.append("committed")
            except StaleVersion as refused:
                results.append(refused.reason)
            except IntegrityError:
                results.append("second append of one transaction")

    opened, meet = pool(database.app_url, "app", 2), threading.Barrier(2)
    threads = [threading.Thread(target=run, args=(ids, opened, meet)) for ids in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    opened.close()
    assert "deadlock" in results


class _Only:
    """A pool of the one connection of a transaction under way."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def getconn(self) -> Connection:
        return self._conn

    def putconn(self, conn: Connection) -> None:
        assert conn is self._conn


# Lost connections


def kill_sessions(database: TestDatabase) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        end = (
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
            " WHERE datname = %s AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        ended = [row[0] for row in admin.execute(end, (database.name,))]
    assert ended
    assert all(ended)


@pytest.fixture
def dying(app: ConnectionPool[Connection], monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections die only after the pool has looked at them and lent them, and none is still on its way to it."""
    app.wait(30)
    monkeypatch.setattr(postgres, "_has_news", lambda _: False)


@pytest.mark.usefixtures("dying")
def test_a_dead_connection_is_tried_again_with_the_same_command(
    recorder: HorizonRecorder, database: TestDatabase
) -> None:
    events, command = stream(1), uuid4()
    recorder.insert_events(stream(1), tenant_id=TENANT)
    kill_sessions(database)
    assert len(recorder.insert_events(events, tenant_id=TENANT, command_id=command)) == 1
    kill_sessions(database)
    with as_tenant(TENANT):
        assert list(recorder.select_events(events[0].originator_id)) == events


@pytest.mark.usefixtures("dying")
def test_without_a_command_id_a_dead_connection_is_an_unknown_outcome(
    recorder: HorizonRecorder, database: TestDatabase
) -> None:
    recorder.insert_events(stream(1), tenant_id=TENANT)
    kill_sessions(database)
    with pytest.raises(OutcomeUnknown) as raised:
        recorder.insert_events(stream(1), tenant_id=TENANT)
    assert isinstance(raised.value, OperationalError)


@pytest.mark.usefixtures("dying")
def test_a_commit_whose_reply_was_lost_reads_as_a_repeat(recorder: HorizonRecorder, database: TestDatabase) -> None:
    """The first try was committed, so the second one, on a new connection, learns what it came to."""
    command, events = uuid4(), stream(1)
    recorder.insert_events(events, tenant_id=TENANT, command_id=command, answer=b'{"id":9}')
    kill_sessions(database)
    with pytest.raises(CommandRepeated) as raised:
        recorder.insert_events(events, tenant_id=TENANT, command_id=command)
    assert raised.value.seen.answer == b'{"id":9}'


def test_two_recorders_share_a_pool(recorder: HorizonRecorder, app: ConnectionPool[Connection]) -> None:
    other = HorizonRecorder(PoolDatastore(app))
    for _ in range(15):
        assert len(recorder.insert_events(stream(1), tenant_id=TENANT)) == 1
        assert len(other.insert_events(stream(1), tenant_id=TENANT)) == 1


# What is refused


def test_a_tenant_must_be_named(recorder: HorizonRecorder) -> None:
    with pytest.raises(NoTenant):
        recorder.insert_events(stream(1))
    with pytest.raises(NoTenant):
        recorder.select_events(uuid4())


def test_features_that_are_left_out_say_so(recorder: HorizonRecorder) -> None:
    with pytest.raises(NotSupportedError):
        recorder.subscribe()
    with pytest.raises(NotSupportedError):
        recorder.create_table()
    with pytest.raises(ProgrammingError):
        recorder.insert_events([StoredEvent("text-id", 1, "x.v1", b"{}")], tenant_id=TENANT)


# Readers and the horizon


def test_a_later_commit_never_appears_behind_the_reader(
    recorder: HorizonRecorder, projector: ConnectionPool[Connection], database: TestDatabase
) -> None:
    """An early transaction is still open when a later one commits: the reader sees neither, then both in order."""
    reader = HorizonRecorder(PoolDatastore(projector))
    with psycopg.connect(database.admin_url) as early:
        append = "SELECT es.append(%s, ARRAY[%s], ARRAY[1], ARRAY['x.v1'], ARRAY[''::bytea], '{}'"
        append += ", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
        row = early.execute(append.encode(), (TENANT, uuid4())).fetchone()
        (late,) = recorder.insert_events([event(uuid4())], tenant_id=TENANT)
        assert row is not None
        assert row[0] < late
        assert reader.select_notifications(None, 10) == []
        with psycopg.connect(database.projector_url) as naive:
            assert naive.execute("SELECT position FROM es.event").fetchall() == [(late,)]
        early.commit()
    assert [n.id for n in reader.select_notifications(None, 10)] == [row[0], late]


def test_a_reader_from_now_starts_one_below_the_horizon(
    recorder: HorizonRecorder, projector: ConnectionPool[Connection]
) -> None:
    reader = HorizonRecorder(PoolDatastore(projector))
    with projector.connection() as conn:
        found = conn.execute("SELECT es.horizon()").fetchone()
    assert found is not None
    (first,) = recorder.insert_events([event(uuid4())], tenant_id=TENANT)
    assert first >= found[0]
    seen = reader.select_notifications(found[0] - 1, 10, inclusive_of_start=False)
    assert [n.id for n in seen] == [first]


def test_a_projector_filters_by_position_and_topic(
    recorder: HorizonRecorder, projector: ConnectionPool[Connection]
) -> None:
    reader = HorizonRecorder(PoolDatastore(projector))
    (one,) = recorder.insert_events([event(uuid4(), topic="a.v1")], tenant_id=TENANT)
    (two,) = recorder.insert_events([event(uuid4(), topic="b.v1")], tenant_id=uuid4())
    assert [n.id for n in reader.select_notifications(one, 5, inclusive_of_start=False)] == [two]
    assert [n.id for n in reader.select_notifications(None, 5, stop=one)] == [one]
    assert [n.id for n in reader.select_notifications(None, 5, topics=["b.v1"])] == [two]
    assert reader.max_notification_id() == two
