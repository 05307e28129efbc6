"""Telling clients what happened: signed, in order for each person. Events wait while nobody listens."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

from infrastructure.sandbox.credit_feed.clients import Client, Clients
from infrastructure.sandbox.credit_feed.events import Event, Events
from infrastructure.sandbox.credit_feed.faults import Script
from infrastructure.sandbox.faults import Fault
from infrastructure.sandbox.telling import Listener, Teller

RETRY_SECONDS: Final = (0, 5, 30, 300, 1_800, 7_200, 18_000)
"""The waits before each attempt."""


class Sender(Teller[Event]):
    """Delivers the events of people to the clients they allowed."""

    waits = RETRY_SECONDS
    tick_seconds = 0.2

    def __init__(self, clients: Clients, events: Events, script: Script, retry_factor: float = 1.0) -> None:
        super().__init__(retry_factor)
        self.clients, self.events, self.script = clients, events, script

    def accounts(self) -> Iterable[str]:
        """See `Teller`."""
        return [client.client_id for client in self.clients]

    def listener(self, account: str) -> Listener | None:
        """See `Teller`."""
        client = self.clients.known(account)
        return Listener(account, client.webhook_url, client.webhook_secret) if client.webhook_url else None

    def known(self) -> Mapping[str, Event]:
        """See `Teller`."""
        return self.events.all

    def left(self, event: Event) -> bool:
        """See `Teller`."""
        return True

    def account_of(self, event: Event) -> str:
        """See `Teller`."""
        return event.client_id

    def matter_of(self, event: Event) -> str:
        """See `Teller`."""
        return event.subject

    def order_of(self, event: Event) -> Any:
        """See `Teller`."""
        return event.created_at

    def fresh(self, account: str) -> list[Event]:
        """See `Teller`. What is new waits like what is to be repeated."""
        for event in self.events.look(account):
            self.queue(event)
        return []

    def strike(self, account: str, event: Event) -> Fault | None:
        """See `Teller`."""
        return self.script.strike(account, f"webhook {event.type}")

    def signed(self, event: Event, secret: str) -> tuple[bytes, dict[str, str]]:
        """See `Teller`."""
        raw = json.dumps(event.body).encode()
        return raw, {"Feed-Signature": signature(raw, secret, int(time.time()))}

    def tried(self, event: Event, status: int | None, delivered: bool) -> None:
        """See `Teller`."""
        self.events.tried(event, status, delivered)

    def expect(self, client: Client) -> None:
        """Queue what was noted and not told yet, such as a consent withdrawn just now."""
        for event in self.events.of(client.client_id):
            if not (event.delivered or event.attempts or self.is_queued(event)):
                self.queue(event)


def signature(raw: bytes, secret: str, at: int) -> str:
    """The `Feed-Signature` of a body: real time in seconds, and HMAC-SHA256 over both."""
    signed = hmac.new(secret.encode(), b"%d.%s" % (at, raw), sha256).hexdigest()
    return f"t={at},v1={signed}"
