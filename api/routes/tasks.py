"""What waits for people: operators' tasks and consumers' messages; and what has happened in a case."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Reader
from api.bodies import JsonRoute
from api.commands import CHANGES, READS, Bus, Changed, Key, Version, changed
from api.pages import Cursor, Limit, Page
from api.positions import MinEventPosition
from api.reads import page, single
from api.services import Api
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
    request: Request,
    api: Api,
    caller: Reader,
    position: MinEventPosition,
    limit: Limit = 25,
    cursor: Cursor = None,
    status: TaskStatus | None = None,
    kind: TaskKind | None = None,
    about_id: UUID | None = None,
    consumer_id: UUID | None = None,
) -> Page[TaskRow]:
    """Tasks, newest first."""
    filters = {"status": status, "kind": kind, "about_id": about_id, "consumer_id": consumer_id}
    return await page(
        api, caller, TASKS, request, limit=limit, cursor=cursor, position=position, filters=filters
    )


@router.get("/tasks/{task_id}", responses=READS, response_model=TaskRow)
async def get_task(
    task_id: UUID, request: Request, response: Response, api: Api, caller: Reader, position: MinEventPosition
) -> TaskRow | Response:
    """One task."""
    return await single(api, caller, TASKS, task_id, request, response, position)


@router.post("/tasks/{task_id}/complete", responses=CHANGES)
def complete_task(task_id: UUID, body: Completion, bus: Bus, key: Key, version: Version) -> Changed:
    """Close a task by hand."""
    return changed(bus.change(CompleteTask(task_id=task_id, note=body.note), key, version, body), "task_id")


@router.get("/notifications", responses=READS)
async def list_notifications(
    request: Request,
    api: Api,
    caller: Reader,
    position: MinEventPosition,
    limit: Limit = 25,
    cursor: Cursor = None,
    consumer_id: UUID | None = None,
) -> Page[NotificationRow]:
    """Messages, newest first; a consumer sees their own."""
    return await page(
        api,
        caller,
        NOTIFICATIONS,
        request,
        limit=limit,
        cursor=cursor,
        position=position,
        filters={"consumer_id": consumer_id},
    )


@router.get("/notifications/{notification_id}", responses=READS, response_model=NotificationRow)
async def get_notification(
    notification_id: UUID,
    request: Request,
    response: Response,
    api: Api,
    caller: Reader,
    position: MinEventPosition,
) -> NotificationRow | Response:
    """One message."""
    return await single(api, caller, NOTIFICATIONS, notification_id, request, response, position)


@router.post("/notifications/{notification_id}/read", responses=CHANGES)
def read_notification(notification_id: UUID, bus: Bus, key: Key, version: Version) -> Changed:
    """The reader has seen the message."""
    return changed(bus.change(ReadNotification(notification_id=notification_id), key, version), "notification_id")


@router.get("/timeline", responses=READS)
async def list_timeline(
    request: Request,
    api: Api,
    caller: Reader,
    position: MinEventPosition,
    limit: Limit = 25,
    cursor: Cursor = None,
    consumer_id: UUID | None = None,
    about_id: UUID | None = None,
) -> Page[TimelineRow]:
    """What happened, newest first: one row for each event, with who did it."""
    filters = {"consumer_id": consumer_id, "about_id": about_id}
    return await page(
        api, caller, TIMELINE, request, limit=limit, cursor=cursor, position=position, filters=filters
    )
