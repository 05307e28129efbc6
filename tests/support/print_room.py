"""A print provider with one account whose webhooks are received, for tests of the sandbox."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from application.posting import MailPiece
from infrastructure.sandbox.print_provider import Settings, running
from infrastructure.trust import trust
from infrastructure.vendors.lob import LobPost
from tests.support.posting import PDF, piece
from tests.support.webhook_receiver import SECRET, Receiver, receiving

KEY = "test_account"
MONDAY = "2026-03-02T15:00:00Z"


@dataclass
class Sandbox:
    """The provider's doors, and the endpoint that listens to it."""

    http: httpx.Client
    post: LobPost
    hooks: Receiver

    def clock(self, now: str, api_key: str | None = KEY) -> dict[str, Any]:
        answer = self.http.post("/sandbox/clock", json={"now": now, "api_key": api_key})
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body

    def faults(self, *lines: dict[str, Any]) -> None:
        self.http.post("/sandbox/faults", json=list(lines)).raise_for_status()

    def send(self, mailing_id: str = "mailing-1", **changes: Any) -> str:
        one: MailPiece = piece(mailing_id, **changes)
        return self.post.submit(one, PDF).provider_id

    def told(self) -> dict[str, Any]:
        body: dict[str, Any] = self.http.get("/sandbox/events").json()
        return body

    def await_told(self, count: int, seconds: float = 20) -> list[dict[str, Any]]:
        """The events, once the provider knows that so many were taken."""
        ends_at = time.monotonic() + seconds
        while sum(event["delivered"] for event in self.told()["events"]) < count:
            assert time.monotonic() < ends_at, f"fewer than {count} events were acknowledged"
            time.sleep(0.02)
        events: list[dict[str, Any]] = self.told()["events"]
        return events

    def ledger(self) -> dict[str, Any]:
        body: dict[str, Any] = self.http.get("/sandbox/ledger", params={"api_key": KEY}).json()
        return body


@contextmanager
def sandbox(home: Path, **settings: Any) -> Iterator[Sandbox]:
    """A provider whose account's clock stands at a Monday morning."""
    with (
        receiving() as hooks,
        running(Settings(home=home, retry_factor=0.01, **settings)) as server,
        httpx.Client(base_url=server.base_url, auth=(KEY, ""), timeout=30, verify=trust()) as http,
    ):
        account = {"api_key": KEY, "webhook_url": hooks.url, "webhook_secret": SECRET}
        http.post("/sandbox/accounts", json=account).raise_for_status()
        post = LobPost(KEY, f"{server.base_url}/v1", total_seconds=5)
        world = Sandbox(http, post, hooks)
        try:
            world.clock(MONDAY)
            yield world
        finally:
            post.close()
