from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from api.etags import (
    InvalidIfMatch,
    PreconditionRequired,
    etag,
    expected_version,
    not_modified,
    unchanged,
)
from application.kernel import StaleVersion


def request(if_none_match: str | None) -> Request:
    headers = [] if if_none_match is None else [(b"if-none-match", if_none_match.encode())]
    return Request({"type": "http", "headers": headers})


@given(st.integers(0, 10**17), st.integers(0, 2**63 - 1))
def test_a_tag_gives_back_its_version(version: int, position: int) -> None:
    assert asyncio.run(expected_version(etag(version, position))) == version
    assert asyncio.run(expected_version(f"  {etag(version, position)} ")) == version


def test_a_star_accepts_whatever_is_there() -> None:
    assert asyncio.run(expected_version("*")) is None


def test_a_change_must_name_its_version() -> None:
    with pytest.raises(PreconditionRequired) as refused:
        asyncio.run(expected_version(None))
    assert refused.value.status == 428


@pytest.mark.parametrize("tag", ["W/" + etag(3, 9), '"v3"', '"v03.aaaaaaaaaaaaaaaa"', '"other"', '""'])
def test_weak_and_foreign_tags_match_nothing(tag: str) -> None:
    with pytest.raises(StaleVersion) as refused:
        asyncio.run(expected_version(tag))
    assert refused.value.status == 412


@pytest.mark.parametrize("tag", ["", "v3", '"a', f"{etag(1, 1)}, {etag(2, 2)}", "3", '"a"b"'])
def test_what_is_no_single_tag_is_a_bad_request(tag: str) -> None:
    with pytest.raises(InvalidIfMatch) as refused:
        asyncio.run(expected_version(tag))
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("header", "same"),
    [
        (None, False),
        (etag(3, 9), True),
        ("W/" + etag(3, 9), True),
        (f'"x", {etag(3, 9)}', True),
        ("*", True),
        (etag(4, 9), False),
        (etag(3, 10), False),
    ],
)
def test_a_client_s_copy_is_compared_as_a_whole(header: str | None, same: bool) -> None:
    assert not_modified(request(header), etag(3, 9)) is same


def test_an_unchanged_answer_has_its_tag_and_no_body() -> None:
    response = unchanged(etag(3, 9))
    assert (response.status_code, response.body, response.headers["etag"]) == (304, b"", etag(3, 9))
