"""A small application for worker processes: its jobs say what they do, and leave a trace of every try.

A try is a line in a file, written when the job begins; an effect is an event, appended in the statement that finishes
the job. `python -m tests.support.worker_app` runs a supervisor over it, with settings as JSON on standard input.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from infrastructure import postgres
from infrastructure.jobs import Job, PermanentFailure, Snooze, job_id
from infrastructure.leases import Lease, Run
from infrastructure.workers import Supervisor, WorkerPlan

TARGET = "tests.support.worker_app:worker"

_APPEND = """SELECT es.append(%s, %s::uuid[], %s::bigint[], %s::text[], %s::bytea[], %s, NULL, NULL, NULL,
  %s::text[], %s::bytea[], %s::text[], %s::timestamptz[], %s, %s)"""


@dataclass(frozen=True)
class NewJob:
    """A job to append: `do` is what the worker makes of it."""

    dedupe: str
    do: dict[str, Any] = field(default_factory=dict)
    queue: str = "reconcile"
    run_at: datetime | None = None


def append(
    conn: psycopg.Connection[Any],
    tenant: UUID,
    *,
    events: Sequence[UUID] = (),
    jobs: Sequence[NewJob] = (),
    job: UUID | None = None,
    token: UUID | None = None,
) -> list[UUID]:
    """Call es.append with one first event for each of `events` and with `jobs`; the ids of the jobs."""
    conn.execute(
        _APPEND,
        (
            tenant,
            list(events),
            [1] * len(events),
            ["effect.v1"] * len(events),
            [b"{}"] * len(events),
            b"{}",
            [j.queue for j in jobs] or None,
            [json.dumps(j.do).encode() for j in jobs] or None,
            [j.dedupe for j in jobs] or None,
            [j.run_at for j in jobs] if any(j.run_at for j in jobs) else None,
            job,
            token,
        ),
    )
    return [job_id(tenant, j.dedupe) for j in jobs]


@contextmanager
def worker(settings: Mapping[str, Any]) -> Iterator[Run]:
    """The factory worker processes are given. `settings["tries"]` names the file of tries."""
    tries = Path(settings["tries"])
    if not tries.parent.is_dir():
        raise FileNotFoundError(f"{tries.parent} is needed to start")
    pool = postgres.pool(settings["database_url"], "app", 8)

    def run(job: Job, lease: Lease) -> None:
        do = json.loads(job.command)
        with tries.open("a") as trace:
            trace.write(f"{job.id} {os.getpid()} {job.lease_token}\n")
        act(do, job)
        with pool.connection() as conn:
            append(conn, job.tenant_id, events=[job.id], job=job.id, token=lease.token)

    with pool:
        yield run


def act(do: Mapping[str, Any], job: Job) -> None:
    """What the job says, before it is finished."""
    if job.attempts <= do.get("fail_first", 0):
        raise RuntimeError("a message that must not be stored: 123-45-6789")
    if do.get("crash"):
        os.kill(os.getpid(), 9)
    if "snooze_until_exists" in do and not Path(do["snooze_until_exists"]).exists():
        raise Snooze(0.1, "waiting_for_file")
    if "bury" in do:
        raise PermanentFailure(do["bury"])
    time.sleep(do.get("sleep", 0))
    while "wait_until_exists" in do and not Path(do["wait_until_exists"]).exists():
        time.sleep(0.02)


def main() -> None:
    """A supervisor in a process of its own; prints its workers' process ids."""
    given = json.loads(sys.stdin.readline())
    plans = [WorkerPlan(name, tuple(queues)) for name, queues in given["plans"]]
    supervisor = Supervisor(TARGET, plans, given["settings"])
    threading.Thread(target=announce, args=(supervisor, len(plans))).start()
    supervisor.run()


def announce(supervisor: Supervisor, planned: int) -> None:
    """Print the workers' process ids by name, once all of them run."""
    while len(supervisor.pids()) < planned:
        time.sleep(0.02)
    sys.stdout.write(json.dumps(supervisor.pids()) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
