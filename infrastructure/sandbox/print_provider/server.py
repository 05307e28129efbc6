"""Running the provider: in its own process, or in a thread of a test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infrastructure.sandbox.print_provider.app import PrintProvider, create_app
from infrastructure.sandbox.print_provider.faults import Script
from infrastructure.sandbox.print_provider.ledger import Ledger
from infrastructure.sandbox.print_provider.letters import PrintRoom
from infrastructure.sandbox.print_provider.requests import Limits
from infrastructure.sandbox.print_provider.state import State
from infrastructure.sandbox.print_provider.webhooks import Sender
from infrastructure.sandbox.serving import Sandbox, in_a_thread


@dataclass(frozen=True)
class Settings:
    """How a provider is run. `retry_factor` compresses Lob's waits between webhook attempts.

    `webhook_url` and `webhook_secret` serve keys that have no webhook of their own.
    """

    home: Path
    port: int = 0
    host: str = "127.0.0.1"
    webhook_url: str | None = None
    webhook_secret: str = ""
    retry_factor: float = 1.0
    requests_per_window: int = 150


class Server(Sandbox):
    """A provider on its port."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.host, settings.port)
        ledger = Ledger(settings.home)
        self.provider = self._assemble(settings, ledger)
        self._serve(create_app(self.provider), ledger)

    def _assemble(self, settings: Settings, ledger: Ledger) -> PrintProvider:
        state, script = State(ledger), Script()
        state.default_webhook = (settings.webhook_url, settings.webhook_secret)
        provider = PrintProvider(
            state=state,
            script=script,
            room=PrintRoom(state, script),
            limits=Limits(usual=settings.requests_per_window, verifications=2 * settings.requests_per_window),
            sender=Sender(state, script, lambda event: provider.told(event), settings.retry_factor),
            base_url=self.base_url,
            asset_secret=_asset_secret(settings.home),
            cut=self.cut,
        )
        return provider


@contextmanager
def running(settings: Settings) -> Iterator[Server]:
    """A provider in a thread, up on entry and gone on exit."""
    with in_a_thread(Server(settings)) as server:
        yield server


def _asset_secret(home: Path) -> bytes:
    path = home / "asset-secret"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()
