"""Telling whoever listens what happened at a sandbox: in order for each matter, repeated until somebody answers 2xx."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

import httpx

from infrastructure.trust import trust

_AT_ONCE: Final = 8
_TIMEOUT: Final = httpx.Timeout(10)


class Told(Protocol):
    """An event as far as telling it goes. `attempts` and `delivered` follow from what `Teller.tried` records."""

    @property
    def id(self) -> str: ...
    @property
    def attempts(self) -> int: ...
    @property
    def delivered(self) -> bool: ...


class Trouble(Protocol):
    """A line of the fault script."""

    @property
    def do(self) -> str: ...
    def number(self, otherwise: float) -> float: ...


E = TypeVar("E", bound=Told)


@dataclass(frozen=True)
class Listener:
    """Where the events of an account go, and the secret they are signed with."""

    account: str
    url: str
    secret: str


@dataclass
class Tally:
    """What one round of telling came to."""

    delivered: int = 0
    failed: int = 0


@dataclass
class Forgeries:
    """Events sent with a wrong signature, and how many were believed."""

    sent: int = 0
    accepted: int = 0


class Teller(ABC, Generic[E]):
    """Delivers events. `waits` are the seconds before each attempt, which `retry_factor` compresses."""

    waits: ClassVar[tuple[int, ...]]
    tick_seconds: ClassVar[float]

    def __init__(self, retry_factor: float = 1.0) -> None:
        self.retry_factor = retry_factor
        self.forgeries = Forgeries()
        self._waiting: dict[str, float] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    @abstractmethod
    def accounts(self) -> Iterable[str]:
        """Whoever may be told something."""

    @abstractmethod
    def listener(self, account: str) -> Listener | None:
        """Where this account listens, if it does."""

    @abstractmethod
    def known(self) -> Mapping[str, E]:
        """Every event by its id."""

    @abstractmethod
    def left(self, event: E) -> bool:
        """Whether an event that was not delivered is still to be told after a restart."""

    @abstractmethod
    def account_of(self, event: E) -> str:
        """Whose event it is."""

    @abstractmethod
    def matter_of(self, event: E) -> str:
        """What it is about; events about one matter are told one after the other."""

    @abstractmethod
    def order_of(self, event: E) -> Any:
        """When it happened."""

    @abstractmethod
    def fresh(self, account: str) -> list[E]:
        """What has happened since the last look."""

    @abstractmethod
    def strike(self, account: str, event: E) -> Trouble | None:
        """What the fault script has in store for it."""

    @abstractmethod
    def signed(self, event: E, secret: str) -> tuple[bytes, dict[str, str]]:
        """The body and the headers that sign it."""

    @abstractmethod
    def tried(self, event: E, status: int | None, delivered: bool) -> None:
        """Record one attempt."""

    async def run(self) -> None:
        """Tell what falls due by itself and repeat what failed, until cancelled."""
        for event in self.known().values():
            if not event.delivered and event.attempts < len(self.waits) and self.left(event):
                self.queue(event)
        while True:
            for account in list(self.accounts()):
                if not self._lock(account).locked():
                    self._start(self.tell(account))
            await asyncio.sleep(self.tick_seconds)

    async def tell(self, account: str, retry_now: bool = False) -> Tally:
        """Tell everything due to one account: each event is delivered or has failed once on return."""
        tally = Tally()
        async with self._lock(account):
            fresh, to = self.fresh(account), self.listener(account)
            journeys: dict[str, list[E]] = {}
            for event in [*self._to_repeat(account, retry_now), *fresh] if to else []:
                journeys.setdefault(self.matter_of(event), []).append(event)
            if to and journeys:
                gate = asyncio.Semaphore(_AT_ONCE)
                async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False, verify=trust()) as http:
                    told = (self._tell_matter(http, gate, to, events, tally) for events in journeys.values())
                    await asyncio.gather(*told)
        return tally

    def queue(self, event: E) -> None:
        """Tell it with the next round."""
        self._waiting[event.id] = 0.0

    def is_queued(self, event: E) -> bool:
        """Whether it waits to be told."""
        return event.id in self._waiting

    @property
    def waiting(self) -> int:
        """Events that are still to be told, or to be told again."""
        return len(self._waiting)

    async def stop(self) -> None:
        """Give up what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _to_repeat(self, account: str, now: bool) -> list[E]:
        events = [self.known()[one] for one, at in self._waiting.items() if now or at <= time.monotonic()]
        mine = [event for event in events if self.account_of(event) == account]
        for event in mine:
            self._waiting.pop(event.id, None)
        return sorted((event for event in mine if not event.delivered), key=self.order_of)

    async def _tell_matter(
        self, http: httpx.AsyncClient, gate: asyncio.Semaphore, to: Listener, events: list[E], tally: Tally
    ) -> None:
        held: list[E] = []
        async with gate:
            for event in events:
                fault = self.strike(to.account, event)
                if fault and fault.do == "reorder":
                    held.append(event)
                    continue
                await self._tell_event(http, to, event, tally, fault)
            for event in held:
                await self._tell_event(http, to, event, tally, None)

    async def _tell_event(
        self, http: httpx.AsyncClient, to: Listener, event: E, tally: Tally, fault: Trouble | None
    ) -> None:
        if fault and fault.do == "delay":
            self._waiting[event.id] = time.monotonic() + fault.number(1)
            tally.failed += 1
            return
        if fault and fault.do == "forge":
            status = await self._send(http, to, event, "a stranger's secret")
            self.forgeries.sent += 1
            self.forgeries.accepted += _is_taken(status)
        delivered = False if fault and fault.do == "drop" else await self._attempt(http, to, event)
        if fault and fault.do == "duplicate":
            for _ in range(int(fault.number(1))):
                await self._attempt(http, to, event)
        tally.delivered += delivered
        tally.failed += not delivered
        if not delivered and event.attempts < len(self.waits):
            self._waiting[event.id] = time.monotonic() + self.waits[max(event.attempts, 1)] * self.retry_factor

    async def _attempt(self, http: httpx.AsyncClient, to: Listener, event: E) -> bool:
        status = await self._send(http, to, event, to.secret)
        self.tried(event, status, delivered := _is_taken(status))
        return delivered

    async def _send(self, http: httpx.AsyncClient, to: Listener, event: E, secret: str) -> int | None:
        raw, headers = self.signed(event, secret)
        try:
            answer = await http.post(to.url, content=raw, headers={"Content-Type": "application/json", **headers})
        except (httpx.TransportError, httpx.InvalidURL):
            return None
        return answer.status_code

    def _lock(self, account: str) -> asyncio.Lock:
        return self._locks.setdefault(account, asyncio.Lock())

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_taken(status: int | None) -> bool:
    return status is not None and 200 <= status < 300
