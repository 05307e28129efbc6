"""What the provider knows: accounts, addresses, letters and what was told about them.

Every change is written to the ledger first and then applied, by the same code that reads the ledger back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from infrastructure.sandbox.print_provider.ledger import Ledger
from infrastructure.sandbox.print_provider.problems import Refused
from infrastructure.sandbox.print_provider.schedule import Journey, Step, is_po_box, itinerary


@dataclass
class Account:
    """One API key: what it owns is invisible to every other key."""

    api_key: str
    webhook_url: str | None = None
    webhook_secret: str = ""
    strictness: str = "normal"
    cancellation_window_seconds: float = 300
    clock: datetime | None = None


@dataclass
class Letter:
    """One letter that was accepted. `entry` is its line in the ledger."""

    entry: dict[str, Any]
    accepted_at: datetime
    steps: tuple[Step, ...]
    deleted_at: datetime | None = None
    told: set[str] = field(default_factory=set)

    @property
    def id(self) -> str:
        return str(self.entry["id"])

    @property
    def api_key(self) -> str:
        return str(self.entry["api_key"])

    @property
    def all_told(self) -> bool:
        """Whether nothing more will be told of this letter."""
        return "letter.deleted" in self.told or (len(self.told) == len(self.steps) and self.deleted_at is None)

    def happened(self, now: datetime) -> Iterator[Step]:
        """The events of the letter until now, in order; a cancelled one ends with its cancellation."""
        for step in self.steps:
            if step.at <= (min(now, self.deleted_at) if self.deleted_at else now):
                yield step
        if self.deleted_at and self.deleted_at <= now:
            yield Step("letter.deleted", self.deleted_at)


@dataclass
class Event:
    """One webhook event and how its delivery goes."""

    id: str
    letter: Letter
    step: Step
    attempts: int = 0
    delivered: bool = False
    last_status: int | None = None


class State:
    """The provider's memory, rebuilt from the ledger at the start."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.accounts: dict[str, Account] = {}
        self.letters: dict[str, Letter] = {}
        self.addresses: dict[str, dict[str, Any]] = {}
        self.events: dict[str, Event] = {}
        self.replays = 0
        self.default_webhook: tuple[str | None, str] = (None, "")
        self._keys: dict[tuple[str, str], Letter] = {}
        self._clock: datetime | None = None
        for entry in ledger.entries():
            self._apply(entry)

    def record(self, kind: str, durable: bool = True, **facts: Any) -> None:
        """Write a change down, then make it."""
        entry = {"kind": kind, **facts}
        self.ledger.append(entry, durable)
        self._apply(entry)

    def account(self, api_key: str) -> Account:
        """The account of a key; a key that was never registered has no webhook of its own."""
        return self.accounts.setdefault(api_key, Account(api_key))

    def webhook_of(self, api_key: str) -> tuple[str | None, str]:
        """Where an account's events go and the secret that signs them."""
        account = self.account(api_key)
        return (account.webhook_url, account.webhook_secret) if account.webhook_url else self.default_webhook

    def now(self, api_key: str | None = None) -> datetime:
        """The provider's time for an account: its own clock, the common clock, or real time."""
        own = self.accounts[api_key].clock if api_key in self.accounts else None
        return own or self._clock or datetime.now(UTC)

    def move_clock(self, to: datetime, api_key: str | None) -> None:
        """Set a clock going by hand; it starts anywhere and moves only forward."""
        current = self.account(api_key).clock if api_key else self._clock
        if current and to < current:
            raise Refused("conflict", f"the clock shows {current.isoformat()} and moves only forward")
        self.record("clock", now=to.isoformat(), api_key=api_key)

    def replayed(self, api_key: str, idempotency_key: str | None) -> Letter | None:
        """The letter already made under this key in the last 24 hours."""
        letter = self._keys.get((api_key, idempotency_key)) if idempotency_key else None
        if letter and (self.now(api_key) - letter.accepted_at).total_seconds() < 86_400:
            self.replays += 1
            return letter
        return None

    def due(self, api_key: str) -> Iterator[Event]:
        """What has happened to this account's letters and was not told yet, in order of time."""
        now = self.now(api_key)
        waiting = [
            (step.at, place, letter, step)
            for letter in self.letters.values()
            if letter.api_key == api_key and not letter.all_told
            for place, step in enumerate(letter.happened(now))
            if step.type not in letter.told
        ]
        for _, _, letter, step in sorted(waiting, key=lambda item: item[:2]):
            yield Event(event_id(letter.id, step.type), letter, step)

    def _apply(self, entry: dict[str, Any]) -> None:
        getattr(self, f"_apply_{entry['kind']}")(entry)

    def _apply_account(self, entry: dict[str, Any]) -> None:
        account = self.account(entry["api_key"])
        for name, value in entry.items():
            if name not in ("kind", "api_key"):
                setattr(account, name, value)

    def _apply_clock(self, entry: dict[str, Any]) -> None:
        now = datetime.fromisoformat(entry["now"])
        if entry["api_key"]:
            self.account(entry["api_key"]).clock = now
        else:
            self._clock = now

    def _apply_letter(self, entry: dict[str, Any]) -> None:
        accepted_at = datetime.fromisoformat(entry["accepted_at"])
        journey = Journey(
            letter_id=entry["id"],
            accepted_at=accepted_at,
            certified=entry["fields"]["extra_service"] is not None,
            state=entry["to"]["address_state"].upper(),
            po_box=is_po_box(entry["to"]["address_line1"]),
            outcome=entry["outcome"],
        )
        letter = Letter(entry, accepted_at, itinerary(journey))
        self.account(letter.api_key)
        self.letters[letter.id] = letter
        if entry["idempotency_key"]:
            self._keys[letter.api_key, entry["idempotency_key"]] = letter

    def _apply_letter_deleted(self, entry: dict[str, Any]) -> None:
        self.letters[entry["id"]].deleted_at = datetime.fromisoformat(entry["at"])

    def _apply_address(self, entry: dict[str, Any]) -> None:
        self.addresses[entry["id"]] = entry

    def _apply_address_deleted(self, entry: dict[str, Any]) -> None:
        del self.addresses[entry["id"]]

    def _apply_event(self, entry: dict[str, Any]) -> None:
        letter = self.letters[entry["letter_id"]]
        steps = (*letter.steps, Step("letter.deleted", letter.deleted_at or letter.accepted_at))
        step = next(step for step in steps if step.type == entry["type"])
        letter.told.add(step.type)
        self.events[entry["id"]] = Event(entry["id"], letter, step)

    def _apply_attempt(self, entry: dict[str, Any]) -> None:
        event = self.events[entry["event_id"]]
        event.attempts += 1
        event.last_status = entry["status"]
        event.delivered = event.delivered or entry["delivered"]


def event_id(letter_id: str, event_type: str) -> str:
    """The same event always has the same id."""
    return f"evt_{sha256(f'{letter_id} {event_type}'.encode()).hexdigest()[:16]}"
