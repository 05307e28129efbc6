"""What report providers noticed in consumers' files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID, uuid5

from pydantic import BaseModel

from domain.bureaus import Bureau
from domain.connections import Connection
from domain.consumers import Consumer
from domain.kernel import Event
from projections.kernel import Change, Projection, Recorded, Table, on

ALERTS = Table(
    "alerts",
    key={"id": "uuid"},
    columns={
        "consumer_id": "uuid",
        "connection_id": "uuid",
        "bureau": "text",
        "kind": "text",
        "occurred_on": "date",
        "text": "text",
        "created_at": "timestamptz",
    },
    indexes=("consumer_id, created_at, id",),
)


class AlertRow(BaseModel):
    """One alert in the provider's words."""

    id: UUID
    consumer_id: UUID
    connection_id: UUID
    bureau: Bureau | None
    kind: str
    occurred_on: date
    text: str
    created_at: datetime


class AlertsProjection(Projection):
    """Every alert once, however often the provider lists it."""

    name = "alerts"
    tables = (ALERTS,)

    @on(Connection.AlertsRead)
    def read(self, r: Recorded[Connection.AlertsRead]) -> Iterable[Change]:
        for alert in r.event.alerts or ():
            yield ALERTS.put(
                alert_key(r.event.originator_id, alert.alert_id),
                consumer_id=r.event.subject_id,
                connection_id=r.event.originator_id,
                bureau=alert.bureau,
                kind=alert.kind,
                occurred_on=alert.occurred_on,
                text=alert.text,
                created_at=r.event.timestamp,
            )

    @on(Consumer.Erased, Consumer.Forgotten)
    def consumer_erased(self, r: Recorded[Event]) -> Iterable[Change]:
        yield ALERTS.remove_where(consumer_id=r.event.originator_id)


def alert_key(connection_id: UUID, alert_id: str) -> UUID:
    """The one id of what the provider calls by its own."""
    return uuid5(connection_id, f"alert:{alert_id}")
