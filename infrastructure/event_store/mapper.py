"""Between events and the bytes of the log: JSON, with a consumer's fields sealed under their own key."""

from __future__ import annotations

import base64
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, Protocol, Union, cast, get_args, get_origin
from uuid import UUID

import orjson
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, MapperDeserialisationError, StoredEvent
from eventsourcing.utils import TopicError, resolve_topic
from pydantic import BaseModel, ValidationError

from domain.kernel import PII, Event
from infrastructure.event_store.tenancy import required_tenant

SEALED: Final = "$sealed"
_ENVELOPE: Final = {"originator_id", "originator_version"}


class Sealer(Protocol):
    """Locks and unlocks bytes under one consumer's key; `open` answers None when the key is destroyed."""

    def seal(self, tenant_id: UUID, subject_id: UUID, plaintext: bytes, aad: bytes) -> bytes: ...

    def open(self, tenant_id: UUID, subject_id: UUID, box: bytes, aad: bytes) -> bytes | None: ...


class Unstorable(TypeError):
    """An event without a stable name, or whose personal fields cannot be sealed; the message says what to change."""


@dataclass(frozen=True)
class _Shape:
    """What the mapper needs to know of one event class, worked out once."""

    topic: bytes
    version: int
    sealed: frozenset[str]
    outside: frozenset[str]


class PydanticMapper(Mapper[UUID]):
    """Events as JSON in the order of their fields; fields marked PII in one AES-256-GCM box an event.

    The box is bound to stream, version and topic, so it cannot be moved to another event. When the
    consumer's key has been destroyed, those fields read as None and everything else still loads.
    """

    def __init__(self, sealer: Sealer) -> None:
        super().__init__(transcoder=JSONTranscoder())
        self._sealer = sealer

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """The stored form, for the tenant that is set when the event has sealed fields. Raises Unstorable."""
        event = cast(Event, domain_event)
        kind = type(event)
        shape = _shape(kind)
        state = kind.__pydantic_serializer__.to_json(event, exclude=set(shape.outside))
        if shape.version > 1:
            state = _with(state, b'"class_version":%d' % shape.version)
        if shape.sealed and any(getattr(event, name) is not None for name in shape.sealed):
            state = _with(state, self._seal(event, shape))
        return StoredEvent(event.originator_id, event.originator_version, shape.topic.decode(), state)

    def _seal(self, event: Event, shape: _Shape) -> bytes:
        subject = event.subject
        if subject is None:
            raise Unstorable(f"{shape.topic.decode()} has personal data but names no consumer; give it a subject_id")
        plain = type(event).__pydantic_serializer__.to_json(event, include=set(shape.sealed))
        aad = _aad(event.originator_id, event.originator_version, shape.topic)
        box = base64.b64encode(self._sealer.seal(required_tenant(), subject, plain, aad))
        return b'"%s":{"key":"%s","box":"%s"}' % (SEALED.encode(), str(subject).encode(), box)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        """The event, for the tenant that is set."""
        return self.decode(None, stored_event)

    def decode(self, tenant_id: UUID | None, stored: StoredEvent) -> Event:
        """As `to_domain_event`, for a reader that sees many tenants and knows whose event this is."""
        try:
            kind = _event_class(stored.topic)
            shape = _shape(kind)
            if not shape.sealed and shape.version == 1:
                head = b'"originator_id":"%s","originator_version":%d'
                whole = _with(stored.state, head % (str(stored.originator_id).encode(), stored.originator_version))
                return cast(Event, kind.__pydantic_validator__.validate_json(whole))
            return self._decode_slowly(tenant_id, stored, kind, shape)
        except (ValueError, TypeError, KeyError, TopicError) as error:
            raise MapperDeserialisationError(_unreadable(stored, error)) from None

    def _decode_slowly(self, tenant_id: UUID | None, stored: StoredEvent, kind: type[Event], shape: _Shape) -> Event:
        state: dict[str, Any] = orjson.loads(stored.state)
        box = state.pop(SEALED, None)
        if box is not None:
            aad = _aad(cast(UUID, stored.originator_id), stored.originator_version, stored.topic.encode())
            tenant = tenant_id or required_tenant()
            plain = self._sealer.open(tenant, UUID(box["key"]), base64.b64decode(box["box"]), aad)
            state.update(orjson.loads(plain) if plain is not None else {})
        version = state.pop("class_version", 1)
        for old in range(version, shape.version):
            getattr(kind, f"upcast_v{old}_v{old + 1}")(state)
        for name in shape.sealed - state.keys():
            state[name] = None
        state.update(originator_id=stored.originator_id, originator_version=stored.originator_version)
        return cast(Event, kind.__pydantic_validator__.validate_python(state))


def _with(state: bytes, members: bytes) -> bytes:
    """The JSON object `state` with more members in front."""
    return b"{" + members + (b"}" if state == b"{}" else b"," + state[1:])


def _aad(originator_id: UUID, version: int, topic: bytes) -> bytes:
    return originator_id.bytes + version.to_bytes(8, "big") + topic


def _unreadable(stored: StoredEvent, error: Exception) -> str:
    """Where and what kind of failure; never the content, which may be about a person."""
    what = f"{type(error).__name__}"
    if isinstance(error, ValidationError):
        what = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in error.errors(include_input=False))
    return f"cannot read {stored.topic} {stored.originator_id} version {stored.originator_version}: {what}"


@cache
def _event_class(topic: str) -> type[Event]:
    if ":" in topic:
        raise TopicError(f"{topic} is a module path, not the stable name of an event")
    kind = resolve_topic(topic)
    if not (isinstance(kind, type) and issubclass(kind, Event)):
        raise TopicError(f"{topic} is not the name of an event")
    return kind


@cache
def _shape(kind: type[Event]) -> _Shape:
    topic: str | None = getattr(kind, "TOPIC", None)
    if topic is None or resolve_topic(topic) is not kind:
        raise Unstorable(f"{kind.__qualname__} has no TOPIC of its own; give it a stable, versioned name")
    sealed = frozenset(name for name, field in kind.model_fields.items() if PII in field.metadata)
    for name, field in kind.model_fields.items():
        place = f"{kind.__qualname__}.{name}"
        if name not in sealed and any(_marked(field.annotation, frozenset())):
            raise Unstorable(f"{place}: mark the whole field PII, a marked part would be stored in clear")
        if name in sealed and type(None) not in get_args(field.annotation):
            raise Unstorable(f"{place}: a PII field must allow None, which it is after an erasure")
    version = getattr(kind, "class_version", 1)
    return _Shape(topic.encode(), version, sealed, frozenset(_ENVELOPE) | sealed)


def _marked(annotation: Any, within: frozenset[type]) -> Iterator[bool]:
    """A True for each PII marker inside an annotation, through unions, collections and nested models."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield PII in get_args(annotation)
    if origin is not None or isinstance(annotation, types.UnionType) or origin is Union:
        for part in get_args(annotation):
            yield from _marked(part, within)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in within:
        for field in annotation.model_fields.values():
            yield PII in field.metadata
            yield from _marked(field.annotation, within | {annotation})
