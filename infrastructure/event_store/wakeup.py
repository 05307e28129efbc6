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
from psycopg import pq
from psycopg_pool import ConnectionPool

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
            conn = self._pool.getconn(timeout=1)
        except psycopg.OperationalError:
            log.warning("could not ring the bell, no connection was free; readers will poll")
            return
        try:
            rung = self._notify(conn, ",".join(sorted(queues)))
        finally:
            self._pool.putconn(conn)
        if not rung:
            log.warning("could not ring the bell; readers will poll")

    def _notify(self, conn: Connection, queues: str) -> bool:
        """One round trip below the cursor: this runs up to 200 times a second beside the appends."""
        pgconn = conn.pgconn
        result = pgconn.exec_params(_RING_BOTH, [queues.encode()]) if queues else pgconn.exec_(_RING)
        return result.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


_RING: Final = f"NOTIFY {EVENTS}".encode()
_RING_BOTH: Final = f"SELECT pg_notify('{EVENTS}', ''), pg_notify('{JOBS}', $1)".encode()
