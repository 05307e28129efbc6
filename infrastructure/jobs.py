"""The job table: the one place that knows what is still to be done, and every way a job may change its state."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg_pool import ConnectionPool

from infrastructure.postgres import Connection

CHANNEL: Final = "sfdify_jobs"
"""Postgres channel on which relays hear that jobs were appended."""

HEARTBEAT_S: Final = 5.0
"""A running job's lease is prolonged this often; a lease outlives two missed heartbeats."""

_POOL_WAIT_S: Final = 2.0
_OTHER_MAX_ATTEMPTS: Final = 10
_SMALLEST_RETRY_S: Final = 0.05


class JobState(StrEnum):
    """Where a job stands. A timer is `ready` too; it only cannot be claimed before its hour."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    BURIED = "buried"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class QueuePolicy:
    """How one kind of work is carried out.

    A call to an outside party must end before the lease that covers it can, so that two workers never
    wait for the same answer: `external_timeout_s` stays below `lease_s`.
    `concurrency` is jobs at once in one worker process; `max_attempts` counts failures and deaths, not snoozes.
    """

    lease_s: float = 15.0
    max_attempts: int = 12
    concurrency: int = 2
    external_timeout_s: float = 10.0
    longest_retry_s: float = 300.0


QUEUES: Final[dict[str, QueuePolicy]] = {
    "credit_pull": QueuePolicy(max_attempts=8, concurrency=2, external_timeout_s=12.0, longest_retry_s=900.0),
    "pdf_render": QueuePolicy(max_attempts=5, concurrency=1),
    "mail_send": QueuePolicy(concurrency=3),
    "reconcile": QueuePolicy(max_attempts=20, concurrency=2),
    "sla_check": QueuePolicy(concurrency=2),
    "notification": QueuePolicy(concurrency=2, longest_retry_s=900.0),
    "webhook_proc": QueuePolicy(concurrency=3, longest_retry_s=60.0),
    "billing": QueuePolicy(concurrency=1),
}


class LeaseLost(Exception):
    """Somebody else has this job now: stop at once and write nothing."""

    sqlstate: Final = "SF001"


class Snooze(Exception):
    """Not yet: try again in `seconds`, at no cost in attempts. `code` says what is waited for."""

    def __init__(self, seconds: float, code: str = "snoozed") -> None:
        super().__init__(code)
        self.seconds = seconds
        self.code = code


class PermanentFailure(Exception):
    """No retry can help: the job is buried at once under `code`, for a person to look at."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Job:
    """A job this worker holds. `command` is the stored command, `after_position` the last event it may rely on:
    a handler that looks things up must see query tables that have reached it. `run_at` is the tenant's time."""

    id: UUID
    tenant_id: UUID
    queue: str
    command: bytes
    dedupe: str
    run_at: datetime
    after_position: int
    attempts: int
    at: datetime
    lease_token: UUID


@dataclass(frozen=True, slots=True)
class JobSummary:
    """A job as an operator sees it. `claimable_at` is None for a timer on a standing test clock."""

    id: UUID
    tenant_id: UUID
    queue: str
    state: JobState
    attempts: int
    run_at: datetime
    claimable_at: datetime | None
    at: datetime
    finished_at: datetime | None
    after_position: int
    dedupe: str
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Readiness:
    """What waits in a queue: jobs due now (counted up to a cap) and seconds until the next timer, if any."""

    queue: str
    due: int
    next_in_s: float | None


