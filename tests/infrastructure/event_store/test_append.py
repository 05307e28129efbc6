"""What `es.append` accepts and what it refuses, on both ends of the version range."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from infrastructure.event_store.integrity import verify
from tests.support.log import Connect, Sql, refused

TABLES = ("event", "command_seen", "job")


def counts(admin: Sql) -> list[int]:
    """How many events, commands and jobs the test's tenant has."""
    return [admin.one(f"SELECT count(*) FROM es.{table} WHERE tenant_id = %s", admin.tenant) for table in TABLES]


def everything(admin: Sql) -> list[object]:
    """How many rows there are of any tenant, and in which state each job is."""
    jobs = "SELECT coalesce(array_agg(concat(state, lease_token) ORDER BY id), '{}') FROM es.job"
    return [*(admin.one(f"SELECT count(*) FROM es.{table}") for table in TABLES), admin.one(jobs)]


# Streams


def test_a_stream_grows_by_one(connect: Connect) -> None:
    app, thing = connect("app"), uuid4()
    first = app.append((thing, 1), (thing, 2))
    second = app.append((thing, 3))
    assert second > first + 1
    app.as_tenant()
    assert app.one("SELECT array_agg(position ORDER BY position) FROM es.event") == [first, first + 1, second]


def test_a_position_is_the_transaction_and_the_ordinal(connect: Connect) -> None:
    app = connect("app")
    with app.conn.transaction():
        first = app.append((uuid4(), 1))
        xid = int(app.one("SELECT pg_current_xact_id()::text"))
    assert first == xid << 20


def test_a_stale_version_is_told_by_its_constraint(connect: Connect) -> None:
    app, thing = connect("app"), uuid4()
    app.append((thing, 1), (thing, 2))
    refused("23505", "event_stream", lambda: app.append((thing, 2)))
    refused("23505", "event_stream", lambda: app.append((thing, 1)))


@pytest.mark.parametrize("versions", [(2,), (0,), (-1,), (1, 3), (1, 1)])
def test_a_new_stream_without_gaps_only(connect: Connect, versions: tuple[int, ...]) -> None:
    app, thing = connect("app"), uuid4()
    refused("SF004", "event_no_hole", lambda: app.append(*((thing, version) for version in versions)))


def test_a_hole_before_the_next_version(connect: Connect) -> None:
    app, thing = connect("app"), uuid4()
    app.append((thing, 1))
    refused("SF004", "event_no_hole", lambda: app.append((thing, 3)))


def test_another_tenant_cannot_continue_a_stream(connect: Connect) -> None:
    app, thing = connect("app"), uuid4()
    app.append((thing, 1))
    refused("SF004", "event_no_hole", lambda: app.append((thing, 2), tenant=uuid4()))


def test_the_same_id_in_another_tenant_is_another_stream(connect: Connect) -> None:
    app, thing = connect("app"), uuid4()
    app.append((thing, 1))
    app.append((thing, 1), tenant=uuid4())
    assert connect("admin").one("SELECT count(*) FROM es.event WHERE originator_id = %s", thing) == 2


def test_several_streams_are_appended_together_or_not_at_all(connect: Connect) -> None:
    app, (one, other) = connect("app"), sorted((uuid4(), uuid4()), key=lambda u: u.bytes)
    app.append((other, 1))
    refused("23505", "event_stream", lambda: app.append((one, 1), (one, 2), (other, 1)))
    assert counts(connect("admin")) == [1, 0, 0]


def test_two_appends_in_one_transaction_are_refused(connect: Connect) -> None:
    app = connect("app")

    def twice() -> None:
        with app.conn.transaction():
            app.append((uuid4(), 1))
            app.append((uuid4(), 1))

    refused("23505", "event_position", twice)


def test_the_chain_is_the_one_the_verifier_knows(connect: Connect) -> None:
    app, thing = connect("app"), uuid4()
    app.append((thing, 1), meta=b'{"a":1}')
    app.append((thing, 2), (thing, 3), (uuid4(), 1), command=uuid4(), jobs=[("q", "one"), ("q", "two")])
    report = verify(app.conn, app.tenant)
    assert (report.rows, report.streams, report.bad) == (4, 2, [])


# Commands


