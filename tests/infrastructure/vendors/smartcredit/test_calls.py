"""Every call ends, reads no more than it must, and tells nothing about what was sent."""

from __future__ import annotations

import gzip
from email.utils import formatdate

import httpx
import pytest
from pydantic import BaseModel

from application.feeding import FeedBusy, FeedRefused
from infrastructure.vendors.smartcredit.calls import LARGEST_ANSWER, Calls, fault_name, read
from tests.support.odd_provider import Answer, OddProvider

NOW = 1_800_000_000.0


@pytest.fixture
def calls() -> Calls:
    return Calls(1.0, now=lambda: NOW)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(hang_s=1.3), "read_timeout"),
        (Answer(body=b"x" * 4_000, cut=True), "remote_protocol_error"),
        (Answer(body=b"x" * (LARGEST_ANSWER + 1)), "read_error"),
        (Answer(body=gzip.compress(b"x" * 100_000_000), headers={"Content-Encoding": "gzip"}), "decoding_error"),
    ],
    ids=["slow", "cut", "too long", "compressed"],
)
def test_an_answer_that_is_none_is_a_passing_trouble(
    calls: Calls, provider: OddProvider, answer: Answer, reason: str
) -> None:
    provider.says("/reports", answer)
    with pytest.raises(FeedBusy) as busy:
        calls.ask("GET", f"{provider.url}/reports", headers={"Authorization": "Bearer hidden"})
    assert busy.value.reason == reason
    assert "hidden" not in str(busy.value)
    assert busy.value.__cause__ is None


def test_a_large_answer_is_read_where_it_may_be_one(calls: Calls, provider: OddProvider) -> None:
    provider.says("/reports", Answer(body=b"x" * (LARGEST_ANSWER + 1)))
    assert len(calls.ask("GET", f"{provider.url}/reports", large=True).content) == LARGEST_ANSWER + 1


def test_no_redirect_is_followed(calls: Calls, provider: OddProvider) -> None:
    provider.says("/reports", Answer(302, headers={"Location": f"{provider.url}/elsewhere"}))
    answer = calls.ask("GET", f"{provider.url}/reports")
    problem = calls.problem(answer)
    assert isinstance(problem, FeedRefused)
    assert (problem.code, provider.times("/elsewhere")) == ("request_refused", 0)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, FeedRefused), (404, FeedRefused), (422, FeedRefused), (408, FeedBusy), (429, FeedBusy), (503, FeedBusy)],
)
def test_a_refusal_lasts_or_passes(calls: Calls, status: int, kind: type[Exception]) -> None:
    problem = calls.problem(httpx.Response(status, content=b"hidden"))
    assert type(problem) is kind
    assert "hidden" not in str(problem)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("7", 7.0),
        ("0", 1.0),
        ("999999", 3600.0),
        ("9" * 400, 5.0),
        ("-3", 5.0),
        ("soon", 5.0),
        ("", 5.0),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW - 90, usegmt=True), 1.0),
    ],
)
def test_the_pause_asked_for_is_kept_within_bounds(calls: Calls, given: str, seconds: float) -> None:
    assert calls.pause(httpx.Response(429, headers={"Retry-After": given})) == pytest.approx(seconds, abs=1)


class _Shape(BaseModel):
    a: int


def test_a_cut_body_passes_and_another_form_lasts() -> None:
    assert read(_Shape, httpx.Response(200, content=b'{"a": 1}')).a == 1
    with pytest.raises(FeedBusy):
        read(_Shape, httpx.Response(200, content=b'{"a": '))
    with pytest.raises(FeedRefused) as refused:
        read(_Shape, httpx.Response(200, content=b'{"a": "hidden"}'))
    assert "hidden" not in str(refused.value)
    assert refused.value.code == "unreadable_answer"


def test_a_fault_is_called_by_its_kind() -> None:
    assert fault_name(httpx.ReadTimeout("hidden")) == "read_timeout"
