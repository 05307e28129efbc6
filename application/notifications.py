"""Telling consumers that something waits for them."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from application.kernel import Answer, Command, Work, handles
from domain.notifications import Notification, NotificationKind
from domain.permissions import Permission


class QueueNotification(Command):
    """Put a message into a consumer's inbox; once for each cause."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "notification"

    kind: NotificationKind
    consumer_id: UUID
    about_id: UUID
    cause: str


class ReadNotification(Command):
    """The reader has seen the message."""

    needs: ClassVar[Permission] = Permission.READ_NOTIFICATIONS
    target: ClassVar[str | None] = "notification_id"
    notification_id: UUID


@handles(QueueNotification)
def queue_notification(command: QueueNotification, work: Work) -> Answer:
    """Queue the message unless this cause has queued it before."""
    notification_id = Notification.identity(command.kind, command.about_id, command.cause)
    if work.find(Notification, notification_id) is None:
        work.add(
            Notification.queue(
                notification_id,
                work.now,
                kind=command.kind,
                consumer_id=command.consumer_id,
                about_id=command.about_id,
            )
        )
    return {"notification_id": notification_id}


@handles(ReadNotification)
def read_notification(command: ReadNotification, work: Work) -> Answer:
    """Mark the message as seen."""
    notification = work.load(Notification, command.notification_id)
    notification.read(work.now)
    return {"notification_id": notification.id, "version": notification.version}
