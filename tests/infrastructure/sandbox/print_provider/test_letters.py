"""The print room by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infrastructure.sandbox.print_provider.faults import Script
from infrastructure.sandbox.print_provider.ledger import Ledger
from infrastructure.sandbox.print_provider.letters import PrintRoom
from infrastructure.sandbox.print_provider.problems import Refused
from infrastructure.sandbox.print_provider.state import State
from tests.support.posting import PDF

KEY = "test_a"
MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
ADDRESS = {
    "name": "Ann",
    "address_line1": "1 Way",
    "address_city": "Austin",
    "address_state": "TX",
    "address_zip": "73301",
}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[PrintRoom]:
    ledger = Ledger(tmp_path)
    state = State(ledger)
    state.move_clock(MONDAY, KEY)
    yield PrintRoom(state, Script())
    ledger.close()


def accept(room: PrintRoom, key: str | None = None, mailing: str = "m1", **changes: Any) -> str:
    fields = {"to": ADDRESS, "from": ADDRESS, "color": False, "use_type": "operational", **changes}
    return room.accept(KEY, {**fields, "metadata": {"mailing_id": mailing}}, PDF, "2020-02-11", key).id


def test_a_duplicate_can_be_counted_and_a_cancelled_one_is_none(room: PrintRoom) -> None:
    first, second = accept(room, "k1"), accept(room, "k2")
    accept(room, "k2")
    accept(room, "k3", mailing="m2")

    counted = room.counted(KEY)
    assert (counted["count"], counted["duplicates"], counted["replays"]) == (3, ["m1"], 1)
    room.cancel(KEY, second)
    assert room.counted(KEY)["duplicates"] == []
    assert [one["deleted"] for one in room.counted(None)["letters"]] == [False, True, False]
    assert first != second
    assert "Ann" not in str(counted)


def test_the_window_for_cancelling_is_the_accounts(room: PrintRoom) -> None:
    early, late = accept(room), accept(room)
    room.state.move_clock(MONDAY + timedelta(seconds=300), KEY)
    room.cancel(KEY, early)
    room.state.move_clock(MONDAY + timedelta(seconds=301), KEY)

    for letter in (late, early):
        with pytest.raises(Refused, match="not_deletable"):
            room.cancel(KEY, letter)


def test_an_address_of_the_book_serves_as_recipient_until_it_is_forgotten(room: PrintRoom) -> None:
    kept = room.keep_address(KEY, ADDRESS)
    letter = accept(room, to=kept["id"])
    room.forget_address(KEY, kept["id"])

    assert room.letter(KEY, letter).entry["to"]["address_line1"] == "1 Way"
    with pytest.raises(Refused, match="not_found"):
        accept(room, to=kept["id"])
    with pytest.raises(Refused, match="invalid"):
        room.keep_address(KEY, {**ADDRESS, "address_country": "FR"})


@pytest.mark.parametrize(
    ("strictness", "line", "taken"),
    [
        ("strict", "missing unit", False),
        ("strict", "1 Way", True),
        ("normal", "missing unit", True),
        ("normal", "undeliverable no match", False),
        ("relaxed", "undeliverable no match", True),
    ],
)
def test_strictness_is_the_accounts(room: PrintRoom, strictness: str, line: str, taken: bool) -> None:
    room.state.record("account", api_key=KEY, strictness=strictness)
    to = {**ADDRESS, "address_line1": line}
    if taken:
        assert accept(room, to=to).startswith("ltr_")
        return
    with pytest.raises(Refused, match="failed_deliverability_strictness"):
        accept(room, to=to)


def test_a_scripted_journey_is_kept_with_the_letter(room: PrintRoom) -> None:
    room.script.add([{"on": "letter", "nth": 2, "do": "return"}])

    outcomes = [room.letter(KEY, accept(room)).entry["outcome"] for _ in range(3)]

    assert outcomes == ["deliver", "return", "deliver"]
