"""The provider's memory, live and read back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infrastructure.sandbox.print_provider.faults import Script
from infrastructure.sandbox.print_provider.ledger import Ledger
from infrastructure.sandbox.print_provider.letters import PrintRoom
from infrastructure.sandbox.print_provider.problems import Refused
from infrastructure.sandbox.print_provider.state import State, event_id
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
FIELDS = {"to": ADDRESS, "from": ADDRESS, "color": False, "use_type": "operational", "extra_service": "certified"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    one = Ledger(tmp_path)
    yield one
    one.close()


def accept(state: State, key: str = "k") -> str:
    return PrintRoom(state, Script()).accept(KEY, dict(FIELDS), PDF, "2020-02-11", key).id


def test_everything_is_known_again_after_reading_the_ledger(ledger: Ledger) -> None:
    state = State(ledger)
    state.move_clock(MONDAY, KEY)
    kept, gone = accept(state), accept(state, "k2")
    state.record("letter_deleted", id=gone, at=MONDAY.isoformat())
    for event in list(state.due(KEY)):
        state.record("event", id=event.id, letter_id=event.letter.id, type=event.step.type)
        state.record("attempt", event_id=event.id, status=500, delivered=False)

    again = State(ledger)

    assert list(again.letters) == [kept, gone]
    assert (again.letters[gone].deleted_at, again.now(KEY)) == (MONDAY, MONDAY)
    assert list(again.due(KEY)) == []
    assert [event.attempts for event in again.events.values()] == [1] * 5
    assert again.replayed(KEY, "k") is again.letters[kept]


def test_a_clock_starts_anywhere_and_moves_only_forward(ledger: Ledger) -> None:
    state = State(ledger)
    state.move_clock(MONDAY, KEY)
    state.move_clock(MONDAY + timedelta(days=1), KEY)

    with pytest.raises(Refused):
        state.move_clock(MONDAY, KEY)
    assert state.now(KEY) == MONDAY + timedelta(days=1)
    assert state.now("test_other") > MONDAY + timedelta(days=30)


def test_the_common_clock_serves_those_without_their_own(ledger: Ledger) -> None:
    state = State(ledger)
    state.move_clock(MONDAY, None)
    state.move_clock(MONDAY - timedelta(days=9), KEY)

    assert state.now("test_other") == MONDAY
    assert state.now(KEY) == MONDAY - timedelta(days=9)


def test_what_is_due_comes_in_order_of_time_and_once(ledger: Ledger) -> None:
    state = State(ledger)
    state.move_clock(MONDAY, KEY)
    letter = accept(state)
    state.move_clock(MONDAY + timedelta(days=9), KEY)

    due = list(state.due(KEY))

    assert [event.step.at for event in due] == sorted(event.step.at for event in due)
    assert len(due) == 7
    assert due[0].id == event_id(letter, "letter.created")


def test_a_webhook_of_its_own_goes_before_the_common_one(ledger: Ledger) -> None:
    state = State(ledger)
    state.default_webhook = ("http://common/", "common secret")
    state.record("account", api_key=KEY, webhook_url="http://own/", webhook_secret="own secret")

    assert state.webhook_of(KEY) == ("http://own/", "own secret")
    assert state.webhook_of("test_other") == ("http://common/", "common secret")
