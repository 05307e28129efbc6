from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg_pool import ConnectionPool

from infrastructure import postgres
from infrastructure.jobs import HEARTBEAT_S, QUEUES, Job, JobState, JobTable, QueuePolicy, backoff, job_id
from tests.support.postgres import TestDatabase
from tests.support.worker_app import NewJob, append

TENANT = UUID("0190a000-0000-7000-8000-000000000001")
OTHER = UUID("0190a000-0000-7000-8000-000000000002")
QUEUE = "reconcile"


class Situation:
    """A job table, the app's connection to append through, and the administrator's to bend time with."""

    def __init__(self, database: TestDatabase) -> None:
        self.pool = postgres.pool(database.app_url, "app", 3)
        self.table = JobTable(self.pool, {QUEUE: QueuePolicy(max_attempts=2)})
        self.admin = psycopg.connect(database.admin_url, autocommit=True)

    def add(
        self, *dedupes: str, tenant: UUID = TENANT, queue: str = QUEUE, run_at: datetime | None = None
    ) -> list[UUID]:
        with self.pool.connection() as conn:
            return append(conn, tenant, jobs=[NewJob(d, {}, queue, run_at) for d in dedupes])

    def claim(self, queue: str = QUEUE) -> Job:
        [job] = self.table.claim(queue, 1, 15)
        return job

    def fail(self, job: Job, *, max_attempts: int = 5, retry_in_s: float = 0, snooze: bool = False) -> JobState | None:
        return self.table.fail(
            job.id, job.lease_token, "Kind:code", retry_in_s=retry_in_s, max_attempts=max_attempts, snooze=snooze
        )

    def finish(self, job: Job) -> None:
        with self.pool.connection() as conn:
            append(conn, job.tenant_id, job=job.id, token=job.lease_token)

    def state(self, job: UUID) -> JobState:
        found = self.table.find(job)
        assert found is not None
        return found.state

    def expire(self, job: Job) -> None:
        self.admin.execute("UPDATE es.job SET lease_until = now() - interval '1 s' WHERE id = %s", [job.id])

    def clock(self, tenant: UUID, at: datetime) -> None:
        self.admin.execute("INSERT INTO es.tenant_clock (tenant_id, now_at) VALUES (%s, %s)", [tenant, at])


@pytest.fixture
def here(database: TestDatabase) -> Iterator[Situation]:
    situation = Situation(database)
    yield situation
    situation.pool.close()
    situation.admin.close()


@given(st.integers(0, 10_000), st.integers(0, 2**32))
def test_backoff_stays_between_its_floor_and_its_cap(attempt: int, seed: int) -> None:
    wait = backoff(attempt, random.Random(seed), base_s=1, longest_s=60)
    assert 0.05 <= wait <= min(60, 2.0 ** min(max(attempt - 1, 0), 10))


def test_backoff_uses_the_whole_span_and_doubles_it() -> None:
    rng = random.Random(7)
    spans = [[backoff(n, rng, base_s=1, longest_s=1000) for _ in range(400)] for n in (1, 2, 3, 4)]
    for n, waits in enumerate(spans):
        assert max(waits) > 0.9 * 2**n
        assert min(waits) < 0.2 * 2**n


@pytest.mark.parametrize("queue", QUEUES)
def test_a_call_outside_ends_before_its_lease_and_a_lease_outlives_two_heartbeats(queue: str) -> None:
    policy = QUEUES[queue]
    assert policy.external_timeout_s < policy.lease_s
    assert policy.lease_s > 2 * HEARTBEAT_S
    assert policy.lease_s + 2 < 20, "a dead worker's job must be done by another within 20 s"
    assert policy.max_attempts >= 1
    assert policy.concurrency >= 1


def test_the_queues_are_those_of_the_product() -> None:
    assert set(QUEUES) == {
        "credit_pull", "pdf_render", "mail_send", "reconcile", "sla_check", "notification", "webhook_proc", "billing"
    }


def test_a_claimed_job_is_what_was_appended(here: Situation) -> None:
    [added] = here.add("a")
    job = here.claim()
    assert (job.id, job.tenant_id, job.queue, job.dedupe, job.command) == (added, TENANT, QUEUE, "a", b"{}")
    assert job.id == job_id(TENANT, "a")
    assert job.attempts == 1
    assert here.table.claim(QUEUE, 1, 15) == []


def test_jobs_are_claimed_longest_waiting_first_and_only_from_their_queue(here: Situation) -> None:
    for name in ("first", "second", "third"):
        here.add(name)
    here.add("elsewhere", queue="billing")
    assert [job.dedupe for job in here.table.claim(QUEUE, 10, 15)] == ["first", "second", "third"]


def test_two_claims_at_once_never_share_a_job(here: Situation, database: TestDatabase) -> None:
    here.add("a", "b", "c")
    with psycopg.connect(database.app_url) as busy:
        held = busy.execute("SELECT id FROM es.claim(%s, 2, '15 s')", [QUEUE]).fetchall()
        others = here.table.claim(QUEUE, 5, 15)
    assert len(held) == 2
    assert {row[0] for row in held} | {job.id for job in others} == {job_id(TENANT, d) for d in "abc"}
    assert len(others) == 1


