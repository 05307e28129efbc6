"""Reports that were ordered: a key orders once for a person, and an order always gives the same bytes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.bureaus import Bureau
from infrastructure.sandbox.credit_feed.memory import Memory
from infrastructure.sandbox.credit_feed.people import People, Person, Pull
from infrastructure.sandbox.credit_feed.problems import Refused
from infrastructure.sandbox.credit_feed.sections import NoSections, Sections


@dataclass
class Order:
    """One order. `waits`: how often it is still asked for in vain. `pull`: the digest of what it
    is of, once that is known."""

    id: str
    client_id: str
    subject: str
    key: str
    asked: tuple[str, ...]
    left_out: frozenset[Bureau]
    waits: int
    pull: str | None = None


class Orders:
    """Every order."""

    def __init__(self, memory: Memory, people: People) -> None:
        self._memory, self._people = memory, people
        self._orders: dict[str, Order] = {}
        self._keys: dict[tuple[str, str, str], Order] = {}
        memory.keeps("order", self._taken)
        memory.keeps("asked_in_vain", self._waited)
        memory.keeps("ready", self._readied)

    def take(
        self, person: Person, key: str, bureaus: tuple[Bureau, ...], now: datetime, *, empty: Bureau | None, waits: int
    ) -> Order:
        """Order a report of these bureaus (none: of all). `empty` and `waits` are a fault's."""
        known = self._keys.get((person.client_id, person.subject, key))
        if known is not None:
            if known.asked != tuple(bureaus):
                raise Refused("idempotency_key_reused", "this key ordered a report of other bureaus", 422)
            self._look(known, person, now)
            return known
        left_out = {bureau for bureau in Bureau if bureaus and bureau not in bureaus} | ({empty} if empty else set())
        pull = self._people.in_force(person, now)
        if left_out and pull is not None:
            _cut(pull.content, frozenset(left_out))
        self._memory.record(
            "order",
            id=f"rep_{secrets.token_hex(12)}",
            client_id=person.client_id,
            subject=person.subject,
            key=key,
            bureaus=list(bureaus),
            left_out=sorted(left_out),
            waits=waits,
        )
        order = self._keys[person.client_id, person.subject, key]
        self._look(order, person, now)
        return order

    def find(self, client_id: str, subject: str, order_id: str) -> Order:
        """An order of this person by this client; others' are not there."""
        order = self._orders.get(order_id)
        if order is None or (order.client_id, order.subject) != (client_id, subject):
            raise Refused("not_found", "there is no such report", 404)
        return order

    def content(self, order: Order, person: Person, now: datetime) -> tuple[Pull, bytes] | None:
        """The pull an order is of and the bytes it gives; None while it is not ready."""
        if order.waits:
            self._memory.record("asked_in_vain", durable=False, id=order.id)
            return None
        self._look(order, person, now)
        if order.pull is None:
            return None
        pull = self.pull_of(order, person)
        if pull is None:
            raise Refused("not_found", "the person's pulls were replaced since", 410)
        return pull, _cut(pull.content, order.left_out) if order.left_out else pull.content

    def pull_of(self, order: Order, person: Person) -> Pull | None:
        """The pull an order is of, if it is ready."""
        return next((pull for pull in self._people.pulls(person) if pull.digest == order.pull), None)

    def count(self, client_id: str) -> int:
        """How many orders a client has made."""
        return sum(order.client_id == client_id for order in self._orders.values())

    def _look(self, order: Order, person: Person, now: datetime) -> None:
        """An order is of the pull in force when it became ready. Before a person's first pull none is ready."""
        pull = self._people.in_force(person, now)
        if order.pull is None and not order.waits and pull is not None:
            self._memory.record("ready", id=order.id, pull=pull.digest)

    def _taken(self, entry: dict[str, Any]) -> None:
        order = Order(
            entry["id"],
            entry["client_id"],
            entry["subject"],
            entry["key"],
            tuple(entry["bureaus"]),
            frozenset(map(Bureau, entry["left_out"])),
            entry["waits"],
        )
        self._orders[order.id] = self._keys[order.client_id, order.subject, order.key] = order

    def _waited(self, entry: dict[str, Any]) -> None:
        self._orders[entry["id"]].waits -= 1

    def _readied(self, entry: dict[str, Any]) -> None:
        self._orders[entry["id"]].pull = entry["pull"]


def _cut(content: bytes, left_out: frozenset[Bureau]) -> bytes:
    try:
        return Sections(content).without(left_out)
    except NoSections:
        raise Refused("bureaus_not_separable", "this person's reports come of all bureaus only", 422) from None
