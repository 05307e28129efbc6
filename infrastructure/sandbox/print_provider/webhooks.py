"""Telling accounts what happened: signed, in order for each letter, repeated until somebody answers 2xx."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from infrastructure.sandbox.print_provider.faults import Fault, Script
from infrastructure.sandbox.print_provider.state import Event, State
from infrastructure.trust import trust
from infrastructure.vendors.lob.webhooks import sign

RETRY_SECONDS: Final = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
"""Lob's waits before each of its eight attempts."""

_TICK_SECONDS: Final = 0.1
_AT_ONCE: Final = 8
_TIMEOUT: Final = httpx.Timeout(10)


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


@dataclass(frozen=True)
class _Subscriber:
    api_key: str
    url: str
    secret: str


@dataclass
class Sender:
    """Delivers events. `body_of` makes an event's body; `retry_factor` compresses the waits."""

    state: State
    script: Script
    body_of: Callable[[Event], dict[str, Any]]
    retry_factor: float = 1.0
    forgeries: Forgeries = field(default_factory=Forgeries)
    _waiting: dict[str, float] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def run(self) -> None:
        """Tell what falls due by itself and repeat what failed, until cancelled."""
        for event in self.state.events.values():
            heard = self.state.webhook_of(event.letter.api_key)[0] is not None
            if heard and not event.delivered and event.attempts < len(RETRY_SECONDS):
                self._waiting[event.id] = 0.0
        while True:
            for api_key in list(self.state.accounts):
                if not self._lock(api_key).locked():
                    self._start(self.tell(api_key))
            await asyncio.sleep(_TICK_SECONDS)

    async def tell(self, api_key: str, retry_now: bool = False) -> Tally:
        """Tell everything due to one account: each event is delivered or has failed once on return."""
        tally = Tally()
        url, secret = self.state.webhook_of(api_key)
        to = _Subscriber(api_key, url or "", secret)
        async with self._lock(api_key):
            again = self._to_repeat(api_key, retry_now) if to.url else []
            journeys: dict[str, list[Event]] = {}
            for event in [*again, *self._record_due(api_key)]:
                journeys.setdefault(event.letter.id, []).append(event)
            if to.url and journeys:
                gate = asyncio.Semaphore(_AT_ONCE)
                async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False, verify=trust()) as http:
                    told = (self._tell_letter(http, gate, to, events, tally) for events in journeys.values())
                    await asyncio.gather(*told)
        return tally

    def replay(self, api_key: str) -> int:
        """Queue every event that nobody acknowledged, as the dashboard's button does."""
        events = [
            event for event in self.state.events.values() if event.letter.api_key == api_key and not event.delivered
        ]
        for event in events:
            event.attempts = 0
            self._waiting[event.id] = 0.0
        return len(events)

    @property
    def waiting(self) -> int:
        """Events that failed and will be repeated."""
        return len(self._waiting)

    async def stop(self) -> None:
        """Give up what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _record_due(self, api_key: str) -> list[Event]:
        due = list(self.state.due(api_key))
        for event in due:
            self.state.record("event", durable=False, id=event.id, letter_id=event.letter.id, type=event.step.type)
        return [self.state.events[event.id] for event in due]

    def _to_repeat(self, api_key: str, now: bool) -> list[Event]:
        events = [self.state.events[one] for one, at in self._waiting.items() if now or at <= time.monotonic()]
        mine = [event for event in events if event.letter.api_key == api_key]
        for event in mine:
            self._waiting.pop(event.id, None)
        return sorted((event for event in mine if not event.delivered), key=lambda event: event.step.at)

    async def _tell_letter(
        self, http: httpx.AsyncClient, gate: asyncio.Semaphore, to: _Subscriber, events: list[Event], tally: Tally
    ) -> None:
        held: list[Event] = []
        async with gate:
            for event in events:
                fault = self.script.strike(f"webhook {event.step.type}", to.api_key)
                if fault and fault.do == "reorder":
                    held.append(event)
                    continue
                await self._tell_event(http, to, event, tally, fault)
            for event in held:
                await self._tell_event(http, to, event, tally, None)

    async def _tell_event(
        self, http: httpx.AsyncClient, to: _Subscriber, event: Event, tally: Tally, fault: Fault | None
    ) -> None:
        if fault and fault.do == "delay":
            self._waiting[event.id] = time.monotonic() + (fault.argument or 1)
            tally.failed += 1
            return
        if fault and fault.do == "forge":
            await self._forge(http, to, event)
        delivered = False if fault and fault.do == "drop" else await self._attempt(http, to, event)
        if fault and fault.do == "duplicate":
            for _ in range(int(fault.argument or 1)):
                await self._attempt(http, to, event)
        tally.delivered += delivered
        tally.failed += not delivered
        if not delivered:
            self._wait(event)

    async def _attempt(self, http: httpx.AsyncClient, to: _Subscriber, event: Event) -> bool:
        status = await self._send(http, to, event, to.secret.encode())
        delivered = status is not None and 200 <= status < 300
        self.state.record("attempt", durable=False, event_id=event.id, status=status, delivered=delivered)
        return delivered

    async def _forge(self, http: httpx.AsyncClient, to: _Subscriber, event: Event) -> None:
        status = await self._send(http, to, event, b"a stranger's secret")
        self.forgeries.sent += 1
        self.forgeries.accepted += status is not None and 200 <= status < 300

    async def _send(self, http: httpx.AsyncClient, to: _Subscriber, event: Event, secret: bytes) -> int | None:
        raw = json.dumps(self.body_of(event)).encode()
        stamp = str(int(time.time() * 1000))
        headers = {
            "Content-Type": "application/json",
            "Lob-Signature": sign(raw, stamp, secret),
            "Lob-Signature-Timestamp": stamp,
        }
        try:
            answer = await http.post(to.url, content=raw, headers=headers)
        except (httpx.TransportError, httpx.InvalidURL):
            return None
        return answer.status_code

    def _wait(self, event: Event) -> None:
        if event.attempts < len(RETRY_SECONDS):
            pause = RETRY_SECONDS[max(event.attempts, 1)] * self.retry_factor
            self._waiting[event.id] = time.monotonic() + pause

    def _lock(self, api_key: str) -> asyncio.Lock:
        return self._locks.setdefault(api_key, asyncio.Lock())

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
