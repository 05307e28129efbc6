"""Reports as they came in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from domain.reports import Report, ReportStatus
from projections.kernel import Change, Plus, Projection, Recorded, Table, on

REPORTS = Table(
    "reports",
    aggregate=Report,
    key={"report_id": "uuid"},
    columns={
        "consumer_id": "uuid",
        "created_at": "timestamptz",
        "status": "text",
        "sha256": "text",
        "size_bytes": "bigint",
        "free_annual": "boolean DEFAULT false",
        "source": "text",
        "source_format": "text",
        "pulled_on": "date",
        "tradelines": "int DEFAULT 0",
        "findings": "int DEFAULT 0",
        "incomplete_bureaus": "text[]",
        "refused_place": "text",
        "refused_reason": "text",
    },
    indexes=("created_at, report_id", "consumer_id, created_at, report_id"),
)


class ReportRow(BaseModel):
    """One report; `incomplete_bureaus` are sections too thin to be believed about what they leave out.

    `free_annual`: a free copy from the centralized source; a bureau has 45 days for disputes made on it, not 30.
    """

    report_id: UUID
    consumer_id: UUID
    created_at: datetime
    status: ReportStatus
    sha256: str
    size_bytes: int
    free_annual: bool
    source: str | None
    source_format: str | None
    pulled_on: date | None
    tradelines: int
    findings: int
    incomplete_bureaus: list[str] | None
    refused_place: str | None
    refused_reason: str | None
    version: int


class ReportsProjection(Projection):
    """Every report and how far it came."""

    name = "reports"
    version = 3
    tables = (REPORTS,)

    @on(Report.Archived)
    def archived(self, r: Recorded[Report.Archived]) -> Iterable[Change]:
        yield REPORTS.put(
            r.event.originator_id,
            consumer_id=r.event.subject_id,
            created_at=r.event.timestamp,
            status=ReportStatus.ARCHIVED,
            sha256=r.event.sha256,
            size_bytes=r.event.size_bytes,
        )

    @on(Report.NotedFreeAnnual)
    def noted_free_annual(self, r: Recorded[Report.NotedFreeAnnual]) -> Iterable[Change]:
        yield REPORTS.amend(r.event.originator_id, free_annual=True)

    @on(Report.Refused)
    def refused(self, r: Recorded[Report.Refused]) -> Iterable[Change]:
        yield REPORTS.amend(
            r.event.originator_id,
            status=ReportStatus.REFUSED,
            refused_place=r.event.place,
            refused_reason=r.event.reason,
        )

    @on(Report.Parsed)
    def parsed(self, r: Recorded[Report.Parsed]) -> Iterable[Change]:
        yield REPORTS.amend(
            r.event.originator_id,
            status=ReportStatus.PARSED,
            source=r.event.source,
            source_format=r.event.source_format,
            pulled_on=r.event.pulled_on,
            tradelines=len(set(r.event.tradeline_ids.values())),
            refused_place=None,
            refused_reason=None,
            incomplete_bureaus=[gate.bureau.value for gate in r.event.gates if not gate.complete],
        )

    @on(Report.FindingsMade)
    def findings_made(self, r: Recorded[Report.FindingsMade]) -> Iterable[Change]:
        yield REPORTS.amend(r.event.originator_id, findings=Plus(r.event.found))
