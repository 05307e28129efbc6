"""Worker processes for real: started, killed, drained and replaced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from infrastructure import postgres
from infrastructure.jobs import QUEUES, JobState, JobTable
from infrastructure.workers import Place, Supervisor, WorkerPlan, plan_workers
from tests.support.postgres import TestDatabase
from tests.support.worker_app import TARGET, NewJob, append

pytest_plugins = ["tests.support.redis"]

TENANT = uuid4()
ROOT = Path(__file__).parents[2]
DEADLINE_S = 60
RECOVERY_S = 20
"""The promise: within this time another worker has done a killed worker's job."""


class Works:
    """A database, its supervisor, and what the jobs leave behind."""

    def __init__(self, database: TestDatabase, folder: Path, redis_url: str | None, opened: ExitStack) -> None:
        self.tries_file = folder / "tries"
        self.tries_file.touch()
        self.settings: dict[str, Any] = {
            "database_url": database.app_url, "tries": str(self.tries_file), "redis_url": redis_url, "drain_s": 20
        }
        self.pool = opened.enter_context(postgres.pool(database.app_url, "app", 2))
        self.admin = opened.enter_context(psycopg.connect(database.admin_url, autocommit=True))
        self.table = JobTable(self.pool)
        self.opened = opened

    def supervise(self, *plans: WorkerPlan, **settings: Any) -> Supervisor:
        supervisor = Supervisor(TARGET, plans, {**self.settings, **settings}, host="test")
        self.opened.callback(supervisor.stop)
        supervisor.start()
        return supervisor

    def add(self, *jobs: NewJob) -> list[UUID]:
        with self.pool.connection() as conn:
            added = append(conn, TENANT, jobs=jobs)
        self.table.announce()
        return added

    def tries(self) -> list[tuple[UUID, int, UUID]]:
        """Which process began which job under which token, in order."""
        lines = [line.split() for line in self.tries_file.read_text().splitlines()]
        return [(UUID(job), int(pid), UUID(token)) for job, pid, token in lines]

    def effects(self) -> Counter[UUID]:
        rows = self.admin.execute("SELECT originator_id FROM es.event WHERE topic = 'effect.v1'").fetchall()
        return Counter(row[0] for row in rows)

    def state(self, job: UUID) -> JobState:
        found = self.table.find(job)
        assert found is not None
        return found.state


@pytest.fixture
def works(database: TestDatabase, tmp_path: Path) -> Iterator[Works]:
    with ExitStack() as opened:
        yield Works(database, tmp_path, None, opened)


@pytest.fixture(params=["memory", "redis"])
def works_on_either(request: pytest.FixtureRequest, database: TestDatabase, tmp_path: Path) -> Iterator[Works]:
    redis_url = request.getfixturevalue("redis_url") if request.param == "redis" else None
    with ExitStack() as opened:
        yield Works(database, tmp_path, redis_url, opened)


def eventually(holds: Callable[[], bool], within_s: float = DEADLINE_S) -> None:
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, f"it did not come about within {within_s} s"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text() if sys.platform == "linux" else ""
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return ") Z " not in status


@pytest.mark.slow
@pytest.mark.slow
def test_a_job_whose_worker_is_killed_is_done_once_by_another(works_on_either: Works, tmp_path: Path) -> None:
    works, go = works_on_either, tmp_path / "go"
    supervisor = works.supervise(WorkerPlan("one", ("mail_send",)), WorkerPlan("two", ("mail_send",)))
    [job] = works.add(NewJob("paid", {"wait_until_exists": str(go)}, "mail_send"))
    eventually(lambda: len(works.tries()) == 1)
    [(_, killed, stale)] = works.tries()
    assert killed in supervisor.pids().values()
    os.kill(killed, signal.SIGKILL)
    go.touch()
    eventually(lambda: works.state(job) is JobState.DONE, within_s=RECOVERY_S)
    assert works.effects() == {job: 1}
    [_, (again, heir, token)] = works.tries()
    assert again == job
    assert heir != killed
    assert token != stale
    with works.pool.connection() as conn, pytest.raises(psycopg.Error) as refused:
        append(conn, TENANT, events=[uuid4()], job=job, token=stale)
    assert refused.value.sqlstate == "SF001"
    assert works.effects() == {job: 1}


def test_a_worker_that_dies_is_replaced_under_its_name(works: Works) -> None:
    supervisor = works.supervise(WorkerPlan("one", ("reconcile",)))
    [first] = works.add(NewJob("a"))
    eventually(lambda: works.state(first) is JobState.DONE)
    before = supervisor.pids()["one"]
    os.kill(before, signal.SIGKILL)
    eventually(lambda: supervisor.tend(0.05) is None and supervisor.pids().get("one", before) != before)
    [second] = works.add(NewJob("b"))
    eventually(lambda: works.state(second) is JobState.DONE)
    assert works.effects() == Counter([first, second])


def test_a_job_that_kills_its_workers_does_not_stop_the_others(works: Works) -> None:
    supervisor = works.supervise(WorkerPlan("one", ("webhook_proc",)), WorkerPlan("two", ("reconcile",)))
    [poison] = works.add(NewJob("poison", {"crash": True}, "webhook_proc"))
    eventually(lambda: len(works.tries()) == 1)
    others = works.add(*[NewJob(f"{n}", queue="reconcile") for n in range(20)])
    eventually(lambda: supervisor.tend(0.05) is None and works.effects() == Counter(others))
    assert works.state(poison) is JobState.RUNNING


