"""What clients are told by webhook: new reports and alerts of people who allowed them, and consents withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from infrastructure.sandbox.credit_feed.clocks import Clocks
from infrastructure.sandbox.credit_feed.grants import Grants
from infrastructure.sandbox.credit_feed.memory import Memory
from infrastructure.sandbox.credit_feed.people import People, Person
from infrastructure.sandbox.credit_feed.resources import Resources


@dataclass
class Event:
    """One event and how its delivery goes."""

    id: str
    client_id: str
    subject: str
    type: str
    created_at: datetime
    attempts: int = 0
    delivered: bool = False
    last_status: int | None = None

    @property
    def body(self) -> dict[str, Any]:
        """What the client is told: that something is new, never what."""
        created_at = self.created_at.isoformat()
        return {"id": self.id, "type": self.type, "created_at": created_at, "subject": self.subject}


class Events:
    """Everything that was told or is to be told."""

    def __init__(self, memory: Memory, clocks: Clocks, people: People, grants: Grants, resources: Resources) -> None:
        self._memory, self._clocks, self._people, self._grants = memory, clocks, people, grants
        self._resources = resources
        self.all: dict[str, Event] = {}
        self._looked: dict[tuple[str, str], datetime] = {}
        memory.keeps("event", self._happened)
        memory.keeps("attempt", self._tried)

    def look(self, client_id: str) -> list[Event]:
        """Note what has happened to a client's people since the last look, and return it in order of time."""
        new: list[Event] = []
        for person in self._people.of(client_id):
            linked = [one.linked_at for one in self._grants.living(client_id, person.subject) if one.linked_at]
            if linked:
                now = self._clocks.now(client_id, person.subject)
                new += [event for event in self._since(person, min(linked), now) if event.id not in self.all]
        for event in sorted(new, key=lambda one: one.created_at):
            self._note(event)
        return [self.all[event.id] for event in sorted(new, key=lambda one: one.created_at)]

    def withdraw(self, client_id: str, person: Person) -> int:
        """The person allows this client nothing any more: tokens die, and the client is told. How many links there
        were."""
        families = self._grants.living(client_id, person.subject)
        for family in families:
            self._grants.end(family)
        if families:
            named = " ".join(family.id for family in families)
            self._note(
                _event(client_id, person.subject, "access.revoked", self._clocks.now(client_id, person.subject), named)
            )
        return len(families)

    def tried(self, event: Event, status: int | None, delivered: bool) -> None:
        """Note one attempt to tell it."""
        self._memory.record("attempt", durable=False, event_id=event.id, status=status, delivered=delivered)

    def of(self, client_id: str) -> list[Event]:
        """Every event of a client, in the order they were noted."""
        return [event for event in self.all.values() if event.client_id == client_id]

    def _since(self, person: Person, linked_at: datetime, now: datetime) -> Iterator[Event]:
        pulls = [pull for pull in self._people.pulls(person) if linked_at < pull.since <= now]
        for pull in pulls:
            yield _event(person.client_id, person.subject, "report.updated", pull.since, pull.digest)
        place = (person.client_id, person.subject)
        if pulls and self._looked.get(place) != pulls[-1].since:
            for day, alert in self._resources.alerts_since(person, linked_at, now):
                yield _event(person.client_id, person.subject, "alert.created", day, alert.alert_id)
            self._looked[place] = pulls[-1].since

    def _note(self, event: Event) -> None:
        told = {"id": event.id, "client_id": event.client_id, "subject": event.subject, "type": event.type}
        self._memory.record("event", durable=False, **told, created_at=event.created_at.isoformat())

    def _happened(self, entry: dict[str, Any]) -> None:
        self.all[entry["id"]] = Event(
            entry["id"],
            entry["client_id"],
            entry["subject"],
            entry["type"],
            datetime.fromisoformat(entry["created_at"]),
        )

    def _tried(self, entry: dict[str, Any]) -> None:
        event = self.all[entry["event_id"]]
        event.attempts += 1
        event.last_status = entry["status"]
        event.delivered = event.delivered or entry["delivered"]


def _event(client_id: str, subject: str, kind: str, at: datetime, about: str) -> Event:
    """The same event always has the same id."""
    named = sha256(f"{client_id} {subject} {kind} {at.isoformat()} {about}".encode()).hexdigest()
    return Event(f"evt_{named[:24]}", client_id, subject, kind, at)
