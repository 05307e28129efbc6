"""HTTP calls that end: a budget for the whole call, from the first packet to the last byte of the answer.

httpx bounds each network step, so an answer that drips in can last for ever. A job's lease cannot, so
the budget here covers connecting, sending and reading together.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
import typing
from collections.abc import Iterable
from contextlib import suppress

import httpcore
import httpx

from infrastructure.trust import trust

_FAULTS: typing.Final[dict[type[Exception], type[httpx.TransportError]]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.ProtocolError: httpx.RemoteProtocolError,
}

NOTHING_WAS_SENT: typing.Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Faults after which the other side cannot have seen the request."""


_PART_BYTES: typing.Final = 16_384


class _Budget(threading.local):
    ends_at: float = float("inf")

    def cut(self, timeout: float | None) -> float:
        left = max(self.ends_at - time.monotonic(), 0.001)
        return left if timeout is None else min(timeout, left)


class _BudgetedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, budget: _Budget) -> None:
        self._stream, self._budget = stream, budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._budget.cut(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """In small parts: a reader that takes a little at a time would begin the wait anew with each little."""
        for start in range(0, len(buffer), _PART_BYTES):
            self._stream.write(buffer[start : start + _PART_BYTES], self._budget.cut(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _BudgetedStream(
            self._stream.start_tls(ssl_context, server_hostname, self._budget.cut(timeout)), self._budget
        )

    def get_extra_info(self, info: str) -> typing.Any:
        return self._stream.get_extra_info(info)


class _BudgetedBackend(httpcore.NetworkBackend):
    def __init__(self, budget: _Budget) -> None:
        self._backend, self._budget = httpcore.SyncBackend(), budget

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[typing.Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Try each address of the host in turn. A silent one leaves its share of the time to those after it."""
        ends_at = time.monotonic() + self._budget.cut(timeout)
        addresses = _addresses(host, port, ends_at)
        for waiting in range(len(addresses), 0, -1):
            share = max((ends_at - time.monotonic()) / waiting, 0.001)
            try:
                stream = self._backend.connect_tcp(addresses[-waiting], port, share, local_address, socket_options)
                return _BudgetedStream(stream, self._budget)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if waiting == 1:
                    raise
        raise httpcore.ConnectError("the name has no address")

    def sleep(self, seconds: float) -> None:
        time.sleep(self._budget.cut(seconds))


def _addresses(host: str, port: int, ends_at: float) -> list[str]:
    """The addresses of a name. The system's resolver knows no time limit, so it is waited for from outside."""
    found: list[str] = []
    faults: list[OSError] = []

    def look_up() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as fault:
            faults.append(OSError(str(fault)))
        else:
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))

    asking = threading.Thread(target=look_up, name="resolver", daemon=True)
    asking.start()
    asking.join(max(ends_at - time.monotonic(), 0.001))
    if asking.is_alive():
        raise httpcore.ConnectTimeout("the name was not resolved in time")
    if faults:
        raise httpcore.ConnectError("the name was not resolved")
    return found


class BoundedTransport(httpx.BaseTransport):
    """Carries requests of a client, each within `total_seconds` and `max_bytes` of answer.

    A request may bring less time of its own in its extension `total_seconds`.
    """

    def __init__(self, total_seconds: float, max_bytes: int = 8_000_000) -> None:
        self._total, self._max_bytes, self._budget = total_seconds, max_bytes, _Budget()
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust(),
            max_connections=20,
            keepalive_expiry=20,
            network_backend=_BudgetedBackend(self._budget),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        given = float(request.extensions.get("total_seconds", self._total))
        self._budget.ends_at = time.monotonic() + min(given, self._total)
        try:
            answer = self._pool.handle_request(_outgoing(request))
            try:
                body = self._read(answer)
            finally:
                with suppress(httpcore.NetworkError, httpcore.TimeoutException):
                    answer.close()
        except tuple(_FAULTS) as fault:
            raise _as_httpx(fault, request) from None
        return httpx.Response(
            answer.status, headers=answer.headers, stream=httpx.ByteStream(body), extensions=dict(answer.extensions)
        )

    def close(self) -> None:
        self._pool.close()

    def _read(self, answer: httpcore.Response) -> bytes:
        body = bytearray()
        for chunk in answer.iter_stream():
            body += chunk
            if len(body) > self._max_bytes:
                raise httpcore.ReadError("the answer is too long")
        return bytes(body)


def _outgoing(request: httpx.Request) -> httpcore.Request:
    url = httpcore.URL(
        scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
    )
    return httpcore.Request(
        method=request.method,
        url=url,
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


def _as_httpx(fault: Exception, request: httpx.Request) -> httpx.TransportError:
    kind = next(ours for theirs, ours in _FAULTS.items() if isinstance(fault, theirs))
    return kind(type(fault).__name__, request=request)
