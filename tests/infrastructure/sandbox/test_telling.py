"""What both sandboxes share in telling others: order, repeats, mischief. Their own tests do it in their own forms."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from infrastructure.sandbox.telling import Listener, Tally, Teller
from tests.support.credit_feed import Listener as Heard
from tests.support.credit_feed import listening


@dataclass
class Event:
    id: str
    matter: str
    attempts: int = 0
    delivered: bool = False


@dataclass
class Fault:
    do: str

    def number(self, otherwise: float) -> float:
        return otherwise


class Plain(Teller[Event]):
    """One account whose events are all new at the first look."""

    waits = (0, 1, 1)
    tick_seconds = 0.01

    def __init__(self, url: str | None, *events: Event, fault: Fault | None = None) -> None:
        super().__init__(retry_factor=0.0)
        self.url, self.fault = url, fault
        self.events, self.new = {event.id: event for event in events}, list(events)

    def accounts(self) -> Iterable[str]:
        return ["a"]

    def listener(self, account: str) -> Listener | None:
        return Listener(account, self.url, "secret") if self.url else None

    def known(self) -> Mapping[str, Event]:
        return self.events

    def left(self, event: Event) -> bool:
        return True

    def account_of(self, event: Event) -> str:
        return "a"

    def matter_of(self, event: Event) -> str:
        return event.matter

    def order_of(self, event: Event) -> Any:
        return event.id

    def fresh(self, account: str) -> list[Event]:
        new, self.new = self.new, []
        return new

    def strike(self, account: str, event: Event) -> Fault | None:
        fault, self.fault = self.fault, None
        return fault

    def signed(self, event: Event, secret: str) -> tuple[bytes, dict[str, str]]:
        return event.id.encode(), {"Feed-Signature": secret}

    def tried(self, event: Event, status: int | None, delivered: bool) -> None:
        event.attempts += 1
        event.delivered = event.delivered or delivered


def heard(by: Heard) -> list[str]:
    return [raw.decode() for raw, _ in by.heard]


def test_events_of_one_matter_are_told_in_order_and_once() -> None:
    with listening() as there:
        teller = Plain(there.url, Event("1", "x"), Event("2", "x"), Event("3", "x"))
        assert asyncio.run(teller.tell("a")) == Tally(delivered=3, failed=0)
        assert asyncio.run(teller.tell("a")) == Tally()
        assert heard(there) == ["1", "2", "3"]


def test_what_is_not_taken_is_repeated_until_it_is() -> None:
    with listening() as there:
        there.answers.extend([500, 500])
        teller = Plain(there.url, Event("1", "x"))
        assert asyncio.run(teller.tell("a")) == Tally(failed=1)
        assert teller.waiting == 1
        assert [asyncio.run(teller.tell("a")).delivered for _ in range(3)] == [0, 1, 0]
        assert (heard(there), teller.waiting) == (["1"] * 3, 0)


def test_after_the_last_wait_it_is_given_up() -> None:
    with listening() as there:
        there.answers.extend([500] * 9)
        teller = Plain(there.url, Event("1", "x"))
        for _ in range(5):
            asyncio.run(teller.tell("a"))
        assert (len(there.heard), teller.waiting) == (len(Plain.waits), 0)


def test_nobody_who_does_not_listen_is_called() -> None:
    teller = Plain(None, Event("1", "x"))
    assert asyncio.run(teller.tell("a")) == Tally()
    assert not teller.events["1"].attempts


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("duplicate", ["1", "1", "2"]),
        ("reorder", ["2", "1"]),
        ("drop", ["2"]),
        ("delay", ["2"]),
        ("forge", ["1", "1", "2"]),
    ],
)
def test_mischief_strikes_where_the_script_says(fault: str, told: list[str]) -> None:
    with listening() as there:
        teller = Plain(there.url, Event("1", "x"), Event("2", "x"), fault=Fault(fault))
        asyncio.run(teller.tell("a"))
        assert heard(there) == told
        assert (teller.forgeries.sent, teller.forgeries.accepted) == ((1, 1) if fault == "forge" else (0, 0))
        assert (there.heard[0][1] == "secret") is (fault != "forge")
