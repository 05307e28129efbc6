"""The parts of the sandbox credit feed without its HTTP face, over a ledger that can be opened again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infrastructure.sandbox.credit_feed.clients import Clients
from infrastructure.sandbox.credit_feed.clocks import Clocks
from infrastructure.sandbox.credit_feed.events import Events
from infrastructure.sandbox.credit_feed.grants import Consent, Grants, challenge_of
from infrastructure.sandbox.credit_feed.memory import Memory
from infrastructure.sandbox.credit_feed.orders import Orders
from infrastructure.sandbox.credit_feed.people import People, Person
from infrastructure.sandbox.credit_feed.resources import Resources
from infrastructure.sandbox.ledger import Ledger

VERIFIER = "v" * 43


class Parts:
    """Everything that remembers. `real_now` is moved by tests."""

    def __init__(self, ledger: Ledger) -> None:
        self.real_now = datetime(2026, 1, 1, tzinfo=UTC)
        self.memory = Memory(ledger)
        self.clients, self.clocks, self.people = Clients(self.memory), Clocks(self.memory), People(self.memory)
        self.grants = Grants(self.memory, self.clocks, lambda: self.real_now)
        self.orders = Orders(self.memory, self.people)
        resources = Resources(self.clocks, self.people, self.grants, self.orders)
        self.events = Events(self.memory, self.clocks, self.people, self.grants, resources)
        self.memory.replay()

    def wait(self, **how_long: float) -> None:
        self.real_now += timedelta(**how_long)

    def furnish(self) -> Person:
        """A client whose clock stands, and a person."""
        self.clients.register("c", "secret", ("http://back/",))
        self.clocks.move(datetime(2026, 1, 10, tzinfo=UTC), "c")
        return self.people.register("c", "ann", "passcode", seed=5)

    def code(self, person: Person, client_id: str = "c") -> str:
        scopes = ("reports:read", "scores:read")
        return self.grants.allow(
            Consent(client_id, person.subject, "http://back/", scopes, challenge_of(VERIFIER), None)
        )


@dataclass
class Opened:
    """Parts over one ledger, which can be opened again as after a restart."""

    home: Path
    ledger: Ledger
    parts: Parts

    def again(self) -> Parts:
        self.ledger.close()
        self.ledger = Ledger(self.home, "reports")
        self.parts = Parts(self.ledger)
        return self.parts
