"""What waits for an operator."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from domain.consumers import Consumer
from domain.kernel import Event
from domain.tasks import Task, TaskKind, TaskStatus
from projections.kernel import Change, Projection, Recorded, Table, on

TASKS = Table(
    "tasks",
    aggregate=Task,
    key={"task_id": "uuid"},
    columns={
        "consumer_id": "uuid",
        "about_id": "uuid",
        "created_at": "timestamptz",
        "kind": "text",
        "status": "text",
        "due_on": "date",
        "completed_at": "timestamptz",
        "note": "text",
    },
    indexes=("created_at, task_id", "status, created_at, task_id", "about_id", "consumer_id"),
)


class TaskRow(BaseModel):
    """One task; `about_id` names the letter, mailing, dispute, report or bureau address to look at."""

    task_id: UUID
    consumer_id: UUID | None
    about_id: UUID
    created_at: datetime
    kind: TaskKind
    status: TaskStatus
    due_on: date | None
    completed_at: datetime | None
    note: str | None
    version: int


class TasksProjection(Projection):
    """Every task, open or done."""

    name = "tasks"
    tables = (TASKS,)

    @on(Task.Opened)
    def opened(self, r: Recorded[Task.Opened]) -> Iterable[Change]:
        yield TASKS.put(
            r.event.originator_id,
            consumer_id=r.event.consumer_id,
            about_id=r.event.about_id,
            created_at=r.event.timestamp,
            kind=r.event.kind,
            status=TaskStatus.OPEN,
            due_on=r.event.due_on,
        )

    @on(Consumer.Erased, Consumer.Forgotten)
    def consumer_erased(self, r: Recorded[Event]) -> Iterable[Change]:
        yield TASKS.amend_where({"consumer_id": r.event.originator_id}, note=None)

    @on(Task.Completed)
    def completed(self, r: Recorded[Task.Completed]) -> Iterable[Change]:
        yield TASKS.amend(
            r.event.originator_id, status=TaskStatus.DONE, completed_at=r.event.timestamp, note=r.event.note
        )