def test_a_command_is_carried_out_once(connect: Connect) -> None:
    app, command, thing = connect("app"), uuid4(), uuid4()
    last = app.append((thing, 1), (thing, 2), command=command, fingerprint=b"f", answer=b'{"id":1}') + 1
    app.as_tenant()
    row = app.conn.execute("SELECT position, fingerprint, answer FROM es.command_seen").fetchone()
    assert row == (last, b"f", b'{"id":1}')
    refused("23505", "command_seen_once", lambda: app.append((uuid4(), 1), command=command))
    refused("23505", "command_seen_once", lambda: app.append(command=command))


def test_a_repeat_reads_as_a_repeat_even_when_its_events_are_stale(connect: Connect) -> None:
    app, command, thing = connect("app"), uuid4(), uuid4()
    app.append((thing, 1), command=command)
    refused("23505", "command_seen_once", lambda: app.append((thing, 1), command=command))
    refused("23505", "command_seen_once", lambda: app.append((thing, 1), (thing, 2), command=command))


def test_another_tenant_may_use_the_same_command_id(connect: Connect) -> None:
    app, command = connect("app"), uuid4()
    app.append((uuid4(), 1), command=command)
    app.append((uuid4(), 1), command=command, tenant=uuid4())
    assert connect("admin").one("SELECT count(*) FROM es.command_seen WHERE command_id = %s", command) == 2


def test_a_command_without_events_is_remembered(connect: Connect) -> None:
    app, command = connect("app"), uuid4()
    app.append(command=command, answer=b"{}")
    assert app.as_tenant().one("SELECT answer FROM es.command_seen WHERE command_id = %s", command) == b"{}"


def test_a_refused_append_leaves_no_command_behind(connect: Connect) -> None:
    app, command = connect("app"), uuid4()
    refused("SF004", "event_no_hole", lambda: app.append((uuid4(), 2), command=command))
    app.append((uuid4(), 1), command=command)
    assert counts(connect("admin")) == [1, 1, 0]


# Jobs


def test_a_job_is_stored_with_its_events_once_a_tenant(connect: Connect) -> None:
    app, other = connect("app"), uuid4()
    position = app.append((uuid4(), 1), jobs=[("reconcile", "k")])
    app.append((uuid4(), 1), jobs=[("reconcile", "k")])
    app.append((uuid4(), 1), jobs=[("reconcile", "k")], tenant=other)
    assert counts(connect("admin")) == [2, 0, 1]
    assert connect("admin").one("SELECT count(*) FROM es.job WHERE tenant_id = %s", other) == 1
    assert app.as_tenant().one("SELECT after_position FROM es.job") == position


def test_several_jobs_with_several_events(connect: Connect) -> None:
    app, thing = connect("app"), uuid4()
    first = app.append((thing, 1), (thing, 2), jobs=[("reconcile", "a"), ("pdf_render", "b")])
    query = "SELECT queue, after_position, state::text FROM es.job ORDER BY queue"
    rows = app.as_tenant().conn.execute(query).fetchall()
    assert rows == [("pdf_render", first + 1, "ready"), ("reconcile", first + 1, "ready")]


def running_job(connect: Connect) -> tuple[UUID, UUID]:
    """A job that a worker holds, and its lease."""
    app, admin, token = connect("app"), connect("admin"), uuid4()
    app.append(jobs=[("reconcile", str(token))])
    job = admin.one("SELECT id FROM es.job WHERE dedupe = %s", str(token))
    admin.conn.execute("UPDATE es.job SET state = 'running', lease_token = %s WHERE id = %s", (token, job))
    return job, token


def test_the_job_ends_with_the_append_it_asked_for(connect: Connect) -> None:
    (job, token), app = running_job(connect), connect("app")
    app.append((uuid4(), 1), job=job, token=token)
    assert app.as_tenant().one("SELECT state::text FROM es.job") == "done"
    assert app.one("SELECT lease_token FROM es.job") is None


def test_a_job_that_decides_nothing_still_ends(connect: Connect) -> None:
    (job, token), app = running_job(connect), connect("app")
    app.append(job=job, token=token)
    assert app.as_tenant().one("SELECT state::text FROM es.job") == "done"