def test_a_job_is_not_claimed_before_its_hour(here: Situation) -> None:
    here.add("later", run_at=datetime.now(UTC) + timedelta(hours=1))
    here.add("soon", run_at=datetime.now(UTC) + timedelta(seconds=30))
    assert here.table.claim(QUEUE, 5, 15) == []
    [waiting] = here.table.ready([QUEUE])
    assert waiting.due == 0
    assert waiting.next_in_s is not None
    assert 0 < waiting.next_in_s <= 30


def test_readiness_counts_up_to_its_cap(here: Situation) -> None:
    here.add(*"abcde")
    by_queue = {r.queue: r for r in here.table.ready([QUEUE, "billing"], cap=3)}
    assert (by_queue[QUEUE].due, by_queue["billing"].due) == (3, 0)
    assert by_queue["billing"].next_in_s is None


def test_a_heartbeat_prolongs_our_lease_only(here: Situation) -> None:
    here.add("a")
    job = here.claim()
    here.expire(job)
    assert here.table.heartbeat(job.id, job.lease_token, 15)
    assert here.table.sweep().ready == 0
    assert not here.table.heartbeat(job.id, uuid4(), 15)


def test_a_failed_job_waits_and_is_buried_after_its_last_attempt(here: Situation) -> None:
    [added] = here.add("a")
    assert here.fail(here.claim(), max_attempts=2, retry_in_s=3600) is JobState.READY
    assert here.table.claim(QUEUE, 1, 15) == []
    assert here.table.retry(TENANT, added)
    assert here.fail(here.claim(), max_attempts=2) is JobState.READY
    assert here.fail(here.claim(), max_attempts=2) is JobState.BURIED
    summary = here.table.show(TENANT, added)
    assert summary is not None
    assert (summary.state, summary.attempts, summary.last_error) == (JobState.BURIED, 2, "Kind:code")
    assert summary.finished_at is not None


def test_a_snooze_costs_no_attempt(here: Situation) -> None:
    here.add("a")
    for _ in range(5):
        assert here.fail(here.claim(), max_attempts=1, snooze=True) is JobState.READY
    assert here.claim().attempts == 1


def test_a_dead_workers_job_is_freed_and_its_old_token_refused(here: Situation) -> None:
    here.add("a")
    dead = here.claim()
    here.expire(dead)
    assert here.table.sweep().ready == 1
    heir = here.claim()
    assert (heir.id, heir.attempts) == (dead.id, 2)
    with pytest.raises(psycopg.Error) as refused:
        here.finish(dead)
    assert refused.value.sqlstate == "SF001"
    assert here.fail(dead) is None
    assert not here.table.heartbeat(dead.id, dead.lease_token, 15)
    here.finish(heir)
    assert here.state(heir.id) is JobState.DONE


def test_a_job_that_kills_its_workers_is_buried_by_the_sweep(here: Situation) -> None:
    [added] = here.add("a")
    here.expire(here.claim())
    assert here.table.sweep().ready == 1
    here.expire(here.claim())
    assert here.table.sweep().buried == 1
    assert here.state(added) is JobState.BURIED


def test_a_queue_without_a_policy_is_swept_too(here: Situation) -> None:
    here.add("a", queue="retired")
    here.expire(here.claim("retired"))
    assert here.table.sweep().ready == 1


def test_an_operator_retries_and_buries_but_never_for_another_tenant(here: Situation) -> None:
    [added] = here.add("a")
    assert not here.table.bury(OTHER, added)
    assert here.table.bury(TENANT, added, "operator")
    assert here.state(added) is JobState.BURIED
    assert not here.table.bury(TENANT, added)
    assert not here.table.retry(OTHER, added)
    assert here.table.retry(TENANT, added)
    assert here.claim().attempts == 1


def test_burying_a_running_job_takes_it_from_its_worker(here: Situation) -> None:
    here.add("a")
    job = here.claim()
    assert here.table.bury(TENANT, job.id)
    with pytest.raises(psycopg.Error) as refused:
        here.finish(job)
    assert refused.value.sqlstate == "SF001"


def test_a_finished_job_cannot_be_retried_cancelled_or_buried(here: Situation) -> None:
    here.add("a")
    job = here.claim()
    assert not here.table.cancel(TENANT, job.id)
    assert not here.table.retry(TENANT, job.id)
    here.finish(job)
    for change in (here.table.cancel, here.table.retry, here.table.bury):
        assert not change(TENANT, job.id)
    assert here.state(job.id) is JobState.DONE


def test_a_cancelled_timer_comes_back_for_its_own_hour(here: Situation) -> None:
    [added] = here.add("a", run_at=datetime.now(UTC) + timedelta(hours=1))
    assert not here.table.cancel(OTHER, added)
    assert here.table.cancel(TENANT, added)
    assert here.table.claim(QUEUE, 1, 15) == []
    assert here.table.retry(TENANT, added)
    assert here.table.claim(QUEUE, 1, 15) == []
    assert here.state(added) is JobState.READY


