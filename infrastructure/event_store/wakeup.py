"""Tells readers and workers that there is something new, outside the transaction that wrote it.

A NOTIFY inside an append takes a lock over the whole cluster's commits, so the bell is rung afterwards,
at most once in five milliseconds a process. Readers poll as well: a lost ring costs time, never an event.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from typing import Final

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from infrastructure.postgres import Connection

EVENTS: Final = "sfdify_events"
JOBS: Final = "sfdify_jobs"
INTERVAL_S: Final = 0.005

log = logging.getLogger(__name__)


class Wakeup:
    """A thread that rings `sfdify_events`, and `sfdify_jobs` with the names of the queues, after commits."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool
        self._due = threading.Event()
        self._closing = threading.Event()
        self._queues: set[str] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def poke(self, queues: Iterable[str] = ()) -> None:
        """There are new events, and new jobs in these queues."""
        if queues:
            with self._lock:
                self._queues.update(queues)
        if self._thread is None:
            self._start()
        if not self._due.is_set():
            self._due.set()

    def close(self) -> None:
        """Ring what is still due and stop."""
        self._closing.set()
        self._due.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="sfdify-wakeup", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._due.wait()
            self._due.clear()
            self._ring()
            if self._closing.wait(INTERVAL_S):
                if self._due.is_set():
                    self._ring()
                return

    def _ring(self) -> None:
        with self._lock:
            queues, self._queues = self._queues, set()
        try:
            with self._pool.connection(timeout=1) as conn:
                if queues:
                    names = ",".join(sorted(queues))
                    conn.execute("SELECT pg_notify(%s, ''), pg_notify(%s, %s)", (EVENTS, JOBS, names))
                else:
                    conn.execute("SELECT pg_notify(%s, '')", (EVENTS,))
        except (psycopg.Error, PoolTimeout) as error:
            log.warning("could not ring the bell; readers will poll (%s)", type(error).__name__)
