"""Worker processes: what one consists of, and the supervisor that keeps them running."""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from types import FrameType
from typing import Any, Final

from infrastructure import postgres
from infrastructure.jobs import QUEUES, JobTable, QueuePolicy
from infrastructure.leases import Desk, Heart, Run
from infrastructure.queues import JobQueues
from infrastructure.relay import Relay

log = logging.getLogger(__name__)

DRAIN_S: Final = 25.0
"""How long a leaving worker may finish what it is doing. What is left then, its lease gives to another."""

UNFINISHED: Final = 75
"""Exit status of a worker that left with jobs under way."""

RunFactory = Callable[[Mapping[str, Any]], AbstractContextManager[Run]]
"""Builds, in the worker's own process, what carries out its jobs; leaving the context closes it."""

_LOOK_S: Final = 0.5
_ALONE: Final = frozenset({"pdf_render"})
_CONNECTIONS: Final = 6
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_STEADY_AFTER_S: Final = 60.0
_LOADED_IN: Final = os.getpid()


class Crew:
    """One process's share of the work: database pool, heart, actors and relay, started and stopped together."""

    def __init__(
        self, run: Run, queues: Sequence[str], *, database_url: str, redis_url: str | None = None, name: str = "worker",
        policies: Mapping[str, QueuePolicy] = QUEUES,
    ) -> None:
        self._pool = postgres.pool(database_url, "app", _CONNECTIONS)
        table = JobTable(self._pool, policies)
        self._heart = Heart()
        desk = Desk(table, run, self._heart, random.SystemRandom(), policies)
        self.queues = JobQueues(desk, queues, redis_url=redis_url, name=name, policies=policies)
        self.relay = Relay(database_url, table, self.queues.slots, self.queues.ring)

    def start(self) -> None:
        """Begin to take jobs."""
        self._heart.start()
        self.queues.start()
        self.relay.start()

    def stop(self, drain_s: float = DRAIN_S) -> bool:
        """Take no further job and finish those under way. False when some were not done in `drain_s` seconds;
        the pool is then left open to them, and the process should end."""
        self.queues.slots.close()
        self.relay.stop()
        idle = self.queues.stop(drain_s)
        if idle:
            self._heart.stop()
            self._pool.close()
        return idle


def run_worker(target: str, queues: Sequence[str], settings: Mapping[str, Any]) -> int:
    """Serve `queues` in this process until SIGTERM or SIGINT, or until the supervisor that started it is gone.

    `target` is "module:function", a RunFactory called with `settings`, of which this function reads `database_url`
    (the app login's), `redis_url`, `worker_name` and `drain_s`. Returns the process's exit status; after UNFINISHED the
    caller should end the process at once, since jobs are still under way in it. Only for a process's main thread.
    """
    leaving = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: leaving.set())
    with ExitStack() as opened:
        crew = Crew(
            opened.enter_context(_load(target)(settings)), queues, database_url=settings["database_url"],
            redis_url=settings.get("redis_url"), name=settings.get("worker_name", "worker"),
        )
        crew.start()
        while not leaving.wait(_LOOK_S):
            if not supervised():
                log.warning("the supervisor is gone, leaving")
                break
        if crew.stop(settings.get("drain_s", DRAIN_S)):
            return 0
        log.warning("left with jobs under way; their leases give them to another worker")
        opened.pop_all()  # those jobs still use what the factory opened
        return UNFINISHED


def _load(target: str) -> RunFactory:
    module, _, function = target.partition(":")
    factory: RunFactory = getattr(importlib.import_module(module), function)
    return factory


def supervised() -> bool:
    """Whether the supervisor that started this process as a worker lives, and the process it was forked from.

    True in a process that nobody supervises. One that outlived only the latter would not be known to its supervisor,
    who has put another in its place.
    """
    supervisor = multiprocessing.parent_process()
    forked = os.getpid() != _LOADED_IN
    return (supervisor is None or supervisor.is_alive()) and (not forked or os.getppid() == _LOADED_IN)


def _child(target: str, queues: Sequence[str], settings: Mapping[str, Any]) -> None:
    status = run_worker(target, queues, settings) if supervised() else 0
    logging.shutdown()
    os._exit(status)


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """One process to keep running. Its name is unique among the workers that share a Redis."""

    name: str
    queues: tuple[str, ...]