@pytest.mark.parametrize("wrong", ["token", "no token", "tenant", "twice"])
def test_a_lost_lease_writes_nothing(connect: Connect, wrong: str) -> None:
    (job, token), app, admin = running_job(connect), connect("app"), connect("admin")
    tenant = app.tenant
    if wrong == "twice":
        app.append(job=job, token=token)
    if wrong == "tenant":
        tenant = uuid4()
    given = {"token": uuid4(), "no token": None}.get(wrong, token)
    before = everything(admin)
    append = lambda: app.append((uuid4(), 1), command=uuid4(), jobs=[("x", "y")], job=job, token=given, tenant=tenant)  # noqa: E731
    refused("SF001", None, append)
    assert everything(admin) == before


def test_a_refused_append_leaves_the_job_running(connect: Connect) -> None:
    (job, token), app = running_job(connect), connect("app")
    refused("SF004", "event_no_hole", lambda: app.append((uuid4(), 5), job=job, token=token))
    assert app.as_tenant().one("SELECT state::text FROM es.job") == "running"


# Test clocks


def at(day: int) -> datetime:
    return datetime(2026, 3, day, tzinfo=UTC)


@pytest.fixture
def clocked(connect: Connect) -> Sql:
    app = connect("app")
    app.conn.execute("SELECT es.register_tenant(%s, %s, 'test')", (app.tenant, str(app.tenant)))
    app.conn.execute("SELECT es.start_clock(%s, %s)", (app.tenant, at(1)))
    return app.as_tenant()


def ready_at(app: Sql) -> str:
    due = "CASE WHEN ready_at = 'infinity' THEN 'waits' WHEN ready_at <= now() THEN 'due' ELSE 'later' END"
    return str(app.one(f"SELECT {due} FROM es.job"))


def test_a_timer_waits_for_the_test_clock(clocked: Sql) -> None:
    clocked.append((uuid4(), 1), jobs=[("sla_check", "t")], due=[at(20)])
    assert ready_at(clocked) == "waits"
    clocked.conn.execute("SELECT es.advance_clock(%s, %s)", (clocked.tenant, at(19)))
    assert ready_at(clocked) == "waits"
    clocked.conn.execute("SELECT es.advance_clock(%s, %s)", (clocked.tenant, at(20)))
    assert ready_at(clocked) == "due"


def test_a_timer_already_past_on_the_test_clock_is_due_at_once(clocked: Sql) -> None:
    clocked.conn.execute("SELECT es.advance_clock(%s, %s)", (clocked.tenant, at(10)))
    clocked.append((uuid4(), 1), (uuid4(), 1), jobs=[("sla_check", "t")], due=[at(9)])
    assert ready_at(clocked) == "due"


def test_a_live_tenants_timer_runs_on_real_time(connect: Connect) -> None:
    app = connect("app")
    app.append((uuid4(), 1), jobs=[("sla_check", "t")], due=[datetime.now(UTC) + timedelta(days=1)])
    assert ready_at(app.as_tenant()) == "later"


def test_the_clock_never_goes_back(clocked: Sql) -> None:
    clocked.conn.execute("SELECT es.advance_clock(%s, %s)", (clocked.tenant, at(10)))
    refused("SF002", None, lambda: clocked.conn.execute("SELECT es.advance_clock(%s, %s)", (clocked.tenant, at(9))))
    refused("SF002", None, lambda: clocked.conn.execute("SELECT es.start_clock(%s, %s)", (clocked.tenant, at(1))))


def test_only_a_test_tenant_has_a_clock(connect: Connect) -> None:
    app, live = connect("app"), uuid4()
    app.conn.execute("SELECT es.register_tenant(%s, %s, 'live')", (live, str(live)))
    refused("SF002", None, lambda: app.conn.execute("SELECT es.start_clock(%s, %s)", (live, at(1))))
    refused("SF002", None, lambda: app.conn.execute("SELECT es.advance_clock(%s, %s)", (uuid4(), at(1))))


def test_a_timer_that_raced_the_clock_is_freed_by_the_sweep(clocked: Sql, connect: Connect) -> None:
    clocked.append((uuid4(), 1), jobs=[("sla_check", "t")], due=[at(5)])
    raced = "UPDATE es.tenant_clock SET now_at = %s WHERE tenant_id = %s"
    connect("admin").conn.execute(raced, (at(6), clocked.tenant))
    assert ready_at(clocked) == "waits"
    assert clocked.one("SELECT es.clock_due()") == 1
    assert ready_at(clocked) == "due"
