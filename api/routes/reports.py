"""Bringing reports in, and what was found in them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Reader, Writer, check, own_case
from api.bodies import JsonRoute, media_type_of
from api.commands import CHANGES, CREATES, READS, Bus, Key, Version
from api.pages import Page
from api.reads import Lists, One
from api.services import Api
from api.sources import FINDINGS, REPORTS, TRADELINES
from application.kernel import Done
from application.matches import SettleMatch
from application.reports import ImportReport
from domain.bureaus import Bureau
from domain.findings import DisputeReason, Finding
from domain.findings.explaining import Explanation, explain
from domain.kernel import NotFound
from domain.permissions import Permission
from domain.reports import Report, ReportStatus
from projections.findings import FindingRow
from projections.reports import ReportRow
from projections.tradelines import TradelineRow

router = APIRouter(route_class=JsonRoute, prefix="/v1", tags=["reports"])
OTHER_TYPES: Final = frozenset(
    {
        "application/xml", "text/xml", "application/javascript", "text/javascript", "text/html",
        "application/pdf", "application/octet-stream",
    }
)  # fmt: skip
"""What a report may be sent as besides JSON. A page or a PDF document is no report, but is told so."""

UNSAID: Final = "application/octet-stream"
REPORT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": (
            "The report exactly as it was exported, up to 20 MB: JSON, XML, or JSON in a JavaScript callback. Its "
            "format is told from its content, and its characters' encoding from its own mark or declaration."
        ),
        "content": {
            "application/json": {"schema": {"type": "object", "additionalProperties": True}},
            **{media_type: {"schema": {"type": "string"}} for media_type in sorted(OTHER_TYPES)},
        },
    }
}

FreeAnnual = Annotated[
    bool,
    Query(
        description=(
            "The consumer had this copy free of charge from the centralized source (AnnualCreditReport.com): a bureau "
            "has 45 days for disputes made on it, not 30. No report tells that of itself. Once said, it stays; "
            "disputes opened before keep their 30 days."
        )
    ),
]


class ReportImported(BaseModel):
    """The archived and read report. The same bytes again answer the same report."""

    report_id: UUID
    tradelines: int
    findings: int


class ExplainedFinding(Finding):
    """One finding, with the rule it was made by and what it leads to."""

    explanation: Explanation


class MatchChoice(BaseModel):
    """The row of a report, and the tradeline it is; `new`: none of those it may be."""

    model_config = ConfigDict(extra="forbid")
    ref: Annotated[str, Field(min_length=1, max_length=100)]
    tradeline_id: UUID | Literal["new"]


class MatchSettled(BaseModel):
    """The tradeline that the row is from now on, and how many rows of the report still wait for an answer."""

    report_id: UUID
    version: int
    tradeline_id: UUID
    waiting: int


@dataclass(frozen=True)
class BroughtReport:
    """A report as it was sent: its bytes, what they were said to be, and whether it is a free copy."""

    content: bytes
    media_type: str
    free_annual: bool


async def brought_report(request: Request, caller: Writer, free_annual: FreeAnnual = False) -> BroughtReport:
    """The body, once its sender is known."""
    return BroughtReport(await request.body(), media_type_of(request.headers) or UNSAID, free_annual)


Brought = Annotated[BroughtReport, Depends(brought_report)]


def imported(done: Done) -> ReportImported:
    """What became of a report that was brought in."""
    return ReportImported.model_validate({name: done.answer[name] for name in ReportImported.model_fields})


@router.post("/consumers/{consumer_id}/reports", status_code=201, responses=CREATES, openapi_extra=REPORT_BODY)
def import_report(consumer_id: UUID, bus: Bus, key: Key, brought: Brought) -> ReportImported:
    """Archive a report, read it, and look for what is wrong in it."""
    return imported(bus.create(ImportReport(consumer_id=consumer_id, **asdict(brought)), key, brought.content))


@router.get("/reports", responses=READS)
async def list_reports(
    listing: Lists, consumer_id: UUID | None = None, status: ReportStatus | None = None
) -> Page[ReportRow]:
    """Reports, newest first."""
    return await listing.page(REPORTS, consumer_id=consumer_id, status=status)


@router.get("/reports/{report_id}", responses=READS, response_model=ReportRow)
async def get_report(report_id: UUID, one: One) -> ReportRow | Response:
    """One report."""
    return await one.row(REPORTS, report_id)


@router.get("/reports/{report_id}/tradelines", responses=READS)
async def list_tradelines(report_id: UUID, listing: Lists, bureau: Bureau | None = None) -> Page[TradelineRow]:
    """Every account row of a report, bureau by bureau."""
    return await listing.page(TRADELINES, report_id=report_id, bureau=bureau)


@router.post("/reports/{report_id}/matches", responses=CHANGES)
def settle_match(report_id: UUID, body: MatchChoice, bus: Bus, key: Key, version: Version) -> MatchSettled:
    """Say which of its `match_candidates` a row is, or that it is a new tradeline. Open disputes are compared again."""
    command = SettleMatch(report_id=report_id, ref=body.ref, tradeline_id=body.tradeline_id)
    return MatchSettled.model_validate(bus.change(command, key, version, body).answer)


@router.get("/tradelines", responses=READS)
async def list_all_tradelines(
    listing: Lists, consumer_id: UUID | None = None, tradeline_id: UUID | None = None, bureau: Bureau | None = None
) -> Page[TradelineRow]:
    """Account rows across reports: how one tradeline changed from pull to pull."""
    return await listing.page(TRADELINES, consumer_id=consumer_id, tradeline_id=tradeline_id, bureau=bureau)


@router.get("/reports/{report_id}/findings", responses=READS)
async def list_findings(
    report_id: UUID,
    listing: Lists,
    bureau: Bureau | None = None,
    detector: Annotated[str | None, Query(pattern="^[A-Z][0-9]{2}$")] = None,
    reason: DisputeReason | None = None,
    informational: bool | None = None,
) -> Page[FindingRow]:
    """What was found, strongest first. Findings that quote personal data show it only one by one."""
    return await listing.page(
        FINDINGS, report_id=report_id, bureaus=bureau, detector=detector, reason=reason, informational=informational
    )


@router.get("/reports/{report_id}/findings/{finding_key}", responses=READS)
def get_finding(
    report_id: UUID, finding_key: Annotated[str, Path(pattern="^[0-9a-f]{20}$")], api: Api, caller: Reader
) -> ExplainedFinding:
    """One finding in full and why it was made, read from the log with the consumer's key."""
    check(caller, Permission.READ_CASES)
    report = api.sfdify.engine.load(caller.tenant_id, Report, report_id)
    if report is not None and own_case(caller) in (None, report.owner_id):
        for finding in report.findings:
            if finding.finding_key == finding_key:
                return ExplainedFinding(**dict(finding), explanation=explain(finding))
    raise NotFound("there is no such finding")
