"""Reading what comes in."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from infrastructure.sandbox.print_provider.problems import Refused
from infrastructure.sandbox.print_provider.requests import Limits, TooMany, idempotency_key_of, list_of


def request(headers: dict[str, str], query: str = "") -> Request:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "headers": raw, "query_string": query.encode(), "path": "/"})


def test_a_key_comes_from_the_header_or_the_query() -> None:
    assert idempotency_key_of(request({"Idempotency-Key": "a"})) == "a"
    assert idempotency_key_of(request({}, "idempotency_key=b")) == "b"
    assert idempotency_key_of(request({})) is None


@pytest.mark.parametrize(
    ("headers", "query"), [({"Idempotency-Key": "a"}, "idempotency_key=b"), ({}, "idempotency_key=")]
)
def test_two_keys_or_an_empty_one_are_refused(headers: dict[str, str], query: str) -> None:
    with pytest.raises(Refused):
        idempotency_key_of(request(headers, query))


def test_elements_of_a_list_are_double_quoted() -> None:
    assert list_of('["a","b"]') == list_of('"a","b"') == ["a", "b"]
    for wrong in ("a,b", "[a]", "[1]", "1"):
        with pytest.raises(Refused):
            list_of(wrong)


def test_each_key_and_endpoint_has_its_own_window() -> None:
    limits = Limits(usual=2, verifications=3)

    headers = [limits.take("test_a", "POST /v1/letters") for _ in range(2)]

    assert [one["X-Rate-Limit-Remaining"] for one in headers] == ["1", "0"]
    with pytest.raises(TooMany):
        limits.take("test_a", "POST /v1/letters")
    assert limits.take("test_b", "POST /v1/letters")["ratelimit-remaining"] == "1"
    assert limits.take("test_a", "POST /v1/us_verifications")["ratelimit-limit"] == "3"
