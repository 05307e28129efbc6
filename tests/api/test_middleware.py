from __future__ import annotations

import asyncio
import json
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from starlette.responses import Response
from starlette.types import Message

from api import middleware, problems
from api.etags import etag
from infrastructure.limits import Decision, Policy, RateLimited
from infrastructure.telemetry import Metrics
from infrastructure.tokens import Unauthenticated
from tests.support.logs import captured_logs
from tests.support.raw_http import answer_of
from tests.support.serving import running

REPORTS = r"/v1/consumers/[^/]+/reports"
USER, TENANT = Policy("user", 100), Policy("tenant", 1000)


def decision(allowed: bool) -> Decision:
    return Decision(allowed, USER, 42 if allowed else 0, 35, 0 if allowed else 9, (USER, TENANT))


def build(metrics: Metrics) -> FastAPI:
    app = FastAPI()

    @app.get("/v1/things/{thing}")
    def thing(thing: str, request: Request) -> str:
        request.state.tenant_id = TENANT_ID
        request.state.rate_limit = decision(True)
        return thing

    @app.get("/v1/limited")
    def limited(request: Request) -> None:
        request.state.rate_limit = decision(False)
        raise RateLimited(decision(False))

    @app.get("/v1/tagged")
    def tagged(response: Response) -> int:
        response.headers["ETag"] = etag(1, 2)
        return 1

    @app.post("/v1/bytes")
    async def count(request: Request) -> int:
        return len(await request.body())

    @app.post("/v1/consumers/{consumer}/reports")
    async def report(consumer: str, request: Request) -> int:
        return len(await request.body())

    @app.post("/v1/json")
    def read(body: dict[str, int]) -> int:
        return len(body)

    @app.post("/v1/quiet")
    def quiet() -> None:
        return None

    @app.post("/v1/refusing")
    def refusing() -> None:
        raise Unauthenticated("no")

    @app.get("/v1/bug")
    def bug() -> None:
        raise RuntimeError("Ann Example, 123-45-6789")

    problems.install(app)
    larger = {REPORTS: middleware.LARGEST_REPORT}
    middleware.install(app, metrics, larger=larger, other_types={REPORTS: frozenset({"application/octet-stream"})})
    return app


TENANT_ID = uuid4()
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture(scope="module")
def http(metrics: Metrics) -> TestClient:
    return TestClient(build(metrics))


def test_a_harmless_request_id_of_the_client_is_kept(http: TestClient) -> None:
    assert http.get("/v1/things/1", headers={"Request-Id": "trace-0123_ABC"}).headers["request-id"] == "trace-0123_ABC"


UNSAFE = ["", "short", "a" * 65, "with space 1", "semi;colon;1", "-leading-dash", 'quo"te-123']


@pytest.mark.parametrize("sent", UNSAFE)
def test_any_other_is_replaced(http: TestClient, sent: str) -> None:
    given = http.get("/v1/things/1", headers={"Request-Id": sent}).headers["request-id"]
    assert given != sent
    assert given.startswith("req_")
    assert len(given) == 36


def test_two_requests_have_two_ids(http: TestClient) -> None:
    assert http.get("/v1/things/1").headers["request-id"] != http.get("/v1/things/1").headers["request-id"]


