"""Telling accounts what happened: signed as Lob signs, in order for each letter."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from infrastructure.sandbox.faults import Fault
from infrastructure.sandbox.print_provider.faults import Script
from infrastructure.sandbox.print_provider.state import Event, State
from infrastructure.sandbox.telling import Listener, Teller
from infrastructure.vendors.lob.webhooks import sign

RETRY_SECONDS: Final = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
"""Lob's waits before each of its eight attempts."""


class Sender(Teller[Event]):
    """Delivers the events of letters. `body_of` makes an event's body."""

    waits = RETRY_SECONDS
    tick_seconds = 0.1

    def __init__(
        self, state: State, script: Script, body_of: Callable[[Event], dict[str, Any]], retry_factor: float = 1.0
    ) -> None:
        super().__init__(retry_factor)
        self.state, self.script, self.body_of = state, script, body_of

    def accounts(self) -> Iterable[str]:
        """See `Teller`."""
        return self.state.accounts

    def listener(self, account: str) -> Listener | None:
        """See `Teller`."""
        url, secret = self.state.webhook_of(account)
        return Listener(account, url, secret) if url else None

    def known(self) -> Mapping[str, Event]:
        """See `Teller`."""
        return self.state.events

    def left(self, event: Event) -> bool:
        """See `Teller`. What happened while nobody listened is told only when it is replayed."""
        return self.listener(event.letter.api_key) is not None

    def account_of(self, event: Event) -> str:
        """See `Teller`."""
        return event.letter.api_key

    def matter_of(self, event: Event) -> str:
        """See `Teller`."""
        return event.letter.id

    def order_of(self, event: Event) -> Any:
        """See `Teller`."""
        return event.step.at

    def fresh(self, account: str) -> list[Event]:
        """See `Teller`. What falls due is on record whether or not somebody listens."""
        due = list(self.state.due(account))
        for event in due:
            self.state.record("event", durable=False, id=event.id, letter_id=event.letter.id, type=event.step.type)
        return [self.state.events[event.id] for event in due]

    def strike(self, account: str, event: Event) -> Fault | None:
        """See `Teller`."""
        return self.script.strike(account, f"webhook {event.step.type}")

    def signed(self, event: Event, secret: str) -> tuple[bytes, dict[str, str]]:
        """See `Teller`."""
        raw, stamp = json.dumps(self.body_of(event)).encode(), str(int(time.time() * 1000))
        return raw, {"Lob-Signature": sign(raw, stamp, secret.encode()), "Lob-Signature-Timestamp": stamp}

    def tried(self, event: Event, status: int | None, delivered: bool) -> None:
        """See `Teller`."""
        self.state.record("attempt", durable=False, event_id=event.id, status=status, delivered=delivered)

    def replay(self, api_key: str) -> int:
        """Queue every event that nobody acknowledged, as the dashboard's button does."""
        events = [
            event for event in self.state.events.values() if event.letter.api_key == api_key and not event.delivered
        ]
        for event in events:
            event.attempts = 0
            self.queue(event)
        return len(events)
