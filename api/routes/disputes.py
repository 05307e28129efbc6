"""Disputes: opening, following, ending them, and seeing them as they were."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.access import Reader, check, own_case
from api.as_of import AsOf, dispute_as_of, parse_as_of
from api.bodies import JsonRoute
from api.commands import CHANGES, CREATES, READS, Bus, Changed, Key, Version, changed
from api.pages import Page
from api.reads import Lists, One
from api.services import Api
from api.sources import DEADLINES, DISPUTES
from application.disputes import (
    ConfirmOutcome,
    OpenDisputes,
    OverruleOutcome,
    RecordInformationSent,
    WithdrawDispute,
)
from application.frivolous_notices import RecordFrivolousNotice
from application.reopening import ReopenDispute
from domain.bureaus import Bureau
from domain.disputes import DisputeStatus
from domain.kernel import NotFound
from domain.permissions import Permission
from domain.written import Day
from projections.deadlines import DeadlineRow
from projections.disputes import DisputeRow

router = APIRouter(route_class=JsonRoute, prefix="/v1", tags=["disputes"])


class OpenedDispute(BaseModel):
    """One dispute of a selection."""

    dispute_id: UUID
    bureau: Bureau


class DisputesOpened(BaseModel):
    """The disputes of one selection; their letters are being drafted."""

    selection_id: UUID
    disputes: list[OpenedDispute]


class InformationSent(BaseModel):
    """When the consumer sent the bureau relevant information."""

    model_config = ConfigDict(extra="forbid")
    sent_on: Day


class NoticeOfRefusal(BaseModel):
    """A bureau's notice that it calls a dispute frivolous or irrelevant: its day, reasons, and what it asks for."""

    model_config = ConfigDict(extra="forbid")
    noticed_on: Day
    determined_on: Annotated[Day | None, Field(description="the day of its decision, if the notice gives one")] = None
    reasons: Annotated[str, Field(min_length=1, max_length=500)]
    needed: Annotated[str, Field(min_length=1, max_length=500)] | None = None


class Overruling(BaseModel):
    """Why the operator disagrees."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(min_length=1, max_length=500)]


@router.post("/disputes", status_code=201, responses=CREATES)
def open_disputes(body: OpenDisputes, bus: Bus, key: Key) -> DisputesOpened:
    """The consumer challenges the findings they choose. Nobody can choose for them."""
    return DisputesOpened.model_validate(bus.create(body, key, body).answer)


@router.get("/disputes", responses=READS)
async def list_disputes(
    listing: Lists,
    consumer_id: UUID | None = None,
    status: DisputeStatus | None = None,
    bureau: Bureau | None = None,
    letter_id: UUID | None = None,
) -> Page[DisputeRow]:
    """Disputes, newest first."""
    return await listing.page(DISPUTES, consumer_id=consumer_id, status=status, bureau=bureau, letter_id=letter_id)


@router.get("/disputes/{dispute_id}", responses=READS, response_model=DisputeRow)
async def get_dispute(
    dispute_id: UUID,
    api: Api,
    caller: Reader,
    one: One,
    as_of: Annotated[
        str | None,
        Query(
            json_schema_extra={"format": "as-of"},
            description="A version, or an instant of the tenant's time: the dispute as it was then",
        ),
    ] = None,
) -> DisputeRow | Response:
    """One dispute, as it is or as it was."""
    if as_of is None:
        return await one.row(DISPUTES, dispute_id)
    check(caller, Permission.READ_CASES)
    wanted: AsOf = parse_as_of(as_of)
    row = await run_in_threadpool(dispute_as_of, api.sfdify.engine, caller.tenant_id, dispute_id, wanted)
    if row is None or own_case(caller) not in (None, row.consumer_id):
        raise NotFound("there was no dispute of this id then")
    return row


@router.post("/disputes/{dispute_id}/withdraw", responses=CHANGES)
def withdraw_dispute(dispute_id: UUID, bus: Bus, key: Key, version: Version) -> Changed:
    """Take a challenge back. After posting that is a note: the letter is on its way."""
    return changed(bus.change(WithdrawDispute(dispute_id=dispute_id), key, version), "dispute_id")


@router.post("/disputes/{dispute_id}/reopen", status_code=201, responses=CREATES)
def reopen_dispute(dispute_id: UUID, bus: Bus, key: Key) -> DisputesOpened:
    """The consumer challenges once more what was deleted and is reported again: the next round of the dispute."""
    return DisputesOpened.model_validate(bus.create(ReopenDispute(dispute_id=dispute_id), key, None).answer)


@router.post("/disputes/{dispute_id}/information", responses=CHANGES)
def record_information(dispute_id: UUID, body: InformationSent, bus: Bus, key: Key, version: Version) -> Changed:
    """Record that relevant information was sent; inside the 30 days the period may become 45."""
    command = RecordInformationSent(dispute_id=dispute_id, sent_on=body.sent_on)
    return changed(bus.change(command, key, version, body), "dispute_id")


@router.post("/disputes/{dispute_id}/frivolous-notice", responses=CHANGES)
def record_frivolous_notice(dispute_id: UUID, body: NoticeOfRefusal, bus: Bus, key: Key, version: Version) -> Changed:
    """Record that the bureau calls the dispute frivolous: its clock stops, and a task asks for what it misses."""
    command = RecordFrivolousNotice(dispute_id=dispute_id, **body.model_dump())
    return changed(bus.change(command, key, version, body), "dispute_id")


@router.post("/disputes/{dispute_id}/confirm", responses=CHANGES)
def confirm_outcome(dispute_id: UUID, bus: Bus, key: Key, version: Version) -> Changed:
    """Close a dispute with the outcome that a report showed."""
    return changed(bus.change(ConfirmOutcome(dispute_id=dispute_id), key, version), "dispute_id")


@router.post("/disputes/{dispute_id}/overrule", responses=CHANGES)
def overrule_outcome(dispute_id: UUID, body: Overruling, bus: Bus, key: Key, version: Version) -> Changed:
    """Refuse a proposed outcome; the dispute goes on as before."""
    command = OverruleOutcome(dispute_id=dispute_id, reason=body.reason)
    return changed(bus.change(command, key, version, body), "dispute_id")


@router.get("/deadlines", responses=READS)
async def list_deadlines(
    listing: Lists,
    dispute_id: UUID | None = None,
    consumer_id: UUID | None = None,
    kind: Annotated[
        str | None, Query(pattern="^(statutory_due|results_due|breach_assertable_on|frivolous_notice_due)$")
    ] = None,
) -> Page[DeadlineRow]:
    """Computed dates, next due first, each with its rule and inputs."""
    return await listing.page(DEADLINES, dispute_id=dispute_id, consumer_id=consumer_id, kind=kind)
