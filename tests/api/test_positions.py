from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.positions import InvalidPosition, ProjectionLagging, decode_position, encode_position, min_event_position

POSITIONS = st.integers(0, 2**63 - 1)


@given(POSITIONS)
def test_a_position_survives_its_text(position: int) -> None:
    text = encode_position(position)
    assert len(text) == 16
    assert decode_position(text) == position
    assert asyncio.run(min_event_position(text)) == position


def decoded(text: str) -> int | None:
    try:
        return decode_position(text)
    except InvalidPosition:
        return None


@given(POSITIONS, st.integers(0, 15), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_mistyped_position_is_never_another_position(position: int, at: int, letter: str) -> None:
    text = encode_position(position)
    changed = text[:at] + letter + text[at + 1 :]
    if changed != text:
        assert decoded(changed) != position


@pytest.mark.parametrize("text", ["", "0", "17", "a" * 16, "A" * 16, encode_position(7).upper(), "é" * 16, "=" * 16])
def test_what_was_never_issued_is_refused(text: str) -> None:
    with pytest.raises(InvalidPosition):
        decode_position(text)


@pytest.mark.parametrize("position", [-1, 2**63])
def test_only_log_positions_have_a_text(position: int) -> None:
    with pytest.raises(ValueError, match="64-bit"):
        encode_position(position)


def test_no_header_means_no_wait() -> None:
    assert asyncio.run(min_event_position(None)) is None


def test_a_lagging_projection_says_when_to_come_back() -> None:
    assert ProjectionLagging(2).context == {"retry_after_seconds": 2}
    assert ProjectionLagging().status == 503
