"""Running the provider: in its own process, or in a thread of a test."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infrastructure.sandbox.credit_feed.app import CreditFeed, create_app
from infrastructure.sandbox.credit_feed.authorizing import Authorizing
from infrastructure.sandbox.credit_feed.clients import Clients
from infrastructure.sandbox.credit_feed.clocks import Clocks
from infrastructure.sandbox.credit_feed.control import Control
from infrastructure.sandbox.credit_feed.counts import Counts
from infrastructure.sandbox.credit_feed.events import Events
from infrastructure.sandbox.credit_feed.faults import Script
from infrastructure.sandbox.credit_feed.grants import Grants
from infrastructure.sandbox.credit_feed.identity import Identity
from infrastructure.sandbox.credit_feed.memory import Memory
from infrastructure.sandbox.credit_feed.oauth import OAuth
from infrastructure.sandbox.credit_feed.orders import Orders
from infrastructure.sandbox.credit_feed.people import People
from infrastructure.sandbox.credit_feed.resources import Resources
from infrastructure.sandbox.credit_feed.webhooks import Sender
from infrastructure.sandbox.ledger import Ledger
from infrastructure.sandbox.serving import Sandbox, in_a_thread


class NotLoopback(ValueError):
    """The address can be reached from elsewhere, which nobody allowed."""


@dataclass(frozen=True)
class Settings:
    """How a provider is run. `issuer` is where others find it, if not at its own address.

    Whoever reaches the port can give themselves anybody's reports: `exposed` must say that an address beyond this
    machine is meant. `retry_factor` compresses the waits between webhook attempts.
    """

    home: Path
    port: int = 0
    host: str = "127.0.0.1"
    issuer: str | None = None
    exposed: bool = False
    retry_factor: float = 1.0


class Server(Sandbox):
    """A provider on its port. Raises NotLoopback."""

    def __init__(self, settings: Settings) -> None:
        if not settings.exposed and not _is_loopback(settings.host):
            raise NotLoopback(f"{settings.host} is not of this machine alone; say that it is to be reached from others")
        super().__init__(settings.host, settings.port)
        ledger = Ledger(settings.home, "reports")
        self.feed = self._assemble(settings, ledger)
        self._serve(create_app(self.feed), ledger)

    def _assemble(self, settings: Settings, ledger: Ledger) -> CreditFeed:
        memory = Memory(ledger)
        clients, clocks, people = Clients(memory), Clocks(memory), People(memory)
        grants, counts, script = Grants(memory, clocks), Counts(memory), Script()
        orders = Orders(memory, people)
        resources = Resources(clocks, people, grants, orders)
        events = Events(memory, clocks, people, grants, resources)
        sender = Sender(clients, events, script, settings.retry_factor)
        identity = Identity(settings.issuer or self.base_url, settings.home)
        memory.replay()
        return CreditFeed(
            oauth=OAuth(clients, Authorizing(clients, people, grants), grants, identity),
            resources=resources,
            control=Control(clients, clocks, people, orders, events, counts, script, sender),
            cut=self.cut,
        )


@contextmanager
def running(settings: Settings) -> Iterator[Server]:
    """A provider in a thread, up on entry and gone on exit."""
    with in_a_thread(Server(settings)) as server:
        yield server


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
