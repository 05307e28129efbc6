"""The dates that receipts have set going, each with the rule and inputs it was computed from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel

from domain.deadlines import ComputedDate, Deadlines
from domain.disputes import Dispute
from domain.kernel import Event
from projections.kernel import Change, Projection, Recorded, Table, on

DEADLINES = Table(
    "deadlines",
    key={"id": "uuid"},
    columns={
        "consumer_id": "uuid",
        "dispute_id": "uuid",
        "kind": "text",
        "due_on": "date",
        "rule": "text",
        "rules_version": "text",
        "calendar_version": "text",
        "inputs": "jsonb",
        "computed_at": "timestamptz",
        "settled_at": "timestamptz",
    },
    indexes=("due_on, id", "dispute_id", "consumer_id"),
)

NOTICE_DUE = "frivolous_notice_due"
"""When a bureau had to send its notice that a dispute is frivolous (R05)."""

_Dated = Dispute.Received | Dispute.DeadlineExtended | Dispute.FrivolousNoticed


class DeadlineRow(BaseModel):
    """One computed date of one dispute. `settled_at` is set once the dispute needs it no more."""

    id: UUID
    consumer_id: UUID
    dispute_id: UUID
    kind: str
    due_on: date
    rule: str
    rules_version: str
    calendar_version: str
    inputs: dict[str, Any]
    computed_at: datetime
    settled_at: datetime | None


class DeadlinesProjection(Projection):
    """Three dates for every received dispute, and one for a notice that calls it frivolous."""

    name = "deadlines"
    tables = (DEADLINES,)

    @on(Dispute.Received)
    def received(self, r: Recorded[Dispute.Received]) -> Iterable[Change]:
        return _computed(r.event, r.event.deadlines)

    @on(Dispute.DeadlineExtended)
    def extended(self, r: Recorded[Dispute.DeadlineExtended]) -> Iterable[Change]:
        return _computed(r.event, r.event.deadlines)

    @on(Dispute.FrivolousNoticed)
    def frivolous_noticed(self, r: Recorded[Dispute.FrivolousNoticed]) -> Iterable[Change]:
        yield from self.settled(r)
        yield _put(r.event, NOTICE_DUE, r.event.notice_due, settled_at=r.event.timestamp)

    @on(Dispute.Closed, Dispute.Withdrawn)
    def settled(self, r: Recorded[Event]) -> Iterable[Change]:
        for kind in Deadlines.KINDS:
            yield DEADLINES.amend(_id(r.event, kind), settled_at=r.event.timestamp)


def _computed(event: Dispute.Received | Dispute.DeadlineExtended, deadlines: Deadlines) -> Iterable[Change]:
    for kind in Deadlines.KINDS:
        yield _put(event, kind, getattr(deadlines, kind), settled_at=None)


def _put(event: _Dated, kind: str, computed: ComputedDate, *, settled_at: datetime | None) -> Change:
    return DEADLINES.put(
        _id(event, kind),
        consumer_id=event.subject_id,
        dispute_id=event.originator_id,
        kind=kind,
        due_on=computed.on,
        rule=computed.rule,
        rules_version=computed.rules_version,
        calendar_version=computed.calendar_version,
        inputs=computed.inputs,
        computed_at=event.timestamp,
        settled_at=settled_at,
    )


def _id(event: Event, kind: str) -> UUID:
    return uuid5(event.originator_id, f"deadline:{kind}")
