"""What never reaches a route is refused in the same form, and nobody holds a connection by doing nothing."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from fastapi import FastAPI, Request

from api import middleware, problems
from api.server import HEAD_PATIENCE_S, LARGEST_HEAD, Protocol, config
from infrastructure.telemetry import Metrics
from tests.support.raw_http import answer_of
from tests.support.serving import running

LINE = b"GET /v1/who HTTP/1.1\r\nHost: x\r\n"


class Hasty(Protocol):
    head_patience_s = 0.3


class Narrow(Protocol):
    at_once = 2


@contextmanager
def listening(protocol: type[Protocol] = Protocol, trusted_proxies: str | None = None) -> Iterator[int]:
    app = FastAPI()

    @app.get("/v1/who")
    def who(request: Request) -> str:
        return request.client.host if request.client else ""

    @app.post("/v1/bytes")
    async def count(request: Request) -> int:
        return len(await request.body())

    problems.install(app)
    middleware.install(app, Metrics())
    settings = config(app, trusted_proxies=trusted_proxies)
    settings.http, settings.lifespan = protocol, "off"
    with running(settings) as port:
        yield port


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with listening() as found:
        yield found


def told(port: int, sent: bytes) -> bytes:
    """All the server says to these bytes until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as client:
        client.sendall(sent)
        return all_of(client)


def all_of(client: socket.socket) -> bytes:
    answer = b""
    while part := client.recv(65536):
        answer += part
    return answer


def assert_problem(answer: bytes, status: int, code: str) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    problem = json.loads(body)
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"content-type: application/problem+json" in head.lower()
    assert b"request-id: " + problem["request_id"].encode() in head.lower()
    assert (problem["status"], problem["code"]) == (status, code)


@pytest.mark.parametrize(
    "sent",
    [
        b"NONSENSE\r\n\r\n",
        b"SECRETMETHOD /v1/who HTTP/1.1\r\nHost: x\r\n\r\n",
        LINE + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        LINE + b"Content-Length: -5\r\n\r\n",
        LINE + b"Content-Length: " + b"9" * 4500 + b"\r\n\r\n",
        b"POST /v1/bytes HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_as_a_problem(port: int, sent: bytes) -> None:
    answer = told(port, sent)

    assert_problem(answer, 400, "bad_request")
    assert b"SECRET" not in answer


def test_another_protocol_is_not_spoken_here(port: int) -> None:
    upgrade = (
        b"Connection: upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n"
    )

    assert told(port, LINE + upgrade + b"\r\n").endswith(b'"127.0.0.1"')
    assert_problem(told(port, LINE.replace(b"/v1/who", b"/nowhere") + upgrade + b"\r\n"), 404, "not_found")


def flood(port: int, start: bytes, more: bytes) -> tuple[bytes, int]:
    """What the server says to `start` and then `more` without end, and how much it took before it said so."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=15) as client:
        client.sendall(start)
        try:
            while sent < 50_000_000:
                client.sendall(more)
                sent += len(more)
        except OSError:
            pass
        try:
            return client.recv(65536), sent
        except OSError:
            return b"", sent


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (LINE, b"X-More: " + b"a" * 1000 + b"\r\n"),
        (LINE + b"X-Long: ", b"a" * 1000),
        (b"GET /", b"a" * 1000),
        (b"POST /v1/bytes HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
         b"a" * 1000),
    ],
)  # fmt: skip
def test_headers_without_end_are_cut_off(port: int, start: bytes, more: bytes) -> None:
    answer, sent = flood(port, start, more)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")  # the answer may be lost with what was not read
    assert sent < 20_000_000


def test_headers_that_are_too_long_are_refused_as_a_problem(port: int) -> None:
    assert_problem(told(port, LINE + b"X: " + b"a" * LARGEST_HEAD), 431, "headers_too_large")


def test_long_bodies_in_small_pieces_are_read(port: int) -> None:
    start = b"POST /v1/bytes HTTP/1.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
    pieces = b"1\r\n \r\n" * 100_000

    assert told(port, start + b"Transfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n").endswith(b"100000")
    assert told(port, start + b"Content-Length: 500000\r\n\r\n" + b" " * 500_000).endswith(b"500000")


def test_a_head_that_does_not_come_is_not_waited_for() -> None:
    with listening(Hasty) as port:
        assert_problem(told(port, LINE), 408, "request_timeout")
        assert told(port, b"") == b""
        with socket.create_connection(("127.0.0.1", port), timeout=15) as client:
            client.sendall(LINE + b"\r\n")
            assert answer_of(client).startswith(b"HTTP/1.1 200 ")
            client.sendall(LINE)
            assert_problem(all_of(client), 408, "request_timeout")


def test_an_idle_connection_is_kept_longer_than_a_usual_client_keeps_it() -> None:
    kept = config(FastAPI()).timeout_keep_alive
    client_keeps = httpx.Limits().keepalive_expiry
    assert client_keeps is not None
    assert 2 * client_keeps <= kept <= HEAD_PATIENCE_S


def test_who_comes_when_the_house_is_full_is_told_to_come_back() -> None:
    with listening(Narrow) as port, ExitStack() as others:
        for _ in range(2):
            others.enter_context(socket.create_connection(("127.0.0.1", port))).sendall(LINE)
        answer = told(port, LINE + b"\r\n")

        assert_problem(answer, 503, "unavailable")
        assert b"retry-after: 1" in answer.lower()


@pytest.mark.parametrize(
    ("trusted", "seen"), [(None, b"127.0.0.1"), ("127.0.0.0/8", b"203.0.113.9"), ("10.0.0.1", b"127.0.0.1")]
)
def test_only_a_proxy_that_is_named_says_whose_request_it_is(trusted: str | None, seen: bytes) -> None:
    with listening(trusted_proxies=trusted) as port:
        sent = LINE + b"Connection: close\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"
        assert told(port, sent).endswith(b'"' + seen + b'"')
