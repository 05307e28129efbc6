"""What happened in a consumer's case, in order: one row for each event, without anything sealed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from pydantic import BaseModel

from domain.connections import Connection
from domain.consumers import Consumer
from domain.credit_files import CreditFile
from domain.disputes import Dispute
from domain.kernel import Event
from domain.letters import Letter
from domain.mailings import Mailing
from domain.reports import Report
from projections.kernel import Change, Projection, Recorded, Table, events_of, on

TIMELINE = Table(
    "timeline",
    key={"id": "uuid"},
    columns={
        "about_kind": "text",
        "about_id": "uuid",
        "about_version": "bigint",
        "happened": "text",
        "happened_at": "timestamptz",
        "recorded_at": "timestamptz",
        "actor_id": "text",
        "actor_role": "text",
    },
    indexes=("happened_at, id", "about_id, happened_at, id"),
)
CASES = Table("timeline_cases", key={"about_id": "uuid"}, columns={"consumer_id": "uuid"}, indexes=("consumer_id",))

FOLLOWED = (Consumer, Connection, CreditFile, Report, Dispute, Letter, Mailing)
_EVENTS = tuple(event for aggregate in FOLLOWED for event in events_of(aggregate) if event is not aggregate.Event)


class TimelineRow(BaseModel):
    """One event of a case. `happened_at` is the tenant's time, `recorded_at` real time."""

    id: UUID
    consumer_id: UUID
    about_kind: str
    about_id: UUID
    about_version: int
    happened: str
    happened_at: datetime
    recorded_at: datetime
    actor_id: str | None
    actor_role: str | None


class TimelineProjection(Projection):
    """Every event of every case; the table beside it says whose case each thing belongs to."""

    name = "timeline"
    version = 2
    tables = (TIMELINE, CASES)

    @on(*_EVENTS)
    def happened(self, r: Recorded[Event]) -> Iterable[Change]:
        topic = str(getattr(type(r.event), "TOPIC"))  # noqa: B009 the base event has none
        kind, what, _ = topic.split(".")
        yield TIMELINE.put(
            uuid5(r.event.originator_id, f"event:{r.event.originator_version}"),
            about_kind=kind,
            about_id=r.event.originator_id,
            about_version=r.event.originator_version,
            happened=what,
            happened_at=r.event.timestamp,
            recorded_at=r.recorded_at,
            actor_id=r.metadata.get("actor"),
            actor_role=r.metadata.get("role"),
        )
        if r.event.originator_version == 1:
            yield CASES.put(r.event.originator_id, consumer_id=r.event.subject)
