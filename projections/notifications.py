"""Each consumer's inbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from domain.notifications import Notification, NotificationKind
from projections.kernel import Change, Projection, Recorded, Table, on

NOTIFICATIONS = Table(
    "notifications",
    aggregate=Notification,
    key={"notification_id": "uuid"},
    columns={
        "consumer_id": "uuid",
        "about_id": "uuid",
        "created_at": "timestamptz",
        "kind": "text",
        "read_at": "timestamptz",
    },
    indexes=("created_at, notification_id", "consumer_id, created_at, notification_id"),
)


class NotificationRow(BaseModel):
    """One message: what happened and where to look, never a detail of an account."""

    notification_id: UUID
    consumer_id: UUID
    about_id: UUID
    created_at: datetime
    kind: NotificationKind
    read_at: datetime | None
    version: int


class NotificationsProjection(Projection):
    """Every message."""

    name = "notifications"
    tables = (NOTIFICATIONS,)

    @on(Notification.Queued)
    def queued(self, r: Recorded[Notification.Queued]) -> Iterable[Change]:
        yield NOTIFICATIONS.put(
            r.event.originator_id,
            consumer_id=r.event.consumer_id,
            about_id=r.event.about_id,
            created_at=r.event.timestamp,
            kind=r.event.kind,
        )

    @on(Notification.Read)
    def read(self, r: Recorded[Notification.Read]) -> Iterable[Change]:
        yield NOTIFICATIONS.amend(r.event.originator_id, read_at=r.event.timestamp)