def chunks(total: int) -> Iterator[bytes]:
    for _ in range(total // 1000):
        yield b" " * 1000
    yield b" " * (total % 1000)


@pytest.mark.parametrize("path", ["/v1/bytes", "/v1/json"])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_body_over_a_megabyte_is_too_large_declared_or_streamed(http: TestClient, path: str, streamed: bool) -> None:
    body = chunks(1_000_001) if streamed else b" " * 1_000_001
    response = http.post(path, content=body, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("streamed", [False, True])
def test_exactly_a_megabyte_is_read(http: TestClient, streamed: bool) -> None:
    body = chunks(1_000_000) if streamed else b" " * 1_000_000
    assert http.post("/v1/bytes", content=body, headers=JSON).json() == 1_000_000


def test_reports_may_have_twenty_megabytes(http: TestClient) -> None:
    path = f"/v1/consumers/{uuid4()}/reports"
    assert http.post(path, content=b" " * 20_000_000, headers=JSON).json() == 20_000_000
    assert http.post(path, content=b" " * 20_000_001, headers=JSON).status_code == 413
    assert http.post(path + "/more", content=b" " * 1_000_001, headers=JSON).status_code == 413


@pytest.mark.parametrize("length", ["abc", "-1", "1.5", "\u0661"])
def test_a_length_that_is_no_number_is_a_bad_request(http: TestClient, length: str) -> None:
    response = http.post("/v1/bytes", content=b"x", headers=JSON | {"Content-Length": length.encode()})  # type: ignore[arg-type]
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


def test_only_json_is_read_unless_an_address_reads_more(http: TestClient) -> None:
    for headers in ({"Content-Type": "text/plain"}, {"Content-Type": "application/xml"}, {}):
        response = http.post("/v1/bytes", content=b"x", headers=headers)
        assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    octets = {"Content-Type": "application/octet-stream"}
    assert http.post("/v1/consumers/1/reports", content=b"x", headers=octets).json() == 1
    assert http.post("/v1/bytes", content=b"x", headers=octets).status_code == 415
    assert http.post("/v1/json", content=b"{}", headers={"Content-Type": "Application/JSON; charset=utf-8"}).json() == 0
    assert http.post("/v1/quiet").status_code == 200


def test_every_answer_has_the_security_headers(http: TestClient) -> None:
    for path in ("/v1/things/1", "/nowhere", "/v1/bug"):
        headers = http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert "max-age" in headers["strict-transport-security"]
        assert headers["request-id"]


def test_what_has_a_tag_may_be_kept_by_its_reader_alone(http: TestClient) -> None:
    assert http.get("/v1/tagged").headers["cache-control"] == "private, no-cache"


def test_the_state_of_the_rate_limit_is_told(http: TestClient) -> None:
    headers = http.get("/v1/things/1").headers
    assert headers["ratelimit-policy"] == '"user";q=100;w=60, "tenant";q=1000;w=60'
    assert headers["ratelimit"] == '"user";r=42;t=35'
    assert "retry-after" not in headers
    assert "ratelimit" not in http.get("/nowhere").headers


def test_a_caller_over_the_limit_is_told_when_to_come_back(http: TestClient) -> None:
    response = http.get("/v1/limited")
    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    assert response.headers["retry-after"] == "9"
    assert response.headers["ratelimit"] == '"user";r=0;t=35'


def test_figures_are_kept_by_route_template_and_never_by_tenant_or_path(http: TestClient, metrics: Metrics) -> None:
    secret = uuid4().hex
    http.get(f"/v1/things/{secret}?ssn=123456789")
    http.get(f"/{secret}")
    text = metrics.render().decode()
    assert 'route="/v1/things/{thing}",status="200"' in text
    assert 'route="unmatched",status="404"' in text
    assert secret not in text
    assert str(TENANT_ID) not in text


def test_the_log_has_template_status_and_ids_but_no_path_query_or_message(http: TestClient) -> None:
    with captured_logs() as lines:
        http.get("/v1/things/canary?name=Ann", headers={"Request-Id": "trace-0123456"})
        http.get("/v1/bug")
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    first = next(line for line in logged if line.get("request_id") == "trace-0123456")
    assert first["event"] == "request"
    assert first["route"] == "/v1/things/{thing}"
    assert (first["method"], first["status"], first["tenant_id"]) == ("GET", 200, str(TENANT_ID))
    bug = next(line for line in logged if line["event"] == "unhandled_error")
    assert bug["error_type"] == "RuntimeError"
    assert any("test_middleware.py" in frame and "bug" in frame for frame in bug["places"])
    for secret in ("canary", "Ann", "45-6789", "name="):
        assert secret not in lines.getvalue()


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key", "If-Match", "Min-Event-Position"])
def test_a_header_that_decides_is_sent_once(http: TestClient, name: str) -> None:
    twice = http.get("/v1/things/1", headers=[(name, "first"), (name.lower(), "second")])

    assert (twice.status_code, twice.json()["code"]) == (400, "bad_request")
    assert name.lower() in twice.json()["detail"]
    assert "first" not in twice.text + repr(twice.headers)
    assert http.get("/v1/things/1", headers=[(name, "first"), ("Accept", "a/b"), ("Accept", "c/d")]).is_success


def test_a_client_that_leaves_is_no_error_of_ours() -> None:
    head = b"POST /v1/bytes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
    metrics = Metrics()
    with captured_logs() as lines, served(build(metrics)) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(head + b"half")
        until = time.monotonic() + 10
        while '"request"' not in lines.getvalue() and time.monotonic() < until:
            time.sleep(0.01)
    assert "client_left" in lines.getvalue()
    assert "unhandled_error" not in lines.getvalue()
    assert 'route="/v1/bytes",status="499"' in metrics.render().decode()


@contextmanager
def served(app: FastAPI) -> Iterator[int]:
    with running(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off")) as port:
        yield port


def test_over_a_real_connection_an_endless_body_is_cut_off() -> None:
    head = b"POST /v1/bytes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with served(build(Metrics())) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(head)
        sent = 0
        client.setblocking(False)
        answer = b""
        until = time.monotonic() + 10
        while b"\r\n\r\n" not in answer and time.monotonic() < until:
            readable, writable, _ = select.select([client], [client], [], 1)
            if readable:
                answer += client.recv(65536)
            elif writable:
                sent += client.send(chunk[sent % len(chunk) :])
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer
    assert sent < 20 * len(chunk) + 8_000_000


HEAD = b"POST /v1/%b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n"


def told(port: int, head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """What is said to the head alone, and then until the connection ends, while the body comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(head)
        first = answer_of(client)
        client.sendall(body)
        rest = b""
        while part := client.recv(65536):
            rest += part
    return first, rest


def test_a_refusal_that_waited_for_no_body_ends_the_connection_gently() -> None:
    with served(build(Metrics())) as port:
        first, rest = told(port, HEAD % b"refusing", b" " * 900_000)
    assert first.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in first.lower()
    assert first.endswith(b"}")
    assert rest == b""


def test_a_client_that_sends_nothing_more_does_not_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "LINGER_S", 0.2)
    with served(build(Metrics())) as port:
        began = time.monotonic()
        first, rest = told(port, HEAD % b"refusing", b"")
    assert (first[:13], rest) == (b"HTTP/1.1 401 ", b"")
    assert 0.1 < time.monotonic() - began < 5


def test_what_was_carried_out_or_had_no_body_keeps_the_connection(http: TestClient) -> None:
    assert "connection" not in http.post("/v1/quiet", content=b"{}", headers=JSON).headers
    assert "connection" not in http.post("/v1/refusing").headers
    assert http.post("/v1/refusing", content=b"{}", headers=JSON).headers["connection"] == "close"


def slowly(app: FastAPI, pause_s: float) -> list[int]:
    """Send one byte after another without end, with so long between them; the statuses of the answers."""
    statuses: list[int] = []

    async def receive() -> Message:
        await asyncio.sleep(pause_s)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/v1/bytes", "raw_path": b"/v1/bytes", "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "state": {},
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return statuses


@pytest.mark.parametrize("bound", ["PATIENCE_S", "BODY_WITHIN_S"])
def test_a_body_ends_in_time_whether_it_pauses_or_trickles(
    metrics: Metrics, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(middleware, bound, 0.2)

    assert slowly(build(metrics), 30.0 if bound == "PATIENCE_S" else 0.02) == [408]


def test_a_slow_body_has_time_for_a_report_and_no_more_than_a_connection_is_worth() -> None:
    megabits_per_second = 8 * middleware.LARGEST_REPORT / middleware.BODY_WITHIN_S / 1e6
    assert megabits_per_second < 1.0
    assert middleware.PATIENCE_S < middleware.BODY_WITHIN_S <= 300
