"""What detectors found in each report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel

from domain.bureaus import Bureau
from domain.consumers import Consumer
from domain.findings.model import Finding
from domain.kernel import Event
from domain.reports import Report
from projections.kernel import Change, Projection, Recorded, Table, on

FINDINGS = Table(
    "findings",
    key={"id": "uuid"},
    columns={
        "consumer_id": "uuid",
        "report_id": "uuid",
        "tradeline_id": "uuid",
        "finding_key": "text",
        "created_at": "timestamptz",
        "place": "int DEFAULT 0",
        "detector": "text",
        "detector_version": "int",
        "name": "text",
        "reason": "text",
        "letter_type": "text",
        "bureaus": "text[]",
        "values": "jsonb",
        "confidence": "int",
        "assertable": "text",
        "needs_consumer_confirm": "boolean DEFAULT false",
        "informational": "boolean DEFAULT false",
        "sensitive": "boolean DEFAULT false",
    },
    indexes=("report_id, place, id", "consumer_id, created_at"),
)


_STRONGEST = 5 * 5 * 100
"""The highest rank there is: legal strength, score harm and confidence at their most."""

_SEARCH_MAX = 1000
"""Findings of equal rank keep the order in which one search found them, up to so many."""


class FindingRow(BaseModel):
    """One finding. A sensitive one quotes personal data, which is shown only when it is read singly."""

    id: UUID
    consumer_id: UUID
    report_id: UUID
    tradeline_id: UUID | None
    finding_key: str
    created_at: datetime
    place: int
    detector: str
    detector_version: int
    name: str
    reason: str | None
    letter_type: str | None
    bureaus: list[Bureau]
    values: list[dict[str, Any]] | None
    confidence: int
    assertable: str | None
    needs_consumer_confirm: bool
    informational: bool
    sensitive: bool


class FindingsProjection(Projection):
    """Every finding, in the order of its strength."""

    name = "findings"
    version = 2
    tables = (FINDINGS,)

    @on(Report.FindingsMade)
    def made(self, r: Recorded[Report.FindingsMade]) -> Iterable[Change]:
        for index, finding in enumerate(r.event.findings or ()):
            yield FINDINGS.put(
                finding_id(r.event.originator_id, finding.finding_key),
                consumer_id=r.event.subject_id,
                report_id=r.event.originator_id,
                tradeline_id=r.event.tradeline_ids.get(finding.group) if finding.group else None,
                created_at=r.event.timestamp,
                place=_place(index, finding),
                **_facts(finding),
            )

    @on(Report.MatchSettled)
    def match_settled(self, r: Recorded[Report.MatchSettled]) -> Iterable[Change]:
        for finding_key, tradeline_id in r.event.findings.items():
            yield FINDINGS.amend(finding_id(r.event.originator_id, finding_key), tradeline_id=tradeline_id)

    @on(Consumer.Erased, Consumer.Forgotten)
    def consumer_erased(self, r: Recorded[Event]) -> Iterable[Change]:
        yield FINDINGS.remove_where(consumer_id=r.event.originator_id)


def finding_id(report_id: UUID, finding_key: str) -> UUID:
    """The id of one finding of one report."""
    return uuid5(report_id, f"finding:{finding_key}")


def _place(index: int, finding: Finding) -> int:
    """Where a finding stands in the list, whichever search of the report found it: the stronger, the earlier."""
    return (_STRONGEST - finding.rank) * _SEARCH_MAX + min(index, _SEARCH_MAX - 1)


def _facts(finding: Finding) -> dict[str, Any]:
    shown = not finding.sensitive
    return {
        "finding_key": finding.finding_key,
        "detector": finding.detector,
        "detector_version": finding.version,
        "name": finding.name,
        "reason": finding.reason,
        "letter_type": finding.letter_type,
        "bureaus": [bureau.value for bureau in finding.bureaus],
        "values": [value.model_dump(mode="json") for value in finding.values] if shown else None,
        "confidence": finding.confidence,
        "assertable": finding.assertable if shown else None,
        "needs_consumer_confirm": finding.needs_consumer_confirm,
        "informational": finding.informational,
        "sensitive": finding.sensitive,
    }
