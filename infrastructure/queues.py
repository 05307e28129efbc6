"""The doorbells: one dramatiq actor per queue. A ring says "there is work" and names nothing else.

The job table alone knows what is to be done, so a lost, late or doubled ring costs time, never a job: the actor that
answers claims the job that has waited longest, again and again until none is due.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import dramatiq
import psycopg
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker

from infrastructure.jobs import QUEUES, QueuePolicy
from infrastructure.leases import Desk

log = logging.getLogger(__name__)

REDIS_TIMEOUT_S: Final = 5.0
RING_LIFE_S: Final = 2.0
"""A ring nobody answered by then is taken for lost (Redis was flushed or restarted) and may be repeated."""

_IDLE_MS: Final = 500
_REDIS_IDLE_MS: Final = 200
_REDIS_OFFLINE_AFTER_MS: Final = 60_000
_REDIS_MAINTENANCE_PER_MILLION: Final = 50_000


class Slots:
    """How many jobs of each queue this process may still take: no ring is sent that nobody is free to answer."""

    def __init__(self, limits: Mapping[str, int], now: Callable[[], float] = time.monotonic) -> None:
        self._limits = dict(limits)
        self._now = now
        self._busy = dict.fromkeys(limits, 0)
        self._rings: dict[str, deque[float]] = {queue: deque() for queue in limits}
        self._asked = dict.fromkeys(limits, False)
        self._closed = False
        self._lock = threading.Condition()

    @property
    def queues(self) -> list[str]:
        """The queues this process serves."""
        return list(self._limits)

    @property
    def total(self) -> int:
        """Jobs this process may run at once."""
        return sum(self._limits.values())

    @property
    def closed(self) -> bool:
        """True once the process is leaving and takes no further job."""
        return self._closed

    def room(self, queue: str) -> int:
        """Free slots of `queue` that no ring under way will take. When there is none, whoever holds a slot is
        asked to look once more before leaving, so that work noticed now does not wait for the next poll."""
        with self._lock:
            if self._closed:
                return 0
            rings = self._rings[queue]
            while rings and rings[0] <= self._now():
                rings.popleft()
            room = self._limits[queue] - self._busy[queue] - len(rings)
            self._asked[queue] = self._asked[queue] or room <= 0
            return max(room, 0)

    def ringing(self, queue: str) -> None:
        """A ring is being sent."""
        with self._lock:
            self._rings[queue].append(self._now() + RING_LIFE_S)

    def enter(self, queue: str) -> bool:
        """A ring is answered. False: there is no slot for it, and none is needed."""
        with self._lock:
            if self._rings[queue]:
                self._rings[queue].popleft()
            if self._closed or self._busy[queue] >= self._limits[queue]:
                return False
            self._busy[queue] += 1
            return True

    def leave(self, queue: str, *, anyway: bool = False) -> bool:
        """No job was found. False: somebody noticed work meanwhile, look again before leaving."""
        with self._lock:
            asked, self._asked[queue] = self._asked[queue], False
            if asked and not anyway and not self._closed:
                return False
            self._busy[queue] -= 1
            self._lock.notify_all()
            return True

    def close(self) -> None:
        """Take no further job; those being carried out go on."""
        with self._lock:
            self._closed = True

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until nothing is being carried out. False when `timeout_s` passed first."""
        with self._lock:
            return self._lock.wait_for(lambda: not any(self._busy.values()), timeout_s)


class JobQueues:
    """This process's broker, actors and worker threads. It hears its own rings only, on Redis as in memory."""

    def __init__(
        self, desk: Desk, queues: Sequence[str], *, redis_url: str | None = None, name: str = "worker",
        policies: Mapping[str, QueuePolicy] = QUEUES,
    ) -> None:
        unknown = sorted(set(queues) - set(policies))
        if unknown:
            raise ValueError(f"no such queue: {', '.join(unknown)}; there are {', '.join(policies)}")
        self._desk = desk
        self.slots = Slots({queue: policies[queue].concurrency for queue in queues})
        self.broker = build_broker(redis_url, name)
        self._actors = {queue: self._actor(queue) for queue in queues}
        self.broker.delay_queues.clear()  # nothing is ever delayed in a broker, so nothing need watch for it
        idle_ms = _IDLE_MS if redis_url is None else _REDIS_IDLE_MS
        self._worker = dramatiq.Worker(self.broker, worker_threads=self.slots.total, worker_timeout=idle_ms)

    def start(self) -> None:
        """Begin to answer rings."""
        self._worker.start()

    def ring(self, queue: str) -> None:
        """Say that `queue` has work. Raises redis.RedisError when the bell is out of reach."""
        self.slots.ringing(queue)
        self._actors[queue].send()

    def stop(self, timeout_s: float) -> bool:
        """Take no further job and wait for those under way. False when some were not done in `timeout_s`."""
        self.slots.close()
        idle = self.slots.wait_idle(timeout_s)
        try:
            self._worker.stop(timeout=2 * _IDLE_MS)
        except redis.RedisError as error:
            log.warning("unanswered rings stay in Redis: %s", type(error).__name__)
        return idle

    def _actor(self, queue: str) -> Any:
        def answer() -> None:
            self._answer(queue)

        declare: Any = dramatiq.actor
        return declare(answer, actor_name=queue, queue_name=queue, broker=self.broker)

    def _answer(self, queue: str) -> None:
        if not self.slots.enter(queue):
            return
        try:
            while True:
                job = None if self.slots.closed else self._desk.claim(queue)
                if job is not None:
                    self._desk.carry_out(job)
                elif self.slots.leave(queue):
                    return
        except psycopg.Error as error:
            log.warning("queue %s: the database refused (%s); the next ring tries again", queue, type(error).__name__)
            self.slots.leave(queue, anyway=True)
        except BaseException:
            self.slots.leave(queue, anyway=True)
            raise


def build_broker(redis_url: str | None, name: str) -> dramatiq.Broker:
    """A broker without dramatiq's own retries, limits or callbacks: the job table has them.

    In memory by default. On Redis, `name` keeps this process's rings apart from every other's; it should be the
    same after a restart, so that nothing is left behind. Messages are JSON, which can be read without running it.
    """
    dramatiq.set_encoder(dramatiq.JSONEncoder())
    if redis_url is None:
        return StubBroker(middleware=[])
    client = redis.Redis.from_url(
        redis_url, socket_timeout=REDIS_TIMEOUT_S, socket_connect_timeout=REDIS_TIMEOUT_S, health_check_interval=30
    )
    on_redis: Any = RedisBroker
    broker: dramatiq.Broker = on_redis(
        client=client, middleware=[], namespace=f"sfdify:{name}",
        heartbeat_timeout=_REDIS_OFFLINE_AFTER_MS, maintenance_chance=_REDIS_MAINTENANCE_PER_MILLION,
    )
    return broker
