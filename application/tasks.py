"""Opening tasks for people and closing them when the work is done."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from application.kernel import Answer, Command, Work, handles
from domain.consumers import Consumer
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import IllegalMove
from domain.permissions import Permission
from domain.tasks import Task, TaskKind, TaskStatus


class OpenTask(Command):
    """Ask an operator to look; once for each cause."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "notification"

    kind: TaskKind
    consumer_id: UUID | None
    about_id: UUID
    cause: str
    due_on: date | None = None


class SettleTask(Command):
    """Close the task that a cause opened, because what it asked for has been done elsewhere."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "notification"

    kind: TaskKind
    about_id: UUID
    cause: str
    note: str


class CompleteTask(Command):
    """Somebody has looked, and says what came of it."""

    needs: ClassVar[Permission] = Permission.WORK_TASKS
    target: ClassVar[str | None] = "task_id"

    task_id: UUID
    note: Annotated[str, Field(min_length=1, max_length=500)]


@handles(OpenTask)
def open_task(command: OpenTask, work: Work) -> Answer:
    """Open the task unless this cause has opened it before, or nobody has to look any more."""
    task_id = Task.identity(command.kind, command.about_id, command.cause)
    if work.find(Task, task_id) is not None:
        return {"task_id": task_id}
    if _is_drafted_or_over(command, work):
        work.add(Task.spare(task_id, work.now, kind=command.kind, about_id=command.about_id))
    else:
        work.add(
            Task.open(
                task_id,
                work.now,
                kind=command.kind,
                consumer_id=command.consumer_id,
                about_id=command.about_id,
                due_on=command.due_on,
            )
        )
    return {"task_id": task_id}


def _is_drafted_or_over(command: OpenTask, work: Work) -> bool:
    """Whether the item that could not be drafted stands in a letter by now, or is wanted no more."""
    item = work.find(Dispute, command.about_id) if command.kind is TaskKind.LETTER_REFUSED else None
    return item is not None and item.status is not DisputeStatus.SELECTED


@handles(SettleTask)
def settle_task(command: SettleTask, work: Work) -> Answer:
    """Close the task that a cause opened, or has yet to open."""
    return {"task_id": settle(command.kind, command.about_id, command.cause, command.note, work)}


@handles(CompleteTask)
def complete_task(command: CompleteTask, work: Work) -> Answer:
    """Close a task by hand; one that asks for a record closes only with that record."""
    task = work.load(Task, command.task_id)
    if task.kind is TaskKind.VERIFY_BUREAU_ADDRESS:
        raise IllegalMove("record that the bureau's address was verified; this task then closes by itself")
    close(task, command.note, work)
    return {"task_id": task.id, "version": task.version}


def settle(kind: TaskKind, about_id: UUID, cause: str, note: str, work: Work) -> UUID:
    """Close the task if it is still open; one that its cause has yet to open is not opened any more."""
    task_id = Task.identity(kind, about_id, cause)
    task = work.find(Task, task_id)
    if task is None:
        work.add(Task.spare(task_id, work.now, kind=kind, about_id=about_id))
    elif task.status is TaskStatus.OPEN:
        close(task, note, work)
    return task_id


def close(task: Task, note: str, work: Work) -> None:
    """Words are kept under a person's key only: those about an erased person, or about nobody, are not."""
    consumer = work.find(Consumer, task.owner_id) if task.owner_id else None
    kept = None if consumer is None or consumer.erased else note
    task.complete(work.caller.actor_id, kept, work.now)
