"""Carrying out one job: its lease is kept alive while it runs, and its end is always written down."""

from __future__ import annotations

import logging
import random
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Final
from uuid import UUID

import psycopg

from domain.kernel import DomainError
from infrastructure.jobs import (
    HEARTBEAT_S,
    QUEUES,
    Job,
    JobState,
    JobTable,
    LeaseLost,
    PermanentFailure,
    QueuePolicy,
    Snooze,
    backoff,
)

log = logging.getLogger(__name__)

_PULSE_S: Final = 0.5


class Lease:
    """The right to carry out one job. Give `token` to es.append when the job is finished."""

    def __init__(self, table: JobTable, job: Job, lease_s: float) -> None:
        self._table = table
        self._job = job
        self._lease_s = lease_s
        self._lost = False
        self.renewed_at = time.monotonic()

    @property
    def token(self) -> UUID:
        """Proves to es.append that the job is still ours."""
        return self._job.lease_token

    @property
    def held(self) -> bool:
        """False once a heartbeat has been refused."""
        return not self._lost

    def renew(self) -> None:
        """Prolong the lease now; call it just before every call to an outside party. Raises LeaseLost."""
        if self._lost or not self._table.heartbeat(self._job.id, self.token, self._lease_s):
            self._lost = True
            raise LeaseLost(str(self._job.id))
        self.renewed_at = time.monotonic()


Run = Callable[[Job, Lease], None]
"""Carries out a job and finishes it through es.append. Raises Snooze, PermanentFailure or a DomainError to end it
otherwise; LeaseLost to stop; anything else is retried."""


class Heart:
    """Renews every running job's lease each `HEARTBEAT_S` seconds, on one thread of its own for the whole process."""

    def __init__(self, every_s: float = HEARTBEAT_S) -> None:
        self._every_s = every_s
        self._leases: set[Lease] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="sfdify-heart", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; leases kept until now run out by themselves."""
        self._stopped.set()
        self._thread.join(timeout=2.0)

    @contextmanager
    def keeping(self, lease: Lease) -> Iterator[None]:
        """Keep `lease` alive while the block runs."""
        with self._lock:
            self._leases.add(lease)
        try:
            yield
        finally:
            with self._lock:
                self._leases.discard(lease)

    def _beat(self) -> None:
        while not self._stopped.wait(min(_PULSE_S, self._every_s)):
            with self._lock:
                due = [x for x in self._leases if x.held and time.monotonic() - x.renewed_at >= self._every_s]
            for lease in due:
                self._renew(lease)

    def _renew(self, lease: Lease) -> None:
        try:
            lease.renew()
        except LeaseLost:
            with self._lock:
                running = lease in self._leases
            if running:
                log.warning("a running job lost its lease")
        except psycopg.Error as error:
            log.warning("heartbeat failed, will try again: %s", type(error).__name__)


class Outcome(StrEnum):
    """How an attempt ended. `lost`: somebody else has the job, so this attempt wrote nothing."""

    DONE = "done"
    RETRIED = "retried"
    SNOOZED = "snoozed"
    BURIED = "buried"
    LOST = "lost"


class Desk:
    """Takes jobs of any queue through one attempt each."""

    def __init__(
        self, table: JobTable, run: Run, heart: Heart, rng: random.Random, policies: Mapping[str, QueuePolicy] = QUEUES
    ) -> None:
        self._table = table
        self._run = run
        self._heart = heart
        self._rng = rng
        self._policies = policies

    def claim(self, queue: str) -> Job | None:
        """The job of `queue` that has waited longest, leased to us."""
        return next(iter(self._table.claim(queue, 1, self._policies[queue].lease_s)), None)

    def carry_out(self, job: Job) -> Outcome:
        """One attempt. Whatever `run` does, the job ends finished, given back, buried, or somebody else's."""
        lease = Lease(self._table, job, self._policies[job.queue].lease_s)
        outcome = self._attempt(job, lease)
        if outcome is not Outcome.DONE:
            log.info("job %s queue=%s attempt=%d %s", job.id, job.queue, job.attempts, outcome)
        return outcome

    def _attempt(self, job: Job, lease: Lease) -> Outcome:
        try:
            with self._heart.keeping(lease):
                self._run(job, lease)
        except LeaseLost:
            return Outcome.LOST
        except Snooze as snooze:
            return self._give_back(job, f"Snooze:{snooze.code}", snooze.seconds, snooze=True)
        except (PermanentFailure, DomainError) as error:
            return self._give_back(job, f"{type(error).__name__}:{error.code}", 0.0, max_attempts=0)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the job must be given back
            return self._retry(job, error)
        # A finished job is no longer running under our token; one that still is was forgotten by its handler.
        forgotten = self._give_back(job, "NotFinished:not_finished", self._wait(job))
        return Outcome.DONE if forgotten is Outcome.LOST else forgotten

    def _retry(self, job: Job, error: Exception) -> Outcome:
        sqlstate = getattr(error, "sqlstate", None)
        if sqlstate == LeaseLost.sqlstate:
            return Outcome.LOST
        log.warning("job %s queue=%s failed: %s at %s", job.id, job.queue, type(error).__name__, _place(error))
        return self._give_back(job, f"{type(error).__name__}:{sqlstate or 'unexpected'}", self._wait(job))

    def _wait(self, job: Job) -> float:
        return backoff(job.attempts, self._rng, longest_s=self._policies[job.queue].longest_retry_s)

    def _give_back(
        self, job: Job, error: str, wait_s: float, *, max_attempts: int | None = None, snooze: bool = False
    ) -> Outcome:
        limit = self._policies[job.queue].max_attempts if max_attempts is None else max_attempts
        state = self._table.fail(
            job.id, job.lease_token, error, retry_in_s=wait_s, max_attempts=limit, snooze=snooze
        )
        if state is None:
            return Outcome.LOST
        if state is JobState.BURIED:
            log.error("job %s queue=%s buried after %d attempts: %s", job.id, job.queue, job.attempts, error)
            return Outcome.BURIED
        return Outcome.SNOOZED if snooze else Outcome.RETRIED


def _place(error: Exception) -> str:
    """File and line where an error arose, without its text, which may hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "unknown"