def plan_workers(queues: Sequence[str] = tuple(QUEUES), general: int = 1, pdf: int = 1) -> list[WorkerPlan]:
    """Which processes serve `queues`: rendering holds a core for its whole length, so it has processes of its own,
    one thread each; all other queues share `general` processes."""
    shared = tuple(q for q in queues if q not in _ALONE)
    plans = [WorkerPlan(f"work-{n + 1}", shared) for n in range(general if shared else 0)]
    alone = [q for q in queues if q in _ALONE]
    return plans + [WorkerPlan(f"{queue.partition('_')[0]}-{n + 1}", (queue,)) for queue in alone for n in range(pdf)]


class Place:
    """A planned process and whoever fills it just now."""

    def __init__(self, plan: WorkerPlan) -> None:
        self.plan = plan
        self.process: ForkServerProcess | None = None
        self.started_at = 0.0
        self.due_at = 0.0
        self.pause_s = _FIRST_PAUSE_S

    def vacate(self, now: float) -> None:
        """Its process ended unasked: another follows, the later the more often that happens."""
        self.process = None
        if now - self.started_at > _STEADY_AFTER_S:
            self.pause_s = _FIRST_PAUSE_S
        self.due_at = now + self.pause_s
        self.pause_s = min(self.pause_s * 2, _LONGEST_PAUSE_S)


class Supervisor:
    """Keeps the planned worker processes running until it is stopped.

    Children that die are replaced, after pauses of 0.5 to 30 s. Stopping lets them finish their jobs. If the supervisor
    itself is killed they leave within half a second.

    Children are forked from a process that has loaded `target` and done nothing else, which takes milliseconds and
    one load for all of them. Never from this process: it has threads, and locks that a fork would leave shut.
    """

    def __init__(
        self,
        target: str,
        plans: Sequence[WorkerPlan],
        settings: Mapping[str, Any],
        host: str = "",
        leaving: threading.Event | None = None,
    ) -> None:
        """`leaving`: set, perhaps before `run`, when somebody has asked it to stop."""
        self._target = target
        self._settings = dict(settings)
        self.host = host or os.uname().nodename
        self._places = [Place(plan) for plan in plans]
        self._leaving = leaving or threading.Event()
        self._nursery = multiprocessing.get_context("forkserver")
        self._nursery.set_forkserver_preload([__name__, target.partition(":")[0]])

    def pids(self) -> dict[str, int]:
        """The processes running now, by name."""
        return {p.plan.name: pid for p in self._places if p.process and (pid := p.process.pid) is not None}

    def start(self) -> None:
        """Start every planned process."""
        for place in self._places:
            self._fill(place)

    def run(self) -> None:
        """Start, and stay until `leave`; then stop. On the main thread SIGTERM and SIGINT end it too."""
        before = self._take_signals() if threading.current_thread() is threading.main_thread() else {}
        try:
            if not self._leaving.is_set():
                self.start()
            while not self._leaving.is_set():
                self.tend()
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def leave(self) -> None:
        """Make `run` end. Safe from any thread."""
        self._leaving.set()

    def tend(self, wait_s: float = _LOOK_S) -> None:
        """Wait up to `wait_s` for a process to end, and replace those that did when their pause is over."""
        wait([p.process.sentinel for p in self._places if p.process], timeout=wait_s)
        now = time.monotonic()
        for place in self._places:
            if place.process and not place.process.is_alive():
                log.error("worker %s ended with status %s", place.plan.name, place.process.exitcode)
                place.process.close()
                place.vacate(now)
            if place.process is None and place.due_at <= now and not self._leaving.is_set():
                self._fill(place)

    def stop(self) -> bool:
        """Let every worker finish its jobs and leave. False when one had to be killed or left jobs under way."""
        self._leaving.set()
        running = [p.process for p in self._places if p.process]
        for process in running:
            process.terminate()
        until = time.monotonic() + self._settings.get("drain_s", DRAIN_S) + 10.0
        for process in running:
            process.join(max(until - time.monotonic(), 0.0))
            if process.is_alive():
                process.kill()
                process.join()
        # One ended by the signal itself had not begun to take jobs.
        clean = all(process.exitcode in (0, -signal.SIGTERM) for process in running)
        for place in self._places:
            place.process = None
        return clean

    def _fill(self, place: Place) -> None:
        settings = {**self._settings, "worker_name": f"{self.host}:{place.plan.name}"}
        place.started_at = time.monotonic()
        place.process = self._nursery.Process(
            target=_child, args=(self._target, place.plan.queues, settings), name=place.plan.name
        )
        place.process.start()

    def _take_signals(self) -> dict[int, Any]:
        def leave(number: int, frame: FrameType | None) -> None:
            self._leaving.set()

        return {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
