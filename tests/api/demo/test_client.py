"""The walk's client: it reads what it wrote, waits when told to, and says what went wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from api.demo.client import Client, WalkFailed

Answers = list[tuple[int, dict[str, str], Any]]


class Server(ThreadingHTTPServer):
    answers: Answers
    asked: list[tuple[str, str, dict[str, str]]]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(
            (self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
        )
        status, headers, body = self.server.answers.pop(0)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer  # noqa: N815 the library's names

    def log_message(self, *args: Any) -> None:
        return


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as made:
        made.answers, made.asked = [], []
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    made = Client(f"http://127.0.0.1:{server.server_port}", "token")
    yield made
    made.close()


def test_a_read_waits_for_what_was_written(server: Server, client: Client) -> None:
    server.answers = [(201, {"Event-Position": "abc"}, {"id": 1}), (200, {}, {"id": 1})]
    assert client.send("POST", "/things", {"a": 1}) == {"id": 1}
    client.get("/things/1")
    assert server.asked[0][2]["idempotency-key"]
    assert server.asked[0][2]["authorization"] == "Bearer token"
    assert server.asked[1][2]["min-event-position"] == "abc"


def test_every_page_is_read(server: Server, client: Client) -> None:
    server.answers = [
        (200, {}, {"items": [{"n": 1}], "has_more": True, "next_cursor": "next"}),
        (200, {}, {"items": [{"n": 2}], "has_more": False}),
    ]
    assert client.every("/things") == [{"n": 1}, {"n": 2}]
    assert "cursor=next" in server.asked[1][1]


def test_a_full_bucket_is_waited_for(server: Server, client: Client) -> None:
    server.answers = [(429, {"Retry-After": "0"}, {}), (503, {"Retry-After": "0"}, {}), (200, {}, {"ok": True})]
    assert client.get("/things") == {"ok": True}
    assert len(server.asked) == 3


def test_a_refusal_names_the_call_and_the_code(server: Server, client: Client) -> None:
    server.answers = [(422, {}, {"code": "invalid", "detail": "say it better"})]
    with pytest.raises(WalkFailed, match=r"POST /things: 422 invalid: say it better"):
        client.send("POST", "/things", {})


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"", b"[1]", b"\xff"])
def test_a_refusal_that_is_not_the_apis_is_a_failed_step_too(server: Server, client: Client, body: bytes) -> None:
    server.answers = [(502, {}, body)]
    with pytest.raises(WalkFailed, match=r"GET /things: 502 .*something other than the API"):
        client.get("/things")


def test_an_answer_that_is_no_json_is_a_failed_step(server: Server, client: Client) -> None:
    busy = (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, b"<html>")
    server.answers = [busy, (200, {}, b"<html>Hello</html>")]
    with pytest.raises(WalkFailed, match="GET /things: 200 with a body that is no JSON"):
        client.get("/things")


def test_waiting_ends(server: Server, client: Client) -> None:
    server.answers = [(200, {}, {"items": [], "has_more": False})]
    with pytest.raises(WalkFailed, match="letters drafted: not so after -1 s"):
        client.until("letters drafted", "/letters", bool, -1.0)
