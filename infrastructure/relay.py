"""The relay: a thread in each worker process that notices due jobs and rings for them."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import psycopg
import redis

from infrastructure.jobs import CHANNEL, JobTable, backoff
from infrastructure.queues import Slots

log = logging.getLogger(__name__)

POLL_S: Final = 1.0
SWEEP_S: Final = 2.0

_GATHER_S: Final = 0.005
_CONNECT_TIMEOUT_S: Final = 5
_LONGEST_PAUSE_S: Final = 5.0


class Relay(threading.Thread):
    """Looks when a notification comes, when the next timer falls due, and at the latest every `POLL_S` seconds.

    It rings its own process only, and only as often as jobs are due and slots are free. Every `SWEEP_S` it frees the
    jobs of dead workers, anywhere. Lost connections are made anew, after growing pauses.
    """

    def __init__(
        self, url: str, table: JobTable, slots: Slots, ring: Callable[[str], None], *,
        poll_s: float = POLL_S, sweep_s: float = SWEEP_S, rng: random.Random | None = None,
    ) -> None:
        super().__init__(name="sfdify-relay", daemon=True)
        self._url = url
        self._table = table
        self._slots = slots
        self._ring = ring
        self._poll_s = poll_s
        self._sweep_s = sweep_s
        self._rng = rng or random.SystemRandom()
        self._sweep_at = 0.0
        self._stopping = threading.Event()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Stop looking. Rings already sent are still answered."""
        self._stopping.set()
        with suppress(psycopg.Error):
            self._table.announce()  # wakes the thread; without it, it notices within the poll
        self.join(timeout_s)

    def run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            listening_since = time.monotonic()
            try:
                self._listen()
            except (psycopg.Error, redis.RedisError, OSError) as error:
                failures = failures + 1 if time.monotonic() - listening_since < _LONGEST_PAUSE_S else 1
                pause = backoff(failures, self._rng, base_s=0.2, longest_s=_LONGEST_PAUSE_S)
                log.warning("relay interrupted (%s), again in %.1f s", type(error).__name__, pause)
                self._stopping.wait(pause)

    def _listen(self) -> None:
        with psycopg.connect(
            self._url, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_S, application_name="sfdify relay",
            keepalives_idle=30, tcp_user_timeout=30_000,
        ) as conn:
            conn.execute(f"LISTEN {CHANNEL}")
            while not self._stopping.is_set():
                if time.monotonic() >= self._sweep_at:
                    self._sweep()
                wait_s = self.look()
                for notice in conn.notifies(timeout=wait_s):
                    if self._concerns_us(notice.payload):
                        self._stopping.wait(_GATHER_S)  # one look for notifications that come together
                        break

    def _concerns_us(self, payload: str) -> bool:
        """A notification names the queues that got jobs, separated by commas; an empty one is for everybody."""
        return not payload or not set(payload.split(",")).isdisjoint(self._slots.queues)

    def _sweep(self) -> None:
        self._sweep_at = time.monotonic() + self._sweep_s
        swept = self._table.sweep()
        if swept.ready or swept.buried:
            log.warning("leases of dead workers: %d jobs freed, %d buried", swept.ready, swept.buried)

    def look(self) -> float:
        """Ring for what is due. Returns the seconds until it is worth looking again unasked."""
        wait_s = min(self._poll_s, max(self._sweep_at - time.monotonic(), 0.0))
        for waiting in self._table.ready(self._slots.queues, self._slots.total):
            room = self._slots.room(waiting.queue) if waiting.due else 0
            for _ in range(min(waiting.due, room)):
                self._ring(waiting.queue)
            if waiting.next_in_s is not None:
                wait_s = min(wait_s, waiting.next_in_s)
        return max(wait_s, _GATHER_S)
