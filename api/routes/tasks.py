"""What waits for people: operators' tasks and consumers' messages; and what has happened in a case."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.bodies import JsonRoute
from api.commands import CHANGES, READS, Bus, Changed, Key, Version, changed
from api.pages import Page
from api.reads import Lists, One
from api.sources import NOTIFICATIONS, TASKS, TIMELINE
from application.notifications import ReadNotification
from application.tasks import CompleteTask
from domain.tasks import TaskKind, TaskStatus
from projections.notifications import NotificationRow
from projections.tasks import TaskRow
from projections.timeline import TimelineRow

router = APIRouter(route_class=JsonRoute, prefix="/v1", tags=["tasks"])


class Completion(BaseModel):
    """What came of looking."""

    model_config = ConfigDict(extra="forbid")
    note: Annotated[str, Field(min_length=1, max_length=500)]


@router.get("/tasks", responses=READS)
async def list_tasks(
    listing: Lists,
    status: TaskStatus | None = None,
    kind: TaskKind | None = None,
    about_id: UUID | None = None,
    consumer_id: UUID | None = None,
) -> Page[TaskRow]:
    """Tasks, newest first."""
    return await listing.page(TASKS, status=status, kind=kind, about_id=about_id, consumer_id=consumer_id)


@router.get("/tasks/{task_id}", responses=READS, response_model=TaskRow)
async def get_task(task_id: UUID, one: One) -> TaskRow | Response:
    """One task."""
    return await one.row(TASKS, task_id)


@router.post("/tasks/{task_id}/complete", responses=CHANGES)
def complete_task(task_id: UUID, body: Completion, bus: Bus, key: Key, version: Version) -> Changed:
    """Close a task by hand."""
    return changed(bus.change(CompleteTask(task_id=task_id, note=body.note), key, version, body), "task_id")


@router.get("/notifications", responses=READS)
async def list_notifications(listing: Lists, consumer_id: UUID | None = None) -> Page[NotificationRow]:
    """Messages, newest first; a consumer sees their own."""
    return await listing.page(NOTIFICATIONS, consumer_id=consumer_id)


@router.get("/notifications/{notification_id}", responses=READS, response_model=NotificationRow)
async def get_notification(notification_id: UUID, one: One) -> NotificationRow | Response:
    """One message."""
    return await one.row(NOTIFICATIONS, notification_id)


@router.post("/notifications/{notification_id}/read", responses=CHANGES)
def read_notification(notification_id: UUID, bus: Bus, key: Key, version: Version) -> Changed:
    """The reader has seen the message."""
    return changed(bus.change(ReadNotification(notification_id=notification_id), key, version), "notification_id")


@router.get("/timeline", responses=READS)
async def list_timeline(
    listing: Lists, consumer_id: UUID | None = None, about_id: UUID | None = None
) -> Page[TimelineRow]:
    """What happened, newest first: one row for each event, with who did it."""
    return await listing.page(TIMELINE, consumer_id=consumer_id, about_id=about_id)
