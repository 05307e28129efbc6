"""The grammar every aggregate is written in: values, events, aggregates, callers and refusals."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, NoReturn
from uuid import UUID

from eventsourcing.domain import BaseAggregate, CanInitAggregate, CanMutateAggregate
from pydantic import BaseModel, ConfigDict


class _PersonalData:
    """Marks an event field whose stored form is sealed under the consumer's own key."""

    def __repr__(self) -> str:
        return "PII"


PII: Final = _PersonalData()
"""Field marker: `Annotated[str | None, PII]`. The log stores such a field encrypted; once the
consumer's key is destroyed it reads as None, so every marked field must be able to be None."""

Sealed = Annotated[str | None, PII]
"""A text the log keeps under the consumer's key."""


class Value(BaseModel):
    """An immutable fact, equal to any other with the same parts."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(BaseModel, CanMutateAggregate[UUID]):
    """Something that happened to one aggregate and can never be changed.

    `timestamp` is the tenant's business time, given by the command; the log adds the real
    recording time itself. Events that carry sealed fields name the consumer in `subject_id`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    originator_id: UUID
    originator_version: int
    timestamp: datetime

    @property
    def subject(self) -> UUID | None:
        """The consumer under whose key sealed fields are stored, if the event is about one."""
        return getattr(self, "subject_id", None)

    @staticmethod
    def create_timestamp() -> NoReturn:
        """Business time comes with the command; the domain owns no clock."""
        raise RuntimeError("an event needs the command's time: pass timestamp=")

    def _as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).model_fields}


class Created(Event, CanInitAggregate[UUID]):
    """The first event of a stream; `originator_topic` names the kind of aggregate."""

    originator_topic: str


class Aggregate(BaseAggregate[UUID]):
    """A consistency boundary: its events are decided together or not at all."""

    Event = Event

    def record(self, event: type[CanMutateAggregate[UUID]], at: datetime, **facts: Any) -> None:
        """Decide `event` at the tenant's time `at`."""
        self.trigger_event(event, timestamp=at, **facts)


class DomainError(Exception):
    """A refusal with a stable code that clients may branch on.

    `status` is the HTTP status the API answers with: 409 when the state forbids the act, 422 when
    the act itself is not possible, 403 when this caller may never do it, 404 when there is no such thing.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, message: str, **context: str | int | None) -> None:
        super().__init__(message)
        self.message = message
        self.context = context


class NotFound(DomainError):
    """No such thing for this caller; another tenant's things answer the same."""

    code = "not_found"
    status = 404


class Forbidden(DomainError):
    """This caller may never do this."""

    code = "forbidden"
    status = 403


class IllegalMove(DomainError):
    """The aggregate's present state does not allow this act."""

    code = "illegal_move"


class Invalid(DomainError):
    """The request cannot be carried out as it stands, whatever the state."""

    code = "invalid"
    status = 422


class Role(StrEnum):
    """What a person or machine may be in a tenant."""

    OWNER = "owner"
    OPERATOR = "operator"
    VIEWER = "viewer"
    AUDITOR = "auditor"
    CONSUMER = "consumer"
    SYSTEM = "system"


class Caller(Value):
    """Who asks. `consumer_id` is set for a consumer and limits them to their own case."""

    tenant_id: UUID
    actor_id: UUID
    role: Role
    consumer_id: UUID | None = None
    ip: str | None = None
