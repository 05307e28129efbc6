"""JSON bodies mean one thing, and nothing in them breaks what keeps them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given
from hypothesis import strategies as st

from api.bodies import LONGEST_NUMBER, read_json

USABLE = st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | USABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(USABLE, inner, max_size=4),
    max_leaves=10,
)


def refused(raw: bytes) -> list[dict[str, Any]]:
    with pytest.raises(RequestValidationError) as error:
        read_json(raw)
    return list(error.value.errors())


@given(VALUES, st.booleans())
def test_what_is_written_is_read(value: object, ascii_only: bool) -> None:
    assert read_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"\xff",
        b'"\xed\xa0\x80"',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": 1, "a": 2}',
        b'{"b": {"a": 1, "\\u0061": 1}}',
        b"NaN",
        b"[Infinity]",
        b"1" * (LONGEST_NUMBER + 1),
        b"0." + b"1" * LONGEST_NUMBER,
        b"[" * 100_000,
        b'"\x00"',
    ],
)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    assert [error["type"] for error in refused(raw)] == ["json_invalid"]


@pytest.mark.parametrize("unusable", ["\\u0000", "\\ud800", "a\\udfffb"])
def test_texts_that_cannot_be_kept_are_named_by_their_place(unusable: str) -> None:
    raw = f'{{"names": ["ok", "{unusable}"], "{unusable}": 1}}'.encode()

    assert [(error["type"], error["loc"]) for error in refused(raw)] == [
        ("string_unusable", ("body", "names", 1)),
        ("string_unusable", ("body",)),
    ]


def test_a_pair_of_halves_is_a_whole_character() -> None:
    assert read_json(b'"\\ud83d\\ude00"') == "\U0001f600"