@dataclass(frozen=True, slots=True)
class JobCount:
    """Unfinished jobs of a queue in one state, and the age of the one that has been claimable longest."""

    queue: str
    state: JobState
    count: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep freed: jobs of dead workers, by their new state, and timers whose hour had come unnoticed."""

    ready: int
    buried: int
    timers: int


def backoff(attempt: int, rng: random.Random, *, base_s: float = 1.0, longest_s: float = 300.0) -> float:
    """Seconds to wait after the `attempt`-th failure (from 1): anything up to base * 2^(attempt - 1), capped.

    The whole span is random, so that jobs that failed together do not come back together.
    """
    ceiling = min(longest_s, base_s * 2.0 ** min(max(attempt, 1) - 1, 60))
    return max(_SMALLEST_RETRY_S, rng.uniform(0.0, ceiling))


def job_id(tenant_id: UUID, dedupe: str) -> UUID:
    """The id es.append gives the job of this dedupe key: the same key is the same job."""
    return UUID(bytes=sha256(tenant_id.bytes + dedupe.encode()).digest()[:16])


class JobTable:
    """Claims, prolongs, fails and shows jobs, each in one short statement of its own."""

    def __init__(self, pool: ConnectionPool[Connection], policies: Mapping[str, QueuePolicy] = QUEUES) -> None:
        self._pool = pool
        self._limits = (list(policies), [p.max_attempts for p in policies.values()], _OTHER_MAX_ATTEMPTS)

    def claim(self, queue: str, n: int, lease_s: float) -> list[Job]:
        """Lease up to `n` due jobs, longest waiting first; jobs other workers are claiming are passed over."""
        return [Job(*row) for row in self._rows(_CLAIM, queue, n, timedelta(seconds=lease_s))]

    def heartbeat(self, job: UUID, token: UUID, lease_s: float) -> bool:
        """Prolong the lease to `lease_s` from now. False when it is lost."""
        return bool(self._value(_HEARTBEAT, job, token, timedelta(seconds=lease_s)))

    def fail(
        self, job: UUID, token: UUID, error: str, *, retry_in_s: float, max_attempts: int, snooze: bool = False
    ) -> JobState | None:
        """Give the job back, or bury it when its attempts are used up. None: the lease was no longer ours.

        `error` is the kind of failure and its stable code, never the text of an exception.
        """
        state = self._value(_FAIL, job, token, error, timedelta(seconds=retry_in_s), max_attempts, snooze)
        return None if state is None else JobState(state)

    def sweep(self) -> Swept:
        """Free the jobs of workers that died, and timers a test clock passed while they were being written."""
        states = [row[0] for row in self._rows(_SWEEP, *self._limits)]
        return Swept(states.count("ready"), states.count("buried"), self._value(_CLOCK_DUE))

    def ready(self, queues: Sequence[str], cap: int = 64) -> list[Readiness]:
        """What waits in each of `queues`."""
        return [Readiness(*row) for row in self._rows(_READY, list(queues), cap)]

    def announce(self) -> None:
        """Tell all relays that jobs were appended. Send it after the append has committed, never inside it."""
        self._value(_ANNOUNCE, CHANNEL)

    def counts(self) -> list[JobCount]:
        """Unfinished jobs of all tenants by queue and state."""
        return [JobCount(queue, JobState(state), n, age) for queue, state, n, age in self._rows(_COUNTS)]

    def of_tenant(
        self, tenant_id: UUID, states: Sequence[JobState] | None = None, queue: str | None = None, limit: int = 100
    ) -> list[JobSummary]:
        """One tenant's jobs, newest first."""
        return self._summaries(tenant_id, False, None, states, queue, limit)

    def of_everyone(
        self, states: Sequence[JobState] | None = None, queue: str | None = None, limit: int = 100
    ) -> list[JobSummary]:
        """Every tenant's jobs, newest first: for whoever runs the installation, never for a request of the API."""
        return self._summaries(None, True, None, states, queue, limit)

    def show(self, tenant_id: UUID, job: UUID) -> JobSummary | None:
        """One job of this tenant; None when it has no such job."""
        return next(iter(self._summaries(tenant_id, False, job, None, None, 1)), None)

    def find(self, job: UUID) -> JobSummary | None:
        """One job whoever it belongs to: for whoever runs the installation."""
        return next(iter(self._summaries(None, True, job, None, None, 1)), None)

    def retry(self, tenant_id: UUID, job: UUID) -> bool:
        """Start a buried or cancelled job over, or end a back-off. False when it is in no such state."""
        return bool(self._value(_RETRY, tenant_id, job))

    def bury(self, tenant_id: UUID, job: UUID, code: str = "operator") -> bool:
        """Set a waiting or running job aside; a worker that holds it loses its lease."""
        return bool(self._value(_BURY, tenant_id, job, f"Buried:{code}"))

    def cancel(self, tenant_id: UUID, job: UUID) -> bool:
        """Withdraw a job that is not running. False when it has begun or ended."""
        return bool(self._value(_CANCEL, tenant_id, job))

    def _summaries(
        self, tenant_id: UUID | None, everyone: bool, job: UUID | None,
        states: Sequence[JobState] | None, queue: str | None, limit: int,
    ) -> list[JobSummary]:
        wanted = None if states is None else [s.value for s in states]
        rows = self._rows(_LIST, tenant_id, everyone, job, wanted, queue, limit)
        return [JobSummary(row[0], row[1], row[2], JobState(row[3]), *row[4:]) for row in rows]

    def _rows(self, query: LiteralString, *params: object) -> list[tuple[Any, ...]]:
        with self._pool.connection(_POOL_WAIT_S) as conn:
            return conn.execute(query, params or None, prepare=True).fetchall()

    def _value(self, query: LiteralString, *params: object) -> Any:
        return self._rows(query, *params)[0][0]


_CLAIM: Final[LiteralString] = """
    SELECT id, tenant_id, queue, command, dedupe, run_at, after_position, attempts, at, lease_token
    FROM es.claim(%s, %s, %s)"""
_HEARTBEAT: Final[LiteralString] = "SELECT es.heartbeat(%s, %s, %s)"
_FAIL: Final[LiteralString] = "SELECT es.fail(%s, %s, %s, %s, %s, %s)::text"
_SWEEP: Final[LiteralString] = "SELECT result::text FROM es.sweep(%s, %s, %s)"
_CLOCK_DUE: Final[LiteralString] = "SELECT es.clock_due()"
_READY: Final[LiteralString] = "SELECT job_queue, due, next_in FROM es.ready(%s, %s)"
_ANNOUNCE: Final[LiteralString] = "SELECT pg_notify(%s, '')::text"
_COUNTS: Final[LiteralString] = "SELECT job_queue, job_state::text, n, oldest_s FROM es.job_counts()"
_LIST: Final[LiteralString] = """
    SELECT job_id, owner_id, job_queue, job_state::text, tries, due_at, claimable_at, made_at, ended_at,
      asked_at_position, dedupe_key, error
    FROM es.jobs_list(%s, %s, %s, %s::es.job_state[], %s, %s)"""
_RETRY: Final[LiteralString] = "SELECT es.job_retry(%s, %s)"
_BURY: Final[LiteralString] = "SELECT es.job_bury(%s, %s, %s)"
_CANCEL: Final[LiteralString] = "SELECT es.job_cancel(%s, %s)"
