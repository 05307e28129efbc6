"""Reports fetched from providers, or brought by hand, and what else providers show."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from api.bodies import JsonRoute
from api.commands import CREATES, READS, Bus, Key
from api.pages import Page
from api.reads import Lists
from api.routes.reports import REPORT_BODY, Brought, ReportImported, imported
from api.sources import ALERTS, PULLS, SCORES
from application.pulls import RequestPull, UploadReport
from projections.alerts import AlertRow
from projections.pulls import PullRow
from projections.scores import ScoreRow

router = APIRouter(route_class=JsonRoute, prefix="/v1", tags=["connections"])


class PullAsked(BaseModel):
    """The pull that will bring the report; one that was in flight already answers a second request too."""

    connection_id: UUID
    pull_id: UUID


@router.get("/connections/{connection_id}/pulls", responses=READS)
async def list_pulls(connection_id: UUID, listing: Lists) -> Page[PullRow]:
    """Every report that was asked for, and what came of it, newest first."""
    return await listing.page(PULLS, connection_id=connection_id)


@router.post("/connections/{connection_id}/pulls", status_code=202, responses=CREATES)
def request_pull(connection_id: UUID, bus: Bus, key: Key) -> PullAsked:
    """Ask for a report now; it is fetched by itself, and a provider in trouble only delays it."""
    done = bus.create(RequestPull(connection_id=connection_id), key, None)
    return PullAsked(connection_id=connection_id, pull_id=done.answer["pull_id"])


@router.post("/connections/{connection_id}/reports", status_code=201, responses=CREATES, openapi_extra=REPORT_BODY)
def upload_report(connection_id: UUID, bus: Bus, key: Key, brought: Brought) -> ReportImported:
    """Bring in a report that the consumer fetched by hand; it stands in the connection's history."""
    return imported(bus.create(UploadReport(connection_id=connection_id, **asdict(brought)), key, brought.content))


@router.get("/scores", responses=READS)
async def list_scores(
    listing: Lists, consumer_id: UUID | None = None, connection_id: UUID | None = None
) -> Page[ScoreRow]:
    """Scores as providers showed them, newest first."""
    return await listing.page(SCORES, consumer_id=consumer_id, connection_id=connection_id)


@router.get("/alerts", responses=READS)
async def list_alerts(
    listing: Lists, consumer_id: UUID | None = None, connection_id: UUID | None = None
) -> Page[AlertRow]:
    """What providers noticed in consumers' files, newest first."""
    return await listing.page(ALERTS, consumer_id=consumer_id, connection_id=connection_id)
