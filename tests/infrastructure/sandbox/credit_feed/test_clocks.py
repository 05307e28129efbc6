"""Clocks set by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from infrastructure.sandbox.credit_feed.clocks import Clocks
from infrastructure.sandbox.credit_feed.problems import Refused
from tests.support.credit_feed_parts import Opened, Parts

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)


def test_without_a_clock_it_is_real_time(parts: Parts) -> None:
    assert abs(parts.clocks.now("c") - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_clock_goes_forward_only(parts: Parts) -> None:
    for now in (NOON, NOON, NOON + timedelta(hours=1)):
        parts.clocks.move(now, "c")
        assert parts.clocks.now("c") == now
    with pytest.raises(Refused) as refused:
        parts.clocks.move(NOON, "c")
    assert refused.value.status == 409


def test_a_persons_own_goes_before_the_clients_and_is_nobody_elses(parts: Parts) -> None:
    parts.clocks.move(NOON, "c")
    parts.clocks.move(NOON - timedelta(days=1), "c", "ann")
    assert parts.clocks.now("c", "ann") == NOON - timedelta(days=1)
    assert parts.clocks.now("c", "bob") == parts.clocks.now("c") == NOON
    assert parts.clocks.now("d", "ann") > NOON


def test_clocks_are_remembered(opened: Opened) -> None:
    opened.parts.clocks.move(NOON, "c", "ann")
    again: Clocks = opened.again().clocks
    assert again.now("c", "ann") == NOON
