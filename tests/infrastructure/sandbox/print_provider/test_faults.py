"""The script strikes where it says and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from infrastructure.sandbox.print_provider.faults import Script
from infrastructure.sandbox.print_provider.problems import Refused


def script(*lines: dict[str, Any]) -> Script:
    one = Script()
    one.add(list(lines))
    return one


def struck(one: Script, subject: str, times: int, api_key: str = "test_a") -> list[bool]:
    return [one.strike(api_key, subject) is not None for _ in range(times)]


def test_the_nth_match_and_the_ones_after_it_go_wrong() -> None:
    one = script({"on": "POST /v1/letters", "nth": 2, "times": 2, "do": "429"})

    assert struck(one, "GET /v1/letters", 3) == [False] * 3
    assert struck(one, "POST /v1/letters", 5) == [False, True, True, False, False]
    assert (one.shown[0]["seen"], one.shown[0]["fired"]) == (5, 2)


def test_a_pattern_an_account_and_an_argument_are_heeded() -> None:
    one = script({"on": "* /v1/letters/*", "api_key": "test_b", "do": "slow:2.5"})

    assert struck(one, "GET /v1/letters/ltr_1", 1) == [False]
    fault = one.strike("test_b", "DELETE /v1/letters/ltr_1")
    assert fault is not None
    assert (fault.do, fault.number(1)) == ("slow", 2.5)


def test_chance_is_repeatable_by_its_seed() -> None:
    line = {"on": "webhook", "do": "duplicate", "rate": 0.3, "seed": 7}

    once, twice = (struck(script(line), "webhook letter.created", 50) for _ in range(2))

    assert once == twice
    assert 5 < sum(once) < 25
    assert struck(script({**line, "seed": 8}), "webhook letter.created", 50) != once


def test_clearing_ends_it() -> None:
    one = script({"on": "letter", "do": "return", "times": 9})
    one.clear()

    assert one.strike("test_a", "letter") is None
    assert one.shown == []


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"on": "POST /v1/letters", "do": "explode"},
        {"on": "webhook", "do": "429"},
        {"on": "letter", "do": "duplicate"},
        {"on": "POST /v1/letters", "do": "slow:long"},
        {"on": "POST /v1/letters", "do": "429", "when": "noon"},
    ],
)
def test_a_line_that_means_nothing_is_refused(line: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        script(line)
