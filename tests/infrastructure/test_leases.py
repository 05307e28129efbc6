from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import ClassVar
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.kernel import DomainError
from infrastructure import postgres
from infrastructure.jobs import (
    HEARTBEAT_S,
    Job,
    JobState,
    JobSummary,
    JobTable,
    LeaseLost,
    PermanentFailure,
    QueuePolicy,
    Snooze,
)
from infrastructure.leases import Desk, Heart, Lease, Outcome, Run
from tests.support.postgres import TestDatabase
from tests.support.worker_app import NewJob, append

TENANT = uuid4()
QUEUE = "reconcile"
SECRET = "123-45-6789"


class Refused(DomainError):
    code: ClassVar[str] = "letter_already_mailed"


class Situation:
    """One job, and a desk that takes it through one attempt."""

    def __init__(self, database: TestDatabase, beat_every_s: float = HEARTBEAT_S) -> None:
        self.pool = postgres.pool(database.app_url, "app", 3)
        self.policies = {QUEUE: QueuePolicy(max_attempts=2, longest_retry_s=0.05)}
        self.table = JobTable(self.pool, self.policies)
        self.admin = psycopg.connect(database.admin_url, autocommit=True)
        self.heart = Heart(every_s=beat_every_s)
        self.heart.start()
        with self.pool.connection() as conn:
            [self.id] = append(conn, TENANT, jobs=[NewJob("the job", {}, QUEUE)])

    def attempt(self, run: Run) -> Outcome:
        desk = Desk(self.table, run, self.heart, random.Random(1), self.policies)
        job = desk.claim(QUEUE)
        while job is None:
            job = desk.claim(QUEUE)
        return desk.carry_out(job)

    def finish(self, job: Job, lease: Lease) -> None:
        with self.pool.connection() as conn:
            append(conn, job.tenant_id, events=[job.id], job=job.id, token=lease.token)

    def summary(self) -> JobSummary:
        found = self.table.find(self.id)
        assert found is not None
        return found

    def take_away(self) -> UUID:
        """Let the lease run out and give the job to somebody else; the new token."""
        self.admin.execute("UPDATE es.job SET lease_until = now() - interval '1 s'")
        assert self.table.sweep().ready == 1
        [job] = self.table.claim(QUEUE, 1, 15)
        return job.lease_token


    def close(self) -> None:
        self.heart.stop()
        self.pool.close()
        self.admin.close()


@pytest.fixture
def here(database: TestDatabase) -> Iterator[Situation]:
    with closing(Situation(database)) as situation:
        yield situation


@pytest.fixture
def beating(database: TestDatabase) -> Iterator[Situation]:
    """A heart so quick that it would renew a lease before a test has taken it away."""
    with closing(Situation(database, beat_every_s=0.05)) as situation:
        yield situation


def raising(error: Exception) -> Callable[[Job, Lease], None]:
    def run(job: Job, lease: Lease) -> None:
        raise error

    return run


def test_a_finished_job_is_done(here: Situation) -> None:
    assert here.attempt(here.finish) is Outcome.DONE
    assert here.summary().state is JobState.DONE
    assert here.summary().last_error is None


def test_any_error_is_retried_and_its_text_is_not_kept(here: Situation, caplog: pytest.LogCaptureFixture) -> None:
    assert here.attempt(raising(RuntimeError(SECRET))) is Outcome.RETRIED
    assert here.summary().state is JobState.READY
    assert here.summary().last_error == "RuntimeError:unexpected"
    assert "test_leases.py" in caplog.text
    assert SECRET not in caplog.text


def test_a_database_error_is_kept_by_its_sqlstate(here: Situation) -> None:
    assert here.attempt(raising(psycopg.errors.DeadlockDetected(SECRET))) is Outcome.RETRIED
    assert here.summary().last_error == "DeadlockDetected:40P01"


def test_the_last_attempt_buries(here: Situation) -> None:
    assert here.attempt(raising(OSError(SECRET))) is Outcome.RETRIED
    assert here.attempt(raising(OSError(SECRET))) is Outcome.BURIED
    assert (here.summary().state, here.summary().attempts) == (JobState.BURIED, 2)


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (PermanentFailure("no_such_address"), "PermanentFailure:no_such_address"),
        (Refused(SECRET), "Refused:letter_already_mailed"),
    ],
)
def test_what_no_retry_can_mend_is_buried_at_once(here: Situation, error: Exception, kept: str) -> None:
    assert here.attempt(raising(error)) is Outcome.BURIED
    assert (here.summary().attempts, here.summary().last_error) == (1, kept)


def test_a_snooze_costs_no_attempt_however_often(here: Situation) -> None:
    for _ in range(4):
        assert here.attempt(raising(Snooze(0.0, "projection_behind"))) is Outcome.SNOOZED
    assert (here.summary().attempts, here.summary().last_error) == (0, "Snooze:projection_behind")
    assert here.attempt(here.finish) is Outcome.DONE


def test_a_job_its_handler_forgot_to_finish_is_not_forgotten(here: Situation) -> None:
    assert here.attempt(lambda job, lease: None) is Outcome.RETRIED
    assert here.summary().last_error == "NotFinished:not_finished"


def test_a_zombie_stops_quietly_and_its_heir_keeps_the_job(here: Situation) -> None:
    heirs: list[UUID] = []

    def slow(job: Job, lease: Lease) -> None:
        heirs.append(here.take_away())
        here.finish(job, lease)

    assert here.attempt(slow) is Outcome.LOST
    assert here.summary().state is JobState.RUNNING
    assert here.table.heartbeat(here.id, heirs[0], 15)


def test_renewing_a_lost_lease_says_so(here: Situation) -> None:
    def slow(job: Job, lease: Lease) -> None:
        lease.renew()
        here.take_away()
        with pytest.raises(LeaseLost):
            lease.renew()
        assert not lease.held
        lease.renew()

    assert here.attempt(slow) is Outcome.LOST
    assert here.summary().state is JobState.RUNNING


def test_the_heart_keeps_a_lease_while_the_job_runs_and_not_after(beating: Situation) -> None:
    seen: list[object] = []

    def slow(job: Job, lease: Lease) -> None:
        for _ in range(3):
            seen.append(_lease_until(beating))
            until = lease.renewed_at
            while lease.renewed_at == until:
                threading.Event().wait(0.01)
        beating.finish(job, lease)

    assert beating.attempt(slow) is Outcome.DONE
    assert seen == sorted(set(seen), key=str)
    assert len(seen) == 3
    assert _lease_until(beating) is None


def test_the_heart_beats_on_when_the_database_does_not_answer_once(beating: Situation) -> None:
    def slow(job: Job, lease: Lease) -> None:
        beating.admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sfdify_app' "
            "AND datname = current_database()"
        )
        until = lease.renewed_at
        while lease.renewed_at == until:
            threading.Event().wait(0.01)
        beating.finish(job, lease)

    assert beating.attempt(slow) is Outcome.DONE


def _lease_until(here: Situation) -> object:
    row = here.admin.execute("SELECT lease_until FROM es.job WHERE id = %s", [here.id]).fetchone()
    assert row is not None
    return row[0]
