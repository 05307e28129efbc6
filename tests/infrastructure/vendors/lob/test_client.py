"""The adapter where answers are strange. Ordinary behaviour is in the contract of every post."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from application.posting import Cancelled, OutcomeUnknown, PostBusy, PostRejected
from infrastructure.vendors.lob.client import TOTAL_SECONDS, LobPost
from tests.support.posting import PDF, piece


@dataclass
class Answers:
    """What a provider says, one answer for each request, and what it was asked."""

    given: list[tuple[int, bytes]]
    asked: list[str] = field(default_factory=list)


@contextmanager
def provider(*given: tuple[int, object]) -> Iterator[tuple[LobPost, Answers]]:
    answers = Answers(
        [(status, body if isinstance(body, bytes) else json.dumps(body).encode()) for status, body in given]
    )

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answers.asked.append(f"{self.command} {self.path}")
            status, body = answers.given.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    post = LobPost("test_key", f"http://127.0.0.1:{server.server_address[1]}/v1", total_seconds=3)
    try:
        yield post, answers
    finally:
        post.close()
        server.shutdown()
        server.server_close()


@contextmanager
def slow_provider(seconds: float) -> Iterator[LobPost]:
    """Every page comes in time and promises another one; the post has a second in all."""
    page = json.dumps({"data": [], "next_url": "https://api.lob.com/v1/letters?after=again"}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(seconds)
            with suppress(ConnectionError):
                self.send_response(200)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    post = LobPost("test_key", f"http://127.0.0.1:{server.server_address[1]}/v1", total_seconds=1)
    try:
        yield post
    finally:
        post.close()
        server.shutdown()
        server.server_close()


def letter(number: int, mailing_id: str = "mailing-1", **more: object) -> dict[str, object]:
    return {"id": f"ltr_{number}", "metadata": {"mailing_id": mailing_id}, **more}


def refusal(code: str, status: int = 422) -> tuple[int, object]:
    return status, {"error": {"code": code, "message": "", "status_code": status}}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((200, b"<html>"), "unreadable_answer"),
        ((200, {"object": "letter"}), "unreadable_answer"),
        ((200, letter(1, "another")), "answered_with_another_piece"),
        ((200, {"id": "ltr_1", "metadata": {}}), "answered_with_another_piece"),
        ((201, letter(1)), "http_201_without_a_code"),
        ((301, b""), "http_301_without_a_code"),
    ],
)
def test_an_answer_that_proves_nothing_leaves_the_outcome_unknown(answer: tuple[int, object], reason: str) -> None:
    with provider(answer) as (post, answers), pytest.raises(OutcomeUnknown) as unknown:
        post.submit(piece(), PDF)

    assert unknown.value.reason == reason
    assert answers.asked == ["POST /v1/letters"]


def test_a_provider_that_is_not_there_took_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    post = LobPost("test_key", f"http://127.0.0.1:{port}/v1")

    with pytest.raises(PostBusy) as busy:
        post.submit(piece(), PDF)
    post.close()

    assert busy.value.reason == "connect_error"


def test_all_pages_are_read_and_only_living_pieces_of_this_mailing_count() -> None:
    following = "https://api.lob.com/v1/letters?limit=100&after=cursor"
    first = {"data": [letter(4), letter(3, deleted=True)], "next_url": following}
    second = {"data": [letter(2, "another"), letter(1)], "next_url": None}

    with provider((200, first), (200, second)) as (post, answers):
        found = post.find("mailing-1")

    assert [one.provider_id for one in found] == ["ltr_1", "ltr_4"]
    assert "after=cursor" in answers.asked[1]
    assert all("metadata%5Bmailing_id%5D=mailing-1" in asked for asked in answers.asked)


@pytest.mark.parametrize("answer", [(200, b"{}"), (500, b""), (502, b"<html>"), (429, b"")])
def test_a_question_without_a_clear_answer_is_to_be_asked_again(answer: tuple[int, object]) -> None:
    with provider(answer, answer) as (post, _):
        with pytest.raises(PostBusy):
            post.find("mailing-1")
        with pytest.raises(PostBusy):
            post.get("ltr_1")


def test_a_list_without_an_end_is_not_believed() -> None:
    endless = {"data": [], "next_url": "https://api.lob.com/v1/letters?after=again"}
    with provider(*[(200, endless)] * 20) as (post, _), pytest.raises(PostBusy) as busy:
        post.find("mailing-1")

    assert busy.value.reason == "the_list_does_not_end"


def test_a_cancellation_refused_for_a_piece_already_gone_is_a_cancellation() -> None:
    with provider(refusal("not_deletable"), (200, letter(1, deleted=True))) as (post, answers):
        assert isinstance(post.cancel("ltr_1"), Cancelled)

    assert answers.asked == ["DELETE /v1/letters/ltr_1", "GET /v1/letters/ltr_1"]


@pytest.mark.parametrize("answer", [(200, b"?"), (200, {"id": "ltr_2", "deleted": True}), (500, b"")])
def test_a_cancellation_without_a_clear_answer_is_unknown(answer: tuple[int, object]) -> None:
    with provider(answer) as (post, _), pytest.raises(OutcomeUnknown):
        post.cancel("ltr_1")


@pytest.mark.parametrize("wrong", ["../accounts", "ltr_1?x=1", "", "ltr 1"])
def test_only_a_plain_id_gets_into_a_url(wrong: str) -> None:
    with provider() as (post, answers):
        with pytest.raises(PostRejected):
            post.get(wrong)
        assert answers.asked == []


def test_a_call_is_shorter_than_the_lease_of_the_job_that_makes_it() -> None:
    assert TOTAL_SECONDS < 12


def test_an_address_that_cannot_be_asked_about_is_rejected_as_an_address() -> None:
    with provider(refusal("invalid"), refusal("invalid")) as (post, _):
        with pytest.raises(PostRejected) as about_address:
            post.verify(piece().to)
        with pytest.raises(PostRejected) as about_request:
            post.find("mailing-1")

    assert (about_address.value.kind, about_request.value.kind) == ("address", "request")


def test_many_pages_share_the_time_of_one_call() -> None:
    with slow_provider(seconds=0.4) as post, pytest.raises(PostBusy) as busy:
        post.find("mailing-1")

    assert busy.value.reason in ("read_timeout", "pool_timeout", "connect_timeout")
