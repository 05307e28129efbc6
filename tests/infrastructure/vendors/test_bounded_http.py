"""A call ends, whatever the other side does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import httpx
import pytest

from infrastructure.vendors.bounded_http import NOTHING_WAS_SENT, BoundedTransport


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does one thing with each connection, in its own thread."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

    def handle(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.recv(65_536)
            answer(connection)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.close()


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(600):
        connection.sendall(b"x")
        time.sleep(0.05)


def drip_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(600):
        connection.sendall(b"X-%d: y\r\n" % number)
        time.sleep(0.05)


def client(total: float = 0.5, max_bytes: int = 1000) -> httpx.Client:
    return httpx.Client(transport=BoundedTransport(total, max_bytes), timeout=5, trust_env=False)


@pytest.mark.parametrize("answer", [drip, drip_headers])
def test_an_answer_that_drips_in_is_given_up(answer: Callable[[socket.socket], None]) -> None:
    with serving(answer) as url, client() as http, pytest.raises(httpx.ReadTimeout):
        http.get(url)


def test_an_answer_that_is_too_long_is_given_up() -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000)

    with serving(flood) as url, client(total=5) as http, pytest.raises(httpx.ReadError):
        http.get(url)


def test_a_cut_connection_is_a_fault_after_sending() -> None:
    with serving(lambda connection: None) as url, client(total=5) as http, pytest.raises(httpx.TransportError) as fault:
        http.get(url)

    assert not isinstance(fault.value, NOTHING_WAS_SENT)


def test_nobody_there_means_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with client() as http, pytest.raises(NOTHING_WAS_SENT):
        http.get(f"http://127.0.0.1:{port}/")


def test_an_ordinary_answer_comes_whole_and_each_call_has_its_own_budget() -> None:
    def answer(connection: socket.socket) -> None:
        time.sleep(0.2)
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-A: b\r\nConnection: close\r\n\r\nhello")

    with serving(answer) as url, client(total=2) as http:
        answers = [http.get(url) for _ in range(3)]

    assert [(one.status_code, one.text, one.headers["x-a"]) for one in answers] == [(201, "hello", "b")] * 3


def test_a_reader_that_takes_little_at_a_time_is_given_up() -> None:
    def sip(connection: socket.socket) -> None:
        while connection.recv(262_144):
            time.sleep(0.05)

    with serving(sip) as url, client() as http, pytest.raises(httpx.WriteTimeout):
        http.post(url, content=bytes(48_000_000))


@contextmanager
def named(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> Iterator[str]:
    """A name that stands for several addresses."""
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *rest: Any, **named: Any) -> Any:
        hosts = addresses if host == "several.example" else (host,)
        return [answer for one in hosts for answer in real(one, port, *rest, **named)]

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", look_up)
        yield "several.example"


def test_addresses_that_stay_silent_leave_time_for_the_one_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(connection: socket.socket) -> None:
        time.sleep(0.1)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with ExitStack() as open_now:
        url = httpx.URL(open_now.enter_context(serving(answer)))
        silent = [f"127.0.0.{number}" for number in (2, 3, 4)]
        for address in silent:
            full = open_now.enter_context(socket.socket())
            full.bind((address, url.port or 0))
            full.listen(0)
            for _ in range(3):
                one = open_now.enter_context(socket.socket())
                one.setblocking(False)
                one.connect_ex((address, url.port or 0))
        host = open_now.enter_context(named(monkeypatch, *silent, "127.0.0.1"))
        http = open_now.enter_context(client(total=2))
        assert http.get(url.copy_with(host=host)).status_code == 200


def test_a_name_that_is_not_resolved_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()

    def never(*_: Any, **__: Any) -> Any:
        asked.wait(20)
        return []

    with monkeypatch.context() as patch, client() as http:
        patch.setattr(socket, "getaddrinfo", never)
        with pytest.raises(httpx.ConnectTimeout):
            http.get("http://slow.example/")
        asked.set()