def test_jobs_are_listed_per_tenant_and_for_whoever_runs_the_installation(here: Situation) -> None:
    here.add("a", "b")
    here.add("c", tenant=OTHER, queue="billing")
    here.table.bury(TENANT, job_id(TENANT, "b"))
    assert {j.dedupe for j in here.table.of_tenant(TENANT)} == {"a", "b"}
    assert [j.dedupe for j in here.table.of_tenant(TENANT, [JobState.BURIED])] == ["b"]
    assert {j.dedupe for j in here.table.of_everyone()} == {"a", "b", "c"}
    assert [j.dedupe for j in here.table.of_everyone(queue="billing")] == ["c"]
    assert len(here.table.of_everyone(limit=1)) == 1
    assert here.table.show(TENANT, job_id(OTHER, "c")) is None
    found = here.table.find(job_id(OTHER, "c"))
    assert found is not None
    assert found.tenant_id == OTHER


def test_counts_are_of_unfinished_work(here: Situation) -> None:
    here.add("a", "b", "c")
    here.finish(here.claim())
    here.claim()
    counts = {(c.queue, c.state): c.count for c in here.table.counts()}
    assert counts == {(QUEUE, JobState.READY): 1, (QUEUE, JobState.RUNNING): 1}


def test_a_timer_on_a_test_clock_fires_only_after_an_advance(here: Situation) -> None:
    start = datetime(2031, 3, 1, tzinfo=UTC)
    here.clock(TENANT, start)
    [added] = here.add("timer", run_at=start + timedelta(days=30))
    assert here.table.sweep().timers == 0
    assert here.table.claim(QUEUE, 1, 15) == []
    summary = here.table.show(TENANT, added)
    assert summary is not None
    assert summary.claimable_at is None
    with here.pool.connection() as conn:
        conn.execute("SELECT es.advance_clock(%s, %s)", [TENANT, start + timedelta(days=29)])
        assert here.table.claim(QUEUE, 1, 15) == []
        conn.execute("SELECT es.advance_clock(%s, %s)", [TENANT, start + timedelta(days=30)])
    assert here.claim().run_at == start + timedelta(days=30)


def test_a_cancelled_timer_on_a_test_clock_does_not_fire_when_retried(here: Situation) -> None:
    start = datetime(2020, 3, 1, tzinfo=UTC)
    here.clock(TENANT, start)
    [added] = here.add("timer", run_at=start + timedelta(days=30))
    assert here.table.cancel(TENANT, added)
    assert here.table.retry(TENANT, added)
    assert here.table.claim(QUEUE, 1, 15) == []
    with here.pool.connection() as conn:
        conn.execute("SELECT es.advance_clock(%s, %s)", [TENANT, start + timedelta(days=31)])
    assert here.claim().id == added


def test_the_sweep_frees_a_timer_the_clock_had_already_passed(here: Situation) -> None:
    start = datetime(2020, 3, 1, tzinfo=UTC)
    here.clock(TENANT, start)
    [added] = here.add("timer", run_at=start + timedelta(days=1))
    here.admin.execute("UPDATE es.tenant_clock SET now_at = %s", [start + timedelta(days=2)])
    assert here.table.sweep().timers == 1
    assert here.claim().id == added


def test_the_app_cannot_change_jobs_except_through_the_functions(here: Situation) -> None:
    here.add("a")
    with here.pool.connection() as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute("UPDATE es.job SET state = 'done'")


def test_claiming_looking_and_sweeping_read_few_rows_among_many_jobs(here: Situation, database: TestDatabase) -> None:
    here.admin.execute(
        "INSERT INTO es.job (run_at, ready_at, after_position, at, state, tenant_id, id, queue, dedupe, command) "
        "SELECT now(), CASE mod(n, 3) WHEN 0 THEN 'infinity' ELSE now() - n * interval '1 ms' END, 0, now(), "
        "(CASE mod(n, 3) WHEN 1 THEN 'done' ELSE 'ready' END)::es.job_state, %s, gen_random_uuid(), %s, n::text, '' "
        "FROM generate_series(1, 20000) n",
        [TENANT, QUEUE],
    )
    here.admin.execute("ANALYZE es.job")
    with postgres.pool(database.app_url, "app", 1) as one:
        table = JobTable(one)
        before = _rows_read(one)
        assert len(table.claim(QUEUE, 1, 15)) == 1
        assert [r.due for r in table.ready([QUEUE], cap=64)] == [64]
        assert table.sweep().ready == 0
        assert 0 < _rows_read(one) - before < 500


def _rows_read(pool: ConnectionPool[postgres.Connection]) -> int:
    """Rows of the job table read so far, once the only connection of `pool` has reported what it read."""
    query = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relid = 'es.job'::regclass"
    with pool.connection() as conn:
        conn.execute("SELECT pg_stat_force_next_flush()")
        row = conn.execute(query).fetchone()
    assert row is not None
    return int(row[0])
