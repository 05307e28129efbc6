"""Lines of the script: what they match, how often they strike, and what is no line."""

from __future__ import annotations

from typing import Any

import pytest

from infrastructure.sandbox.credit_feed.faults import Script
from infrastructure.sandbox.credit_feed.problems import Refused


def script(*lines: dict[str, Any]) -> Script:
    made = Script()
    made.add(list(lines))
    return made


def test_the_nth_match_and_so_many_after_it_strike() -> None:
    made = script({"on": "GET /v1/*", "do": "500", "nth": 2, "times": 2})
    struck = [made.strike("c", path) is not None for path in ["GET /v1/scores", "POST /v1/reports", *["GET /v1/x"] * 4]]
    assert struck == [False, False, True, True, False, False]
    assert (made.shown[0]["seen"], made.shown[0]["fired"]) == (5, 2)


def test_one_request_is_counted_once_by_whichever_name_it_is_meant() -> None:
    made = script({"on": "POST /oauth/token*", "do": "invalid_grant"}, {"on": "POST /oauth/token x", "do": "slow:2"})
    assert made.strike("c", "POST /oauth/token", "POST /oauth/token x")
    fault = made.strike("c", "POST /oauth/token", "POST /oauth/token x")
    assert fault is None
    assert [line["seen"] for line in made.shown] == [2, 2]


def test_a_line_may_be_for_one_client() -> None:
    made = script({"on": "*", "do": "503", "client_id": "c"})
    assert made.strike("d", "GET /v1/scores") is None
    assert made.strike("c", "GET /v1/scores")


def test_chance_is_repeatable() -> None:
    line = {"on": "*", "do": "500", "rate": 0.5, "seed": 3}
    first, second = ([made.strike("c", "x") is not None for _ in range(50)] for made in (script(line), script(line)))
    assert first == second
    assert 10 < sum(first) < 40


def test_arguments_are_numbers_or_bureaus() -> None:
    made = script({"on": "POST /v1/reports", "do": "empty_bureau:experian"}, {"on": "webhook", "do": "duplicate:3"})
    assert made.shown[0]["argument"] == "experian"
    assert made.shown[1]["on"] == "webhook *"
    fault = made.strike("c", "webhook report.updated")
    assert fault is not None
    assert fault.number(1) == 3
    made.clear()
    assert made.shown == []


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"on": "GET /v1/scores"},
        {"on": 1, "do": "500"},
        {"on": "GET /v1/scores", "do": "explode"},
        {"on": "GET /v1/scores", "do": "pending"},
        {"on": "POST /v1/reports", "do": "invalid_grant"},
        {"on": "webhook", "do": "500"},
        {"on": "GET /v1/scores", "do": "slow:x"},
        {"on": "POST /v1/reports", "do": "empty_bureau:innovis"},
        {"on": "POST /v1/reports", "do": "empty_bureau"},
        {"on": "GET /v1/scores", "do": "500", "often": True},
    ],
)
def test_what_is_no_line(line: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        script(line)
