"""The grammar of the domain: frozen values, events that carry the command's time, aggregates that fold them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.utils import resolve_topic
from pydantic import ValidationError

from domain.kernel import PII, DomainError, Event, Forbidden, IllegalMove, Invalid, NotFound
from tests.support.things import NOON, Address, Thing

OWNER = UUID(int=5)


def test_a_value_is_its_parts_and_never_changes() -> None:
    address = Address(line="1 Main St", zip="30301")
    assert address == Address(line="1 Main St", zip="30301")
    with pytest.raises(ValidationError):
        address.zip = "30302"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Address(line="1 Main St", zip="30301", country="US")  # type: ignore[call-arg]


def test_an_aggregate_is_the_fold_of_its_events() -> None:
    thing = Thing.make(OWNER)
    thing.move("Rome")
    thing.move("Paris")
    assert (thing.name, thing.place, thing.version) == ("Ada Lovelace", "Paris", 3)
    events = thing.collect_events()
    again: Any = None
    for event in events:
        again = event.mutate(again)  # type: ignore[attr-defined]
    assert again == thing


def test_time_comes_with_the_command() -> None:
    later = datetime(2026, 4, 1, tzinfo=UTC)
    thing = Thing.make(OWNER)
    thing.record(Thing.Moved, later, to="Rome")
    assert (thing.created_on, thing.modified_on) == (NOON, later)
    with pytest.raises(RuntimeError, match="pass timestamp="):
        thing.trigger_event(Thing.Moved, to="Oslo")
    assert thing.place == "Rome"


def test_an_event_is_frozen_and_strict() -> None:
    event = Thing.Moved(originator_id=uuid4(), originator_version=2, timestamp=NOON, to="Rome")
    with pytest.raises(ValidationError):
        event.to = "Paris"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Thing.Moved(originator_id=uuid4(), originator_version=2, timestamp=NOON, to="Rome", why="?")  # type: ignore[call-arg]


def test_topics_are_stable_names() -> None:
    (made,) = Thing.make(OWNER).pending_events
    assert isinstance(made, Thing.Made)
    assert made.originator_topic == "test.thing"
    assert resolve_topic("test.thing") is Thing
    assert resolve_topic("test.thing_moved.v1") is Thing.Moved


def test_an_event_about_a_person_names_them() -> None:
    (made,) = Thing.make(OWNER).pending_events
    moved = Thing.Moved(originator_id=uuid4(), originator_version=2, timestamp=NOON, to="Rome")
    assert isinstance(made, Event)
    assert made.subject == OWNER
    assert moved.subject is None


def test_personal_fields_are_marked() -> None:
    fields = Thing.Made.model_fields
    assert PII in fields["name"].metadata
    assert PII in fields["address"].metadata
    assert PII not in fields["color"].metadata
    assert repr(PII) == "PII"


def test_refusals_have_stable_codes_and_statuses() -> None:
    kinds = (DomainError, NotFound, Forbidden, IllegalMove, Invalid)
    assert [(kind.code, kind.status) for kind in kinds] == [
        ("refused", 409), ("not_found", 404), ("forbidden", 403), ("illegal_move", 409), ("invalid", 422),
    ]  # fmt: skip
    refusal = IllegalMove("close it first", state="open")
    assert (str(refusal), refusal.message, refusal.context) == ("close it first", "close it first", {"state": "open"})
