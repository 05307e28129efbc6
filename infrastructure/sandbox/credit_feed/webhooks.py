"""Telling clients what happened: signed, in order for each person, repeated until somebody answers 2xx."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import httpx

from infrastructure.sandbox.credit_feed.clients import Client, Clients
from infrastructure.sandbox.credit_feed.events import Event, Events
from infrastructure.sandbox.credit_feed.faults import Fault, Script
from infrastructure.trust import trust

RETRY_SECONDS: Final = (0, 5, 30, 300, 1_800, 7_200, 18_000)
"""The waits before each attempt."""

_TICK_SECONDS: Final = 0.2
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


@dataclass
class Sender:
    """Delivers events. `retry_factor` compresses the waits."""

    clients: Clients
    events: Events
    script: Script
    retry_factor: float = 1.0
    forgeries: Forgeries = field(default_factory=Forgeries)
    _waiting: dict[str, float] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def run(self) -> None:
        """Tell what falls due by itself and repeat what failed, until cancelled."""
        for event in self.events.all.values():
            if not event.delivered and event.attempts < len(RETRY_SECONDS):
                self._waiting[event.id] = 0.0
        while True:
            for client in self.clients:
                if not self._lock(client).locked():
                    self._start(self.tell(client))
            await asyncio.sleep(_TICK_SECONDS)

    async def tell(self, client: Client, retry_now: bool = False) -> Tally:
        """Tell one client everything that is due: each event is delivered or has failed once on return.

        Events are noted, and wait, while nobody listens.
        """
        tally = Tally()
        async with self._lock(client):
            for event in self.events.look(client.client_id):
                self._waiting[event.id] = 0.0
            if client.webhook_url is None:
                return tally
            journeys: dict[str, list[Event]] = {}
            for event in self._due(client, retry_now):
                journeys.setdefault(event.subject, []).append(event)
            if journeys:
                gate = asyncio.Semaphore(_AT_ONCE)
                async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False, verify=trust()) as http:
                    told = (self._tell_person(http, gate, client, events, tally) for events in journeys.values())
                    await asyncio.gather(*told)
        return tally

    def expect(self, client: Client) -> None:
        """Queue what was noted and not told yet, such as a consent withdrawn just now."""
        for event in self.events.of(client.client_id):
            if not event.delivered and event.attempts == 0:
                self._waiting.setdefault(event.id, 0.0)

    @property
    def waiting(self) -> int:
        """Events that are still to be told."""
        return len(self._waiting)

    async def stop(self) -> None:
        """Give up what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _due(self, client: Client, now: bool) -> list[Event]:
        events = [self.events.all[one] for one, at in self._waiting.items() if now or at <= time.monotonic()]
        mine = [event for event in events if event.client_id == client.client_id]
        for event in mine:
            self._waiting.pop(event.id, None)
        return sorted((event for event in mine if not event.delivered), key=lambda event: event.created_at)

    async def _tell_person(
        self, http: httpx.AsyncClient, gate: asyncio.Semaphore, client: Client, events: list[Event], tally: Tally
    ) -> None:
        held: list[Event] = []
        async with gate:
            for event in events:
                fault = self.script.strike(client.client_id, f"webhook {event.type}")
                if fault and fault.do == "reorder":
                    held.append(event)
                    continue
                await self._tell_event(http, client, event, tally, fault)
            for event in held:
                await self._tell_event(http, client, event, tally, None)

    async def _tell_event(
        self, http: httpx.AsyncClient, client: Client, event: Event, tally: Tally, fault: Fault | None
    ) -> None:
        if fault and fault.do == "delay":
            self._waiting[event.id] = time.monotonic() + fault.number(1)
            tally.failed += 1
            return
        if fault and fault.do == "forge":
            await self._forge(http, client, event)
        delivered = False if fault and fault.do == "drop" else await self._attempt(http, client, event)
        if fault and fault.do == "duplicate":
            for _ in range(int(fault.number(1))):
                await self._attempt(http, client, event)
        tally.delivered += delivered
        tally.failed += not delivered
        if not delivered and event.attempts < len(RETRY_SECONDS):
            pause = RETRY_SECONDS[max(event.attempts, 1)] * self.retry_factor
            self._waiting[event.id] = time.monotonic() + pause

    async def _attempt(self, http: httpx.AsyncClient, client: Client, event: Event) -> bool:
        status = await self._send(http, client, event, client.webhook_secret)
        delivered = status is not None and 200 <= status < 300
        self.events.tried(event, status, delivered)
        return delivered

    async def _forge(self, http: httpx.AsyncClient, client: Client, event: Event) -> None:
        status = await self._send(http, client, event, "a stranger's secret")
        self.forgeries.sent += 1
        self.forgeries.accepted += status is not None and 200 <= status < 300

    async def _send(self, http: httpx.AsyncClient, client: Client, event: Event, secret: str) -> int | None:
        raw = json.dumps(event.body).encode()
        headers = {"Content-Type": "application/json", "Feed-Signature": signature(raw, secret, int(time.time()))}
        try:
            answer = await http.post(client.webhook_url or "", content=raw, headers=headers)
        except (httpx.TransportError, httpx.InvalidURL):
            return None
        return answer.status_code

    def _lock(self, client: Client) -> asyncio.Lock:
        return self._locks.setdefault(client.client_id, asyncio.Lock())

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def signature(raw: bytes, secret: str, at: int) -> str:
    """The `Feed-Signature` of a body: real time in seconds, and HMAC-SHA256 over both."""
    signed = hmac.new(secret.encode(), b"%d.%s" % (at, raw), sha256).hexdigest()
    return f"t={at},v1={signed}"
