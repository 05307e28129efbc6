"""Words to a person that something waits for them; they carry no account details, only where to look."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID, uuid5

from domain.kernel import Aggregate, Created, Event


class NotificationKind(StrEnum):
    """What has happened."""

    LETTER_TO_SIGN = "letter_to_sign"
    LETTER_TO_APPROVE = "letter_to_approve"
    LETTER_MAILED = "letter_mailed"
    LETTER_DELIVERED = "letter_delivered"
    OUTCOME_CONFIRMED = "outcome_confirmed"
    ANSWER_OVERDUE = "answer_overdue"
    ITEM_REINSERTED = "item_reinserted"
    DISPUTE_REFUSED = "dispute_refused"
    CONNECT_AGAIN = "connect_again"


class Notification(Aggregate):
    """One message to one consumer's inbox, made once for each cause."""

    TOPIC: ClassVar[str] = "notification"

    class Queued(Created):
        TOPIC: ClassVar[str] = "notification.queued.v1"
        kind: NotificationKind
        consumer_id: UUID
        about_id: UUID

    class Read(Event):
        TOPIC: ClassVar[str] = "notification.read.v1"

        def apply(self, aggregate: Notification) -> None:
            aggregate.is_read = True

    def __init__(self, kind: NotificationKind, consumer_id: UUID, about_id: UUID) -> None:
        self.kind = kind
        self.owner_id = consumer_id
        self.about_id = about_id
        self.is_read = False

    @staticmethod
    def identity(kind: NotificationKind, about_id: UUID, cause: str) -> UUID:
        """The one id of the message that this cause makes."""
        return uuid5(about_id, f"notification:{kind.value}:{cause}")

    @classmethod
    def queue(
        cls, notification_id: UUID, at: datetime, *, kind: NotificationKind, consumer_id: UUID, about_id: UUID
    ) -> Notification:
        """Put a message into the consumer's inbox."""
        return cls._create(
            cls.Queued, id=notification_id, timestamp=at, kind=kind, consumer_id=consumer_id, about_id=about_id
        )

    def read(self, at: datetime) -> None:
        """The consumer has seen it."""
        if not self.is_read:
            self.record(self.Read, at)
