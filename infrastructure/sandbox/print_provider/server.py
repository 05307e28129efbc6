"""Running the provider: in its own process, or in a thread of a test."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from infrastructure.sandbox.print_provider.app import PrintProvider, create_app
from infrastructure.sandbox.print_provider.faults import Script
from infrastructure.sandbox.print_provider.ledger import Ledger
from infrastructure.sandbox.print_provider.letters import PrintRoom
from infrastructure.sandbox.print_provider.requests import Limits
from infrastructure.sandbox.print_provider.state import State
from infrastructure.sandbox.print_provider.webhooks import Sender

_START_SECONDS: Final = 20


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


class Server:
    """A provider on its port."""

    def __init__(self, settings: Settings) -> None:
        self._socket = socket.create_server((settings.host, settings.port))
        self.base_url = f"http://{settings.host}:{self._socket.getsockname()[1]}"
        self._connections: dict[tuple[str, int], asyncio.Transport] = {}
        self._ledger = Ledger(settings.home)
        self.provider = self._assemble(settings)
        config = uvicorn.Config(
            create_app(self.provider),
            http=_remembering(self._connections),
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=1,
            lifespan="on",
        )
        self._server = uvicorn.Server(config)

    @property
    def started(self) -> bool:
        """Whether requests are answered."""
        return self._server.started

    def run(self) -> None:
        """Serve until a signal or `stop`."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self._ledger.close()

    def stop(self) -> None:
        """Ask the server to end."""
        self._server.should_exit = True

    def _assemble(self, settings: Settings) -> PrintProvider:
        state, script = State(self._ledger), Script()
        state.default_webhook = (settings.webhook_url, settings.webhook_secret)
        provider = PrintProvider(
            state=state,
            script=script,
            room=PrintRoom(state, script),
            limits=Limits(usual=settings.requests_per_window, verifications=2 * settings.requests_per_window),
            sender=Sender(state, script, lambda event: provider.told(event), settings.retry_factor),
            base_url=self.base_url,
            asset_secret=_asset_secret(settings.home),
            cut=self._cut,
        )
        return provider

    def _cut(self, request: Request) -> None:
        client = request.client
        if client and (transport := self._connections.get((client.host, client.port))):
            transport.abort()


@contextmanager
def running(settings: Settings) -> Iterator[Server]:
    """A provider in a thread, up on entry and gone on exit."""
    server = Server(settings)
    thread = threading.Thread(target=server.run, name="print-provider", daemon=True)
    thread.start()
    try:
        _await_start(server, thread)
        yield server
    finally:
        server.stop()
        thread.join(_START_SECONDS)


def _await_start(server: Server, thread: threading.Thread) -> None:
    ends_at = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > ends_at:
            raise RuntimeError("the print provider did not start")
        time.sleep(0.01)


def _remembering(connections: dict[tuple[str, int], asyncio.Transport]) -> type[asyncio.Protocol]:
    class Remembering(H11Protocol):
        """A connection that can be found by its peer, so that a fault can cut it."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if self.client:
                connections[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            if self.client:
                connections.pop(self.client, None)
            super().connection_lost(exc)

    return Remembering


def _asset_secret(home: Path) -> bytes:
    path = home / "asset-secret"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()
