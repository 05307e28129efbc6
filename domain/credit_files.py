"""A consumer's file across all pulls: whose row is whose, and how much each bureau used to show."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID, uuid5

from domain.bureaus import Bureau
from domain.credit_reports import CanonicalReport
from domain.findings.known import Identity
from domain.kernel import PII, Aggregate, Created, Event, Value
from domain.matching import KnownTradeline, Review, match, mint, remember, settled
from domain.reconciliation import Completeness, completeness


class Matched(Value):
    """What matching a report decided: our ids by row, what waits for a person, which sections are complete."""

    tradeline_ids: dict[str, UUID]
    in_review: tuple[UUID, ...]
    gates: tuple[Completeness, ...]


class CreditFile(Aggregate):
    """One per consumer. It orders the pulls and mints tradeline ids, so identity never lives in a query table.

    Two reports imported at once meet here as a version conflict, and the second is matched after the first.
    """

    TOPIC: ClassVar[str] = "credit_file"

    class Opened(Created):
        TOPIC: ClassVar[str] = "credit_file.opened.v1"
        subject_id: UUID

    class PullMatched(Event):
        TOPIC: ClassVar[str] = "credit_file.pull_matched.v1"
        subject_id: UUID
        report_id: UUID
        pulled_on: date
        tradeline_ids: dict[str, UUID]
        tiers: dict[str, str]
        in_review: tuple[Review, ...]
        complete_counts: dict[Bureau, int]
        known: Annotated[tuple[KnownTradeline, ...] | None, PII]

        def apply(self, aggregate: CreditFile) -> None:
            aggregate.report_ids.append(self.report_id)
            aggregate.identities[self.report_id] = _identities(self)
            aggregate.pulls[self.report_id] = self.pulled_on
            aggregate.counts |= self.complete_counts
            for bureau in self.complete_counts:
                aggregate.complete_on[bureau] = max(self.pulled_on, aggregate.complete_on.get(bureau, self.pulled_on))
            for entry in self.known or ():
                key = entry.tradeline_id, entry.bureau
                aggregate.known[key] = entry
                aggregate.seen_on[key] = max(self.pulled_on, aggregate.seen_on.get(key, self.pulled_on))
            aggregate.in_review |= {candidate for entry in self.in_review for candidate in entry.candidates}
            aggregate.tradeline_ids |= set(self.tradeline_ids.values())

    def __init__(self, subject_id: UUID) -> None:
        self.owner_id = subject_id
        self.report_ids: list[UUID] = []
        self.identities: dict[UUID, dict[str, tuple[Identity, ...]]] = {}
        self.pulls: dict[UUID, date] = {}
        self.counts: dict[Bureau, int] = {}
        self.known: dict[tuple[UUID, Bureau], KnownTradeline] = {}
        self.complete_on: dict[Bureau, date] = {}
        self.seen_on: dict[tuple[UUID, Bureau], date] = {}
        self.in_review: set[UUID] = set()
        self.tradeline_ids: set[UUID] = set()

    @staticmethod
    def identity(tenant_id: UUID, consumer_id: UUID) -> UUID:
        """The one credit file of a consumer."""
        return uuid5(tenant_id, f"credit_file:{consumer_id}")

    @classmethod
    def open(cls, credit_file_id: UUID, at: datetime, consumer_id: UUID) -> CreditFile:
        """Begin a consumer's file with their first report."""
        return cls._create(cls.Opened, id=credit_file_id, timestamp=at, subject_id=consumer_id)

    def still_reports(self, tradeline_id: UUID, bureau: Bureau) -> bool:
        """Whether the bureau's newest complete section has the tradeline, or may have it under another face."""
        newest, seen = self.complete_on.get(bureau), self.seen_on.get((tradeline_id, bureau))
        return newest is None or tradeline_id in self.in_review or (seen is not None and seen >= newest)

    def pull_before(self, day: date) -> UUID | None:
        """The newest of the reports pulled before `day`, in whatever order they were brought."""
        earlier = [(pulled_on, place) for place, pulled_on in enumerate(self.pulls.values()) if pulled_on < day]
        return list(self.pulls)[max(earlier)[1]] if earlier else None

    def match_pull(self, report_id: UUID, report: CanonicalReport, at: datetime) -> Matched:
        """Give every settled row its tradeline id, and remember what tells the accounts apart."""
        gates = completeness(report, self.counts)
        result = match(tuple(self.known.values()), report)
        groups = mint(report, result, self.tradeline_ids, lambda key: uuid5(self.id, f"tradeline:{key}"))
        ids = settled(report, result, groups)
        self.record(
            self.PullMatched,
            at,
            subject_id=self.owner_id,
            report_id=report_id,
            pulled_on=report.pulled_on,
            tradeline_ids=ids,
            tiers=result.tiers,
            in_review=result.review,
            complete_counts={
                bureau: report.section(bureau).tradeline_count for bureau, gate in gates.items() if gate.complete
            },
            known=tuple(remember(ids[row.ref], row) for row in report.rows() if row.ref in ids),
        )
        return Matched(
            tradeline_ids=ids,
            in_review=tuple(sorted({candidate for entry in result.review for candidate in entry.candidates})),
            gates=tuple(gates.values()),
        )


def _identities(matched: CreditFile.PullMatched) -> dict[str, tuple[Identity, ...]]:
    """Whose account each row of a pull is, or may be where a person has still to say so; by row ref."""
    found = {
        ref: (Identity(tradeline_id=tradeline_id, tier=matched.tiers.get(ref, "new"), settled=True),)
        for ref, tradeline_id in matched.tradeline_ids.items()
    }
    doubtful = {
        entry.ref: tuple(
            Identity(tradeline_id=candidate, tier=entry.tier, settled=False) for candidate in entry.candidates
        )
        for entry in matched.in_review
    }
    return doubtful | found
