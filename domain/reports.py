"""One pull of a consumer's credit files: the raw bytes kept, what they say, and what is wrong in them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID, uuid5

from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, CanonicalReport
from domain.findings.model import Finding
from domain.kernel import PII, Aggregate, Created, Event, IllegalMove
from domain.reconciliation import Completeness


class ReportStatus(StrEnum):
    """How far a report has come."""

    ARCHIVED = "archived"
    REFUSED = "refused"
    PARSED = "parsed"


class Report(Aggregate):
    """A report is archived before it is read, so that nothing a consumer brought is ever lost."""

    TOPIC: ClassVar[str] = "report"

    class Archived(Created):
        TOPIC: ClassVar[str] = "report.archived.v1"
        subject_id: UUID
        sha256: str
        size_bytes: int
        media_type: str
        object_key: str

    class NotedFreeAnnual(Event):
        TOPIC: ClassVar[str] = "report.noted_free_annual.v1"
        subject_id: UUID
        actor_id: UUID

        def apply(self, aggregate: Report) -> None:
            aggregate.free_annual = True

    class Refused(Event):
        TOPIC: ClassVar[str] = "report.refused.v1"
        place: str
        reason: str

        def apply(self, aggregate: Report) -> None:
            aggregate.status = ReportStatus.REFUSED
            aggregate.refused_place = self.place
            aggregate.refused_reason = self.reason

    class Parsed(Event):
        TOPIC: ClassVar[str] = "report.parsed.v1"
        subject_id: UUID
        source: str
        source_format: str
        parser_version: int
        pulled_on: date
        tradeline_ids: dict[str, UUID]
        in_review: tuple[UUID, ...]
        gates: tuple[Completeness, ...]
        canonical: Annotated[CanonicalReport | None, PII]

        def apply(self, aggregate: Report) -> None:
            aggregate.status = ReportStatus.PARSED
            aggregate.canonical = self.canonical
            aggregate.pulled_on = self.pulled_on
            aggregate.tradeline_ids = self.tradeline_ids
            aggregate.in_review = self.in_review
            aggregate.gates = self.gates

    class MatchSettled(Event):
        TOPIC: ClassVar[str] = "report.match_settled.v1"
        subject_id: UUID
        tradeline_ids: dict[str, UUID]
        findings: dict[str, UUID]
        in_review: tuple[UUID, ...]
        actor_id: UUID

        def apply(self, aggregate: Report) -> None:
            aggregate.tradeline_ids = aggregate.tradeline_ids | self.tradeline_ids
            aggregate.in_review = self.in_review

    class FindingsMade(Event):
        TOPIC: ClassVar[str] = "report.findings_made.v1"
        subject_id: UUID
        as_of: date
        detectors: dict[str, int]
        found: int
        tradeline_ids: dict[str, UUID]
        findings: Annotated[tuple[Finding, ...] | None, PII]

        def apply(self, aggregate: Report) -> None:
            known = {finding.finding_key: finding for finding in aggregate.findings}
            known |= {finding.finding_key: finding for finding in self.findings or ()}
            aggregate.findings = tuple(known.values())

    def __init__(self, subject_id: UUID, sha256: str, object_key: str, media_type: str) -> None:
        self.owner_id = subject_id
        self.sha256 = sha256
        self.object_key = object_key
        self.media_type = media_type
        self.status = ReportStatus.ARCHIVED
        self.free_annual = False
        self.refused_place = ""
        self.refused_reason = ""
        self.canonical: CanonicalReport | None = None
        self.pulled_on = date.min
        self.tradeline_ids: dict[str, UUID] = {}
        self.in_review: tuple[UUID, ...] = ()
        self.gates: tuple[Completeness, ...] = ()
        self.findings: tuple[Finding, ...] = ()

    @staticmethod
    def identity(consumer_id: UUID, digest: bytes) -> UUID:
        """The one id of these bytes for this consumer: bringing the same report twice makes one report."""
        return uuid5(consumer_id, f"report:{digest.hex()}")

    @classmethod
    def archive(
        cls,
        report_id: UUID,
        at: datetime,
        *,
        consumer_id: UUID,
        sha256: str,
        size_bytes: int,
        media_type: str,
        object_key: str,
    ) -> Report:
        """The raw bytes lie encrypted in the store under `object_key`."""
        return cls._create(
            cls.Archived,
            id=report_id,
            timestamp=at,
            subject_id=consumer_id,
            sha256=sha256,
            size_bytes=size_bytes,
            media_type=media_type,
            object_key=object_key,
        )

    def note_free_annual(self, actor_id: UUID, at: datetime) -> None:
        """It is a free copy from the centralized source: a bureau has 45 days for a dispute made on it (R03).

        No copy tells that of itself, so it is a person's word, and stays. Disputes opened before are as they were.
        """
        if not self.free_annual:
            self.record(self.NotedFreeAnnual, at, subject_id=self.owner_id, actor_id=actor_id)

    def refuse(self, place: str, reason: str, at: datetime) -> None:
        """The report could not be read at `place`; the bytes stay archived for a better reader."""
        said_before = (place, reason) == (self.refused_place, self.refused_reason)
        if self.status is not ReportStatus.PARSED and not said_before:
            self.record(self.Refused, at, place=place, reason=reason)

    def parse(
        self,
        canonical: CanonicalReport,
        *,
        tradeline_ids: dict[str, UUID],
        in_review: tuple[UUID, ...],
        gates: tuple[Completeness, ...],
        at: datetime,
    ) -> None:
        """What the report says, in canonical form, with our own id for every tradeline row.

        `gates` says which bureaus' sections are complete enough to be believed about what they leave out;
        `in_review` names known tradelines that an unmatched row may yet turn out to be.
        """
        if self.status is ReportStatus.PARSED:
            raise IllegalMove("this report has been read already")
        self.record(
            self.Parsed,
            at,
            subject_id=self.owner_id,
            source=canonical.source,
            source_format=canonical.source_format.value,
            parser_version=canonical.parser_version,
            pulled_on=canonical.pulled_on,
            tradeline_ids=tradeline_ids,
            in_review=in_review,
            gates=gates,
            canonical=canonical,
        )

    def note_findings(
        self, findings: tuple[Finding, ...], detectors: dict[str, int], as_of: date, at: datetime
    ) -> None:
        """What detectors of these versions found; a later version adds, it never rewrites."""
        known = {finding.finding_key for finding in self.findings}
        findings = tuple(finding for finding in findings if finding.finding_key not in known)
        self.record(
            self.FindingsMade,
            at,
            subject_id=self.owner_id,
            as_of=as_of,
            detectors=detectors,
            found=len(findings),
            tradeline_ids=self._ids_by_group(),
            findings=findings,
        )

    def settle_match(
        self, tradeline_ids: dict[str, UUID], in_review: tuple[UUID, ...], actor_id: UUID, at: datetime
    ) -> None:
        """An operator has said whose these rows are; findings about them name their account from now on.

        `in_review` names the tradelines that another row may still turn out to be.
        """
        groups = {row.group: tradeline_ids[row.ref] for row in self.read().rows() if row.ref in tradeline_ids}
        named = self._ids_by_group().keys()
        self.record(
            self.MatchSettled,
            at,
            subject_id=self.owner_id,
            tradeline_ids=tradeline_ids,
            findings={
                finding.finding_key: groups[finding.group]
                for finding in self.findings
                if finding.group in groups and finding.group not in named
            },
            in_review=in_review,
            actor_id=actor_id,
        )

    def _ids_by_group(self) -> dict[str, UUID]:
        rows = self.canonical.rows() if self.canonical else ()
        return {row.group: self.tradeline_ids[row.ref] for row in rows if row.ref in self.tradeline_ids}

    def read(self) -> CanonicalReport:
        """What the report says. Refused when it was never read, or the person is erased."""
        if self.canonical is None:
            raise IllegalMove("this report has no readable content")
        return self.canonical

    def row(self, tradeline_id: UUID, bureau: Bureau) -> BureauTradeline | None:
        """How `bureau` reports the tradeline here, if it does."""
        for row in self.read().rows(bureau):
            if self.tradeline_ids.get(row.ref) == tradeline_id:
                return row
        return None

    def rows_before(self, previous: Report) -> dict[str, BureauTradeline]:
        """By row ref, how the same bureau reported the same tradeline in an earlier report, where that is settled."""
        then, now = previous.rows_by_tradeline(), self.rows_by_tradeline()
        return {row.ref: then[key] for key, row in now.items() if key in then}

    def rows_by_tradeline(self) -> dict[tuple[UUID, Bureau], BureauTradeline]:
        """Every row that is alone its tradeline's at its bureau; two of them cannot be told apart."""
        rows: dict[tuple[UUID, Bureau], list[BureauTradeline]] = {}
        for row in self.read().rows():
            if row.ref in self.tradeline_ids:
                rows.setdefault((self.tradeline_ids[row.ref], row.bureau), []).append(row)
        return {key: found[0] for key, found in rows.items() if len(found) == 1}

    def pulled_from(self, bureau: Bureau) -> date:
        """The day this bureau's own section was pulled; a report may join sections of different days."""
        return self.read().section(bureau).pulled_on or self.pulled_on

    def may_hold(self, tradeline_id: UUID) -> bool:
        """Whether a row whose account or bureau is not settled may yet be this tradeline."""
        return tradeline_id in self.in_review or self.read().refused.get("tradeline", 0) > 0

    def gate(self, bureau: Bureau) -> Completeness:
        """Whether the bureau's section can be believed about what it does not contain."""
        for gate in self.gates:
            if gate.bureau is bureau:
                return gate
        return Completeness(bureau=bureau, complete=False, missing=("section",))
