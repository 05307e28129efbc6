"""What an operator must look at; never a job of the machine."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID, uuid5

from domain.kernel import Aggregate, Created, Event, IllegalMove, Sealed


class TaskKind(StrEnum):
    """Why somebody is asked to look."""

    APPROVE_LETTER = "approve_letter"
    LETTER_REFUSED = "letter_refused"
    CONFIRM_OUTCOME = "confirm_outcome"
    OVERDUE_DISPUTE = "overdue_dispute"
    ADDRESS_REFUSED = "address_refused"
    MAILING_REJECTED = "mailing_rejected"
    MAILING_RETURNED = "mailing_returned"
    MAILING_LOST = "mailing_lost"
    MAILING_UNRESOLVED = "mailing_unresolved"
    DELIVERY_UNPROVEN = "delivery_unproven"
    MATCH_REVIEW = "match_review"
    REINSERTED_ITEM = "reinserted_item"
    FRIVOLOUS_NOTICE = "frivolous_notice"
    VERIFY_BUREAU_ADDRESS = "verify_bureau_address"
    CONNECT_AGAIN = "connect_again"
    PULL_DELAYED = "pull_delayed"
    PULL_REFUSED = "pull_refused"
    REPORT_UNREADABLE = "report_unreadable"


class TaskStatus(StrEnum):
    """Whether a task still waits for somebody."""

    OPEN = "open"
    DONE = "done"


class Task(Aggregate):
    """One thing for one person to look at, opened once for each cause; in no consumer's case if it has no consumer."""

    TOPIC: ClassVar[str] = "task"

    class Opened(Created):
        TOPIC: ClassVar[str] = "task.opened.v1"
        kind: TaskKind
        consumer_id: UUID | None
        about_id: UUID
        due_on: date | None

    class Spared(Created):
        """What it would have asked for was done before anybody was asked: it is never opened."""

        TOPIC: ClassVar[str] = "task.spared.v1"
        kind: TaskKind
        about_id: UUID
        status: TaskStatus

    class Completed(Event):
        TOPIC: ClassVar[str] = "task.completed.v1"
        subject_id: UUID | None
        actor_id: UUID
        note: Sealed

        def apply(self, aggregate: Task) -> None:
            aggregate.status = TaskStatus.DONE

    def __init__(
        self,
        kind: TaskKind,
        about_id: UUID,
        consumer_id: UUID | None = None,
        status: TaskStatus = TaskStatus.OPEN,
    ) -> None:
        self.kind = kind
        self.owner_id = consumer_id
        self.about_id = about_id
        self.status = status

    @staticmethod
    def identity(kind: TaskKind, about_id: UUID, cause: str) -> UUID:
        """The one id of the task that this cause opens."""
        return uuid5(about_id, f"task:{kind.value}:{cause}")

    @classmethod
    def open(
        cls,
        task_id: UUID,
        at: datetime,
        *,
        kind: TaskKind,
        consumer_id: UUID | None,
        about_id: UUID,
        due_on: date | None,
    ) -> Task:
        """Ask somebody to look."""
        return cls._create(
            cls.Opened, id=task_id, timestamp=at, kind=kind, consumer_id=consumer_id, about_id=about_id, due_on=due_on
        )

    @classmethod
    def spare(cls, task_id: UUID, at: datetime, *, kind: TaskKind, about_id: UUID) -> Task:
        """Nobody has to look any more, whoever may still ask for it."""
        return cls._create(
            cls.Spared, id=task_id, timestamp=at, kind=kind, about_id=about_id, status=TaskStatus.DONE
        )

    def complete(self, actor_id: UUID, note: str | None, at: datetime) -> None:
        """Somebody has looked, and says what came of it."""
        if self.status is TaskStatus.DONE:
            raise IllegalMove("this task is already done")
        self.record(self.Completed, at, subject_id=self.owner_id, actor_id=actor_id, note=note)
