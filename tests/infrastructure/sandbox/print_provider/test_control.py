"""The sandbox's own doors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infrastructure.sandbox.print_provider.control import AccountIn, ClockIn
from tests.support.print_room import KEY, Sandbox, sandbox


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    home: Path = tmp_path_factory.mktemp("provider")
    with sandbox(home) as world:
        yield world


def test_it_shows_a_sign_of_life(room: Sandbox) -> None:
    room.send("alive")
    shown = room.http.get("/sandbox").json()

    assert shown["ok"] is True
    assert shown["letters"] >= 1


def test_a_clock_never_goes_back(room: Sandbox) -> None:
    answer = room.http.post("/sandbox/clock", json={"now": "2026-01-01T00:00:00Z", "api_key": KEY})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert ClockIn(now="2026-01-01T00:00:00Z").api_key is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sandbox/clock", {"now": "yesterday"}),
        ("/sandbox/clock", {"now": "2026-03-02T15:00:00"}),
        ("/sandbox/clock", None),
        ("/sandbox/accounts", {"api_key": "live_1"}),
        ("/sandbox/accounts", {"api_key": "test_1", "webhook_url": "ftp://x", "webhook_secret": "x" * 16}),
        ("/sandbox/accounts", {"api_key": "test_1", "webhook_url": "http://x", "webhook_secret": "secret"}),
        ("/sandbox/faults", {"on": "webhook", "do": "drop"}),
        ("/sandbox/faults", ["drop"]),
        ("/sandbox/faults", [{"on": "webhook", "do": "sing"}]),
    ],
)
def test_nonsense_is_refused(room: Sandbox, path: str, body: Any) -> None:
    answer = room.http.post(path, json=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


def test_what_is_not_json_is_refused(room: Sandbox) -> None:
    assert room.http.post("/sandbox/clock", content=b"{").json()["error"]["code"] == "bad_request"


def test_the_fault_script_is_listed_and_cleared(room: Sandbox) -> None:
    room.faults({"on": "POST /v1/letters", "do": "429", "nth": 99})
    listed = room.http.get("/sandbox/faults").json()["faults"]
    cleared = room.http.delete("/sandbox/faults").json()["faults"]

    assert [(one["on"], one["do"], one["nth"]) for one in listed] == [("POST /v1/letters", "429", 99)]
    assert cleared == []
    assert AccountIn(api_key="test_1").strictness == "normal"


def test_the_ledger_is_for_counting_and_names_nobody(room: Sandbox) -> None:
    room.send("counted")
    text = room.http.get("/sandbox/ledger").text

    assert "counted" in text
    assert not any(word in text for word in ("Ann", "Main St", "Allen"))
