"""Running a sandbox: in its own process, or in a thread of a test."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from infrastructure.sandbox.ledger import Ledger

_START_SECONDS: Final = 20
_KEPT_OPEN_S: Final = 75
"""Longer than any client of ours keeps an idle connection, so that none sends into one that is being closed."""


class Sandbox:
    """A sandbox on its port. Its parts are made with the address and `cut`, and then given to `_serve`."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_server((host, port))
        self.base_url = f"http://{host}:{self._socket.getsockname()[1]}"
        self._connections: dict[tuple[str, int], asyncio.Transport] = {}
        self._ledger: Ledger | None = None
        self._server: uvicorn.Server | None = None

    def _serve(self, app: Starlette, ledger: Ledger) -> None:
        self._ledger = ledger
        config = uvicorn.Config(
            app,
            http=_remembering(self._connections),
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=1,
            timeout_keep_alive=_KEPT_OPEN_S,
            lifespan="on",
        )
        self._server = uvicorn.Server(config)

    @property
    def started(self) -> bool:
        """Whether requests are answered."""
        return self._server is not None and self._server.started

    def run(self) -> None:
        """Serve until a signal or `stop`."""
        assert self._server is not None
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self.discard()

    def discard(self) -> None:
        """Let go of the port and the ledger."""
        self._socket.close()
        if self._ledger is not None:
            self._ledger.close()

    def stop(self) -> None:
        """Ask the server to end."""
        assert self._server is not None
        self._server.should_exit = True

    def cut(self, request: Request) -> None:
        """Break the connection a request came on."""
        client = request.client
        if client and (transport := self._connections.get((client.host, client.port))):
            transport.abort()


Running = TypeVar("Running", bound=Sandbox)


@contextmanager
def in_a_thread(sandbox: Running) -> Iterator[Running]:
    """A sandbox in a thread, up on entry and gone on exit."""
    thread = threading.Thread(target=sandbox.run, name=type(sandbox).__module__, daemon=True)
    thread.start()
    try:
        _await_start(sandbox, thread)
        yield sandbox
    finally:
        sandbox.stop()
        thread.join(_START_SECONDS)


def _await_start(sandbox: Sandbox, thread: threading.Thread) -> None:
    ends_at = time.monotonic() + _START_SECONDS
    while not sandbox.started:
        if not thread.is_alive() or time.monotonic() > ends_at:
            raise RuntimeError("the sandbox did not start")
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
