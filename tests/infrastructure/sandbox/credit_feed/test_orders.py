"""An order is made once, waits as it must, and always gives the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.bureaus import Bureau
from infrastructure.sandbox.credit_feed.orders import Order
from infrastructure.sandbox.credit_feed.people import Person, Pull
from infrastructure.sandbox.credit_feed.problems import Refused
from tests.support.credit_feed_parts import Opened, Parts

NOW = datetime(2026, 1, 10, tzinfo=UTC)
LATER = datetime(2026, 6, 30, tzinfo=UTC)


def taken(parts: Parts, person: Person, key: str = "k", waits: int = 0, empty: Bureau | None = None) -> Order:
    return parts.orders.take(person, key, (), NOW, empty=empty, waits=waits)


def content(parts: Parts, order: Order, person: Person, now: datetime = NOW) -> bytes | None:
    found = parts.orders.content(order, person, now)
    return found[1] if found else None


def test_an_order_waits_as_often_as_it_must(parts: Parts) -> None:
    person = parts.furnish()
    order = taken(parts, person, waits=2)
    assert [content(parts, order, person) is None for _ in range(4)] == [True, True, False, False]


def test_an_order_survives_a_restart_with_its_bytes(opened: Opened) -> None:
    person = opened.parts.furnish()
    order = taken(opened.parts, person, empty=Bureau.EQUIFAX)
    first = content(opened.parts, order, person)
    waiting = taken(opened.parts, person, "w", waits=2)
    assert content(opened.parts, waiting, person) is None

    again = opened.again()
    same = again.people.find("c", "ann")
    assert same is not None
    assert content(again, again.orders.find("c", same.subject, order.id), same, LATER) == first
    assert taken(again, same).id == order.id
    assert again.orders.count("c") == 2
    assert again.orders.find("c", same.subject, waiting.id).waits == 1


def test_others_orders_are_not_there(parts: Parts) -> None:
    person = parts.furnish()
    order = taken(parts, person)
    for client_id, subject in (("d", person.subject), ("c", "sub_other")):
        with pytest.raises(Refused) as refused:
            parts.orders.find(client_id, subject, order.id)
        assert refused.value.status == 404


def test_a_report_that_was_replaced_is_gone(parts: Parts) -> None:
    person = parts.furnish()
    order = taken(parts, person)
    other = parts.people.register("c", "ann", "p", pulls=[Pull.made(NOW, "text/plain", b"x")])
    with pytest.raises(Refused) as refused:
        parts.orders.content(order, other, NOW)
    assert refused.value.status == 410