def test_terminating_lets_jobs_finish_and_leaves_the_rest(works: Works, tmp_path: Path) -> None:
    supervisor = works.supervise(WorkerPlan("one", ("pdf_render",)))
    under_way = NewJob("under way", {"wait_until_exists": str(tmp_path / "go")}, "pdf_render")
    [first] = works.add(under_way)
    eventually(lambda: len(works.tries()) == 1)
    [second] = works.add(NewJob("next", queue="pdf_render"))
    [pid] = supervisor.pids().values()
    os.kill(pid, signal.SIGTERM)
    os.kill(pid, signal.SIGINT)
    time.sleep(0.3)
    assert alive(pid)
    (tmp_path / "go").touch()
    assert supervisor.stop()
    assert works.state(first) is JobState.DONE
    assert works.state(second) is JobState.READY
    assert works.effects() == {first: 1}


def test_a_worker_that_cannot_finish_leaves_its_job_to_the_lease(works: Works, tmp_path: Path) -> None:
    supervisor = works.supervise(WorkerPlan("one", ("pdf_render",)), drain_s=0.2)
    [stuck] = works.add(NewJob("stuck", {"wait_until_exists": str(tmp_path / "never")}, "pdf_render"))
    eventually(lambda: len(works.tries()) == 1)
    [pid] = supervisor.pids().values()
    assert not supervisor.stop()
    assert not alive(pid)
    assert works.state(stuck) is JobState.RUNNING
    assert works.effects() == {}


def test_workers_leave_when_their_supervisor_is_killed(works: Works) -> None:
    given = {"plans": [["one", ["reconcile"]], ["two", ["mail_send"]]], "settings": works.settings}
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "tests.support.worker_app"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert supervisor.stdin is not None
    assert supervisor.stdout is not None
    with supervisor:
        supervisor.stdin.write(json.dumps(given).encode() + b"\n")
        supervisor.stdin.flush()
        pids = json.loads(supervisor.stdout.readline())
        [job] = works.add(NewJob("a"))
        eventually(lambda: works.state(job) is JobState.DONE)
        assert all(alive(pid) for pid in pids.values())
        supervisor.kill()
        supervisor.wait(10)
        eventually(lambda: not any(alive(pid) for pid in pids.values()))
    assert len(pids) == 2


def test_a_worker_whose_nursery_is_killed_is_replaced_and_leaves(works: Works) -> None:
    supervisor = works.supervise(WorkerPlan("one", ("reconcile",)))
    first = supervisor.pids()["one"]
    nursery = subprocess.run(["ps", "-o", "ppid=", "-p", str(first)], capture_output=True, check=True).stdout
    os.kill(int(nursery), signal.SIGKILL)
    eventually(lambda: not alive(first))
    eventually(lambda: (supervisor.tend(0.1), supervisor.pids().get("one", first) != first)[1])
    [job] = works.add(NewJob("a"))
    eventually(lambda: works.state(job) is JobState.DONE)


def test_interrupting_a_supervisor_stops_everything_in_order(works: Works) -> None:
    given = {"plans": [["one", ["reconcile"]]], "settings": works.settings}
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "tests.support.worker_app"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert supervisor.stdin is not None
    assert supervisor.stdout is not None
    with supervisor:
        supervisor.stdin.write(json.dumps(given).encode() + b"\n")
        supervisor.stdin.flush()
        pids = json.loads(supervisor.stdout.readline())
        [job] = works.add(NewJob("a"))
        eventually(lambda: works.state(job) is JobState.DONE)
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(30) == 0
    assert not any(alive(pid) for pid in pids.values())


def test_the_pause_before_a_replacement_grows_while_workers_die_young() -> None:
    place = Place(WorkerPlan("one", ("reconcile",)))
    pauses = []
    for _ in range(9):
        place.started_at = 1000.0
        place.vacate(1001.0)
        pauses.append(place.due_at - 1001.0)
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    place.vacate(place.started_at + 3600)
    assert place.due_at == place.started_at + 3600 + 0.5


def test_a_worker_that_cannot_start_is_tried_again(works: Works) -> None:
    nowhere = works.tries_file.parent / "not yet there" / "tries"
    supervisor = works.supervise(WorkerPlan("one", ("reconcile",)), tries=str(nowhere))
    first = supervisor.pids()["one"]
    [job] = works.add(NewJob("a"))
    eventually(lambda: supervisor.tend(0.05) is None and supervisor.pids().get("one", first) != first)
    assert works.state(job) is JobState.READY
    nowhere.parent.mkdir()
    eventually(lambda: supervisor.tend(0.05) is None and works.state(job) is JobState.DONE)


def test_rendering_has_processes_of_its_own() -> None:
    plans = plan_workers(general=2, pdf=2)
    assert [p.name for p in plans] == ["work-1", "work-2", "pdf-1", "pdf-2"]
    assert all("pdf_render" not in p.queues for p in plans[:2])
    assert [p.queues for p in plans[2:]] == [("pdf_render",)] * 2
    assert {q for p in plans for q in p.queues} == set(QUEUES)
    assert QUEUES["pdf_render"].concurrency == 1


def test_only_the_asked_for_queues_are_planned() -> None:
    assert plan_workers(["pdf_render"]) == [WorkerPlan("pdf-1", ("pdf_render",))]
    assert plan_workers(["billing", "reconcile"]) == [WorkerPlan("work-1", ("billing", "reconcile"))]


def test_one_asked_to_stop_before_it_began_starts_nobody() -> None:
    leaving = threading.Event()
    leaving.set()
    supervisor = Supervisor(TARGET, [WorkerPlan("one", ("mail_send",))], {}, leaving=leaving)
    supervisor.run()
    assert supervisor.pids() == {}
