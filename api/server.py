"""How the API listens: what never reaches a route is refused in the API's own form, and nobody holds a connection
by sending a head that does not end."""

from __future__ import annotations

from asyncio import Transport, get_running_loop
from asyncio.events import TimerHandle
from typing import Any, Final, cast
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api import middleware, problems
from api.problem_kinds import kind_of_status

LARGEST_HEAD: Final = 65_536
"""Bytes of a request line and headers, or of whatever else brings a request no further."""
HEAD_PATIENCE_S: Final = 20.0
KEPT_OPEN_S: Final = 20
"""How long an idle connection is kept: longer than clients usually do (5 s), so that none of them sends a request into
a connection that is being closed, and no longer than one that never sends a head."""
AT_ONCE: Final = 1_000
"""Connections, and requests being answered; who comes on top is told to come back."""


def config(app: FastAPI, host: str = "127.0.0.1", port: int = 0, trusted_proxies: str | None = None) -> uvicorn.Config:
    """The server's settings. `trusted_proxies`: addresses or networks, separated by commas, whose X-Forwarded-For
    is believed; without any, the address a connection comes from is the client's."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=trusted_proxies is not None,
        forwarded_allow_ips=trusted_proxies or "",
        timeout_graceful_shutdown=25,
        timeout_keep_alive=KEPT_OPEN_S,
    )


class Protocol(HttpToolsProtocol):
    """One client's connection."""

    head_patience_s = HEAD_PATIENCE_S
    at_once = AT_ONCE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._answering = self.app
        self._fruitless = 0
        self._head_timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._fruitless += len(data)
        super().data_received(data)
        if self._fruitless > LARGEST_HEAD and not self.transport.is_closing():
            self._refuse(431)

    def on_message_begin(self) -> None:
        self._expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head_came()
        crowded = len(self.connections) > self.at_once or len(self.tasks) >= self.at_once
        self.app = cast(Any, middleware.RequestIds(_too_many)) if crowded else self._answering
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        self._fruitless = 0

    def on_body(self, body: bytes) -> None:
        self._fruitless = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._fruitless = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP."""
        self._refuse(400)

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing here speaks another protocol; the request is answered as the HTTP that it is."""

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = get_running_loop().call_later(self.head_patience_s, self._head_is_late)

    def _head_came(self) -> None:
        self._fruitless = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._is_answering():
            self._expect_head()
        elif self._fruitless:
            self._refuse(408)
        else:
            self.transport.close()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, status: int) -> None:
        """Say why, unless an earlier request is being answered on this connection, and close it."""
        if not self._is_answering():
            self.transport.write(_bytes(_refusal(status, f"req_{uuid4().hex}")))
        self.transport.close()


async def _too_many(scope: Scope, receive: Receive, send: Send) -> None:
    response = _refusal(503, problems.request_id_of(scope))
    await response(scope, receive, send)


def _refusal(status: int, request_id: str) -> Response:
    kind = kind_of_status(status)
    headers = {"Connection": "close", middleware.REQUEST_ID: request_id} | (
        {"Retry-After": "1"} if status == 503 else {}
    )
    return problems.problem_response(request_id, status, kind.code, f"{kind.meaning} {kind.remedy}", headers=headers)


def _bytes(response: Response) -> bytes:
    lines = [f"HTTP/1.1 {response.status_code} {kind_of_status(response.status_code).title}".encode()]
    lines += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join([*lines, b"", bytes(response.body)])
