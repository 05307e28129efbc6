"""The log itself, for auditors: every event in order, with its place in the chain."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.access import Reader, check
from api.bodies import JsonRoute
from api.commands import READS
from api.positions import decode_position, encode_position
from api.services import Api
from domain.permissions import Permission
from infrastructure.event_store.application import Entry
from infrastructure.event_store.mapper import SEALED

router = APIRouter(route_class=JsonRoute, prefix="/v1/audit", tags=["audit"])


class LoggedEvent(BaseModel):
    """One event as it is stored. What is sealed stays sealed: `facts` holds the clear fields only."""

    model_config = ConfigDict(extra="forbid")

    position: str
    recorded_at: datetime
    originator_id: UUID
    version: int
    topic: str
    metadata: dict[str, Any]
    facts: dict[str, Any]
    hash: str = Field(description="SHA-256 over the previous event's hash and this event, hexadecimal")


class LoggedEvents(BaseModel):
    """Events in the order of the log; `after` of the next request is `next_after`."""

    items: list[LoggedEvent]
    next_after: str | None
    has_more: bool


@router.get("/events", responses=READS)
def list_events(
    api: Api,
    caller: Reader,
    after: Annotated[str | None, Query(max_length=16, json_schema_extra={"format": "event-position"})] = None,
    originator_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> LoggedEvents:
    """The tenant's events above a position, or all of one aggregate's."""
    check(caller, Permission.READ_AUDIT)
    start = decode_position(after) if after else 0
    engine = api.sfdify.engine
    if originator_id is not None:
        entries = [e for e in engine.read_stream(caller.tenant_id, originator_id) if e.position > start]
    else:
        entries = engine.read_log(caller.tenant_id, start, limit + 1)
    shown = entries[:limit]
    return LoggedEvents(
        items=[_shown(entry) for entry in shown],
        next_after=encode_position(shown[-1].position) if shown else after,
        has_more=len(entries) > limit,
    )


def _shown(entry: Entry) -> LoggedEvent:
    facts = orjson.loads(entry.state)
    return LoggedEvent(
        position=encode_position(entry.position),
        recorded_at=entry.recorded_at,
        originator_id=entry.originator_id,
        version=entry.version,
        topic=entry.topic,
        metadata=entry.metadata,
        facts={name: value for name, value in facts.items() if name != SEALED},
        hash=entry.hash.hex(),
    )
