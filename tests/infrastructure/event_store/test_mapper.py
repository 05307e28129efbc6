"""Events to bytes and back; what is personal is sealed, bound to its place, and gone when the key is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC
from typing import Annotated, Any, ClassVar
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import MapperDeserialisationError, StoredEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from domain.kernel import PII, Aggregate, Created, Event, Sealed
from infrastructure.event_store.keyring import Altered, NoKey
from infrastructure.event_store.mapper import PydanticMapper, Unstorable
from infrastructure.event_store.tenancy import NoTenant, as_tenant
from tests.support.things import NOON, Address, Thing

TENANT, SUBJECT = UUID(int=1), UUID(int=2)


class Keys:
    """A sealer that holds its keys in memory."""

    def __init__(self) -> None:
        self.keys: dict[tuple[UUID, UUID], bytes] = {(TENANT, SUBJECT): AESGCM.generate_key(256)}

    def seal(self, tenant_id: UUID, subject_id: UUID, plaintext: bytes, aad: bytes) -> bytes:
        if (tenant_id, subject_id) not in self.keys:
            raise NoKey
        return bytes(12) + AESGCM(self.keys[tenant_id, subject_id]).encrypt(bytes(12), plaintext, aad)

    def open(self, tenant_id: UUID, subject_id: UUID, box: bytes, aad: bytes) -> bytes | None:
        key = self.keys.get((tenant_id, subject_id))
        if key is None:
            return None
        try:
            return AESGCM(key).decrypt(box[:12], box[12:], aad)
        except Exception as error:
            raise Altered from error


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def mapper(keys: Keys) -> PydanticMapper:
    return PydanticMapper(keys)


def made(name: str | None = "Ada Lovelace") -> Thing.Made:
    thing = Thing.make(SUBJECT, name)
    (event,) = thing.pending_events
    assert isinstance(event, Thing.Made)
    return event


def test_personal_fields_are_nowhere_in_the_stored_bytes(mapper: PydanticMapper) -> None:
    event = made()
    with as_tenant(TENANT):
        stored = mapper.to_stored_event(event)
        assert mapper.to_domain_event(stored) == event
    assert stored.topic == "test.thing_made.v1"
    assert b"Lovelace" not in stored.state
    assert b"Main St" not in stored.state
    state = json.loads(stored.state)
    assert state.keys() == {"$sealed", "timestamp", "originator_topic", "subject_id", "color"}
    assert state["originator_topic"] == "test.thing"
    assert state["$sealed"]["key"] == str(SUBJECT)


def test_an_erased_persons_fields_read_none_and_the_rest_stays(mapper: PydanticMapper, keys: Keys) -> None:
    with as_tenant(TENANT):
        stored = mapper.to_stored_event(made())
        keys.keys.clear()
        event = mapper.to_domain_event(stored)
    assert isinstance(event, Thing.Made)
    assert (event.name, event.address, event.color) == (None, None, "blue")


def test_an_event_without_personal_data_needs_neither_key_nor_tenant(mapper: PydanticMapper, keys: Keys) -> None:
    keys.keys.clear()
    empty = made(name=None)
    moved = Thing.Moved(originator_id=uuid4(), originator_version=2, timestamp=NOON, to="Rome")
    for event in (empty, moved):
        assert mapper.to_domain_event(mapper.to_stored_event(event)) == event


def test_a_reader_of_many_tenants_says_whose_event_it_is(mapper: PydanticMapper) -> None:
    with as_tenant(TENANT):
        stored = mapper.to_stored_event(made())
    with pytest.raises(NoTenant):
        mapper.to_domain_event(stored)
    event = mapper.decode(TENANT, stored)
    assert isinstance(event, Thing.Made)
    assert event.name == "Ada Lovelace"
    other = mapper.decode(uuid4(), stored)
    assert isinstance(other, Thing.Made)
    assert other.name is None


@pytest.mark.parametrize("change", [{"originator_id": uuid4()}, {"originator_version": 2}])
def test_a_box_cannot_be_moved_to_another_event(mapper: PydanticMapper, change: dict[str, Any]) -> None:
    with as_tenant(TENANT):
        stored = mapper.to_stored_event(made())
        with pytest.raises(Altered):
            mapper.to_domain_event(replace(stored, **change))


def test_sealing_without_a_key_is_refused(mapper: PydanticMapper, keys: Keys) -> None:
    keys.keys.clear()
    with as_tenant(TENANT), pytest.raises(NoKey):
        mapper.to_stored_event(made())


@settings(max_examples=60)
@given(st.text(), st.text(max_size=20), st.integers(1, 2**62), st.datetimes(timezones=st.just(UTC)))
def test_any_event_comes_back_as_it_was(name: str, color: str, version: int, at: Any) -> None:
    event = Thing.Made(
        originator_id=uuid4(), originator_version=version, timestamp=at, originator_topic="test.thing",
        subject_id=SUBJECT, name=name, address=Address(line=name, zip=color), color=color,
    )  # fmt: skip
    mapper = PydanticMapper(Keys())
    with as_tenant(TENANT):
        assert mapper.to_domain_event(mapper.to_stored_event(event)) == event


# Versions


class Renamed(Event):
    """Its field was `colour` in version 1 and `color` in 2; version 3 has a `size`."""

    TOPIC: ClassVar[str] = "test.renamed.v1"
    class_version: ClassVar[int] = 3
    color: str
    size: int
    note: Sealed = None
    subject_id: UUID | None = None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["color"] = state.pop("colour")

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        state["size"] = 1


class Versions(Aggregate):
    TOPIC: ClassVar[str] = "test.versions"
    Renamed = Renamed


@pytest.mark.parametrize(
    "state", [b'{"timestamp":"2026-03-02T12:00:00Z","colour":"red"}',
              b'{"class_version":2,"timestamp":"2026-03-02T12:00:00Z","color":"red"}'],
)  # fmt: skip
def test_old_versions_are_lifted_one_by_one(mapper: PydanticMapper, state: bytes) -> None:
    event = mapper.to_domain_event(StoredEvent(uuid4(), 1, "test.renamed.v1", state))
    assert isinstance(event, Versions.Renamed)
    assert (event.color, event.size, event.note) == ("red", 1, None)


def test_the_version_is_stored_with_the_event(mapper: PydanticMapper) -> None:
    event = Versions.Renamed(originator_id=uuid4(), originator_version=1, timestamp=NOON, color="red", size=4)
    stored = mapper.to_stored_event(event)
    assert json.loads(stored.state)["class_version"] == 3
    assert mapper.to_domain_event(stored) == event


# Refusals


class Part(BaseModel):
    secret: Annotated[str | None, PII] = None


class Faulty(Aggregate):
    TOPIC: ClassVar[str] = "test.faulty"

    class Nested(Event):
        TOPIC: ClassVar[str] = "test.nested.v1"
        parts: tuple[Part, ...] = ()

    class Inner(Event):
        TOPIC: ClassVar[str] = "test.inner.v1"
        names: list[Annotated[str, PII]] = []

    class Required(Event):
        TOPIC: ClassVar[str] = "test.required.v1"
        name: Annotated[str, PII]

    class Ownerless(Event):
        TOPIC: ClassVar[str] = "test.ownerless.v1"
        name: Sealed = None


class Nameless(Event):
    note: str


ENVELOPE: dict[str, Any] = {"originator_id": uuid4(), "originator_version": 1, "timestamp": NOON}


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (Faulty.Nested(**ENVELOPE), "mark the whole field"),
        (Faulty.Inner(**ENVELOPE), "mark the whole field"),
        (Faulty.Required(**ENVELOPE, name="x"), "must allow None"),
        (Faulty.Ownerless(**ENVELOPE, name="x"), "names no consumer"),
        (Nameless(**ENVELOPE, note="x"), "no TOPIC"),
    ],
)
def test_events_that_could_leak_are_not_stored(mapper: PydanticMapper, event: Event, says: str) -> None:
    with as_tenant(TENANT), pytest.raises(Unstorable, match=says):
        mapper.to_stored_event(event)


@pytest.mark.parametrize("topic", ["os:path", "test.thing", "nowhere.v1"])
def test_only_registered_events_are_read(mapper: PydanticMapper, topic: str) -> None:
    with pytest.raises(MapperDeserialisationError):
        mapper.to_domain_event(StoredEvent(uuid4(), 1, topic, b"{}"))


def test_an_unreadable_event_is_named_without_its_content(mapper: PydanticMapper) -> None:
    state = b'{"timestamp":"2026-03-02T12:00:00Z","to":{"name":"Ada Lovelace"}}'
    with pytest.raises(MapperDeserialisationError) as raised:
        mapper.to_domain_event(StoredEvent(UUID(int=9), 4, "test.thing_moved.v1", state))
    assert "Lovelace" not in str(raised.value)
    assert "test.thing_moved.v1 00000000-0000-0000-0000-000000000009 version 4: to: string_type" in str(raised.value)


def test_created_events_name_their_aggregate(mapper: PydanticMapper) -> None:
    assert issubclass(Thing.Made, Created)
    with as_tenant(TENANT):
        stored = mapper.to_stored_event(made())
    assert b'"originator_topic":"test.thing"' in stored.state
