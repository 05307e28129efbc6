"""A consumer's file across all pulls: whose row is whose, and how much each bureau used to show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID, uuid5

from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, CanonicalReport
from domain.findings.known import Identity
from domain.kernel import PII, Aggregate, Created, Event, IllegalMove, Invalid, Value
from domain.match_tiers import MATCHER_VERSION, is_sure
from domain.matching import KnownTradeline, Review, identified, match, mint, remember, settled, unused
from domain.reconciliation import Completeness, completeness


class Matched(Value):
    """What matching a report decided: our ids by row, what waits for a person, which sections are complete."""

    tradeline_ids: dict[str, UUID]
    in_review: tuple[UUID, ...]
    gates: tuple[Completeness, ...]


class NoMatchPending(IllegalMove):
    """Nobody is asked which account this row is: it is settled, or the report has no such row."""

    code = "no_match_pending"


class NotACandidate(Invalid):
    """The row was never thought to be this account."""

    code = "not_a_candidate"


class AlreadyMatched(IllegalMove):
    """Another row of the same bureau in the same report is this account."""

    code = "already_matched"


class Question(Value):
    """A row whose account a person must name, and the version of the file at which they were asked."""

    report_id: UUID
    pulled_on: date
    review: Review
    asked_at: int


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
        matcher_version: int = 1
        known: Annotated[tuple[KnownTradeline, ...] | None, PII]

        def apply(self, aggregate: CreditFile) -> None:
            aggregate.report_ids.append(self.report_id)
            aggregate.identities[self.report_id] = _identities(self)
            aggregate.pulls[self.report_id] = self.pulled_on
            for bureau, count in self.complete_counts.items():
                if self.pulled_on >= aggregate.complete_on.get(bureau, self.pulled_on):
                    aggregate.counts[bureau], aggregate.complete_on[bureau] = count, self.pulled_on
            aggregate.note_known(self.known, self.pulled_on)
            for review in self.in_review:
                aggregate.questions[self.report_id, review.ref] = Question(
                    report_id=self.report_id, pulled_on=self.pulled_on, review=review, asked_at=self.originator_version
                )
            aggregate.tradeline_ids |= set(self.tradeline_ids.values())

    class MatchSettled(Event):
        TOPIC: ClassVar[str] = "credit_file.match_settled.v1"
        subject_id: UUID
        report_id: UUID
        ref: str
        tradeline_id: UUID
        is_new: bool
        candidates: tuple[UUID, ...]
        tradeline_ids: dict[str, UUID]
        pulled_on: date
        asked_at: int
        left: int
        actor_id: UUID
        known: Annotated[tuple[KnownTradeline, ...] | None, PII]

        def apply(self, aggregate: CreditFile) -> None:
            tier = aggregate.questions.pop((self.report_id, self.ref)).review.tier
            aggregate.identities[self.report_id] |= {
                ref: (Identity(tradeline_id=tradeline_id, tier=tier, settled=True),)
                for ref, tradeline_id in self.tradeline_ids.items()
            }
            aggregate.tradeline_ids.add(self.tradeline_id)
            aggregate.note_known(self.known, self.pulled_on)

    def __init__(self, subject_id: UUID) -> None:
        self.owner_id = subject_id
        self.report_ids: list[UUID] = []
        self.identities: dict[UUID, dict[str, tuple[Identity, ...]]] = {}
        self.pulls: dict[UUID, date] = {}
        self.counts: dict[Bureau, int] = {}
        self.known: dict[tuple[UUID, Bureau], KnownTradeline] = {}
        self.complete_on: dict[Bureau, date] = {}
        self.seen_on: dict[tuple[UUID, Bureau], date] = {}
        self.questions: dict[tuple[UUID, str], Question] = {}
        self.tradeline_ids: set[UUID] = set()

    @staticmethod
    def identity(tenant_id: UUID, consumer_id: UUID) -> UUID:
        """The one credit file of a consumer."""
        return uuid5(tenant_id, f"credit_file:{consumer_id}")

    @classmethod
    def open(cls, credit_file_id: UUID, at: datetime, consumer_id: UUID) -> CreditFile:
        """Begin a consumer's file with their first report."""
        return cls._create(cls.Opened, id=credit_file_id, timestamp=at, subject_id=consumer_id)

    def note_known(self, entries: tuple[KnownTradeline, ...] | None, pulled_on: date) -> None:
        """Remember each account by its newest row: an older pull brought in late overwrites nothing."""
        for entry in entries or ():
            key = entry.tradeline_id, entry.bureau
            if pulled_on >= self.seen_on.get(key, pulled_on):
                self.known[key], self.seen_on[key] = entry, pulled_on

    def overtook(self, report_id: UUID, day: date) -> list[UUID]:
        """The reports pulled after `day` that were there already when this one was brought."""
        there = self.report_ids[: self.report_ids.index(report_id)] if report_id in self.pulls else []
        return self.pulled_after(day, there)

    def pulled_after(self, day: date, report_ids: Iterable[UUID]) -> list[UUID]:
        """Those of these reports that were pulled after `day`."""
        return [report_id for report_id in report_ids if self.pulls.get(report_id, day) > day]

    def still_reports(self, tradeline_id: UUID, bureau: Bureau) -> bool:
        """Whether the bureau's newest complete section has the tradeline, or may have it under another face."""
        newest, seen = self.complete_on.get(bureau), self.seen_on.get((tradeline_id, bureau))
        if newest is None or (seen is not None and seen >= newest):
            return True
        return any(
            tradeline_id in question.review.candidates and question.pulled_on >= newest
            for question in self.questions.values()
        )

    def _is_steady(self, report: CanonicalReport, bureau: Bureau, ids: dict[str, UUID]) -> bool:
        """Whether the section has every account that the bureau's newest complete one had, and none that had lacked."""
        newest = self.complete_on.get(bureau)
        if newest is None:
            return False
        known = {tradeline_id for tradeline_id, at in self.known if at is bureau}
        had = {tradeline_id for tradeline_id in known if self.seen_on[tradeline_id, bureau] >= newest}
        has = {ids[row.ref] for row in report.rows(bureau) if row.ref in ids}
        return had <= has and not has & (known - had)

    def waiting(self, report_id: UUID) -> dict[str, Review]:
        """The rows of a report whose account a person must name, by ref."""
        return {ref: question.review for (asked, ref), question in self.questions.items() if asked == report_id}

    def pull_before(self, day: date) -> UUID | None:
        """The newest of the reports pulled before `day`, in whatever order they were brought."""
        earlier = [(pulled_on, place) for place, pulled_on in enumerate(self.pulls.values()) if pulled_on < day]
        return list(self.pulls)[max(earlier)[1]] if earlier else None

    def match_pull(
        self, report_id: UUID, report: CanonicalReport, at: datetime, listed: Mapping[Bureau, int] | None = None
    ) -> Matched:
        """Give every settled row its tradeline id, and remember what tells the accounts apart.

        `listed`: how many tradelines the report's provider lists at each bureau, where it says so.
        """
        result = match(tuple(self.known.values()), report)
        groups = mint(report, result, self.tradeline_ids, lambda key: uuid5(self.id, f"tradeline:{key}"))
        ids = settled(report, result, groups)
        gates = {
            bureau: gate.model_copy(update={"steady": self._is_steady(report, bureau, ids)})
            for bureau, gate in completeness(report, self.counts, listed).items()
        }
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
            matcher_version=MATCHER_VERSION,
            known=tuple(remember(ids[row.ref], row) for row in report.rows() if row.ref in ids),
        )
        return Matched(
            tradeline_ids=ids,
            in_review=tuple(sorted({candidate for entry in result.review for candidate in entry.candidates})),
            gates=tuple(gates.values()),
        )

    def settle_match(
        self,
        report_id: UUID,
        report: CanonicalReport,
        ids: dict[str, UUID],
        ref: str,
        choice: UUID | None,
        actor_id: UUID,
        at: datetime,
    ) -> dict[str, UUID]:
        """An operator says which account row `ref` is; None: none of those it was thought to be.

        `ids` are the rows of this report that have an account. Answers the rows that have one from now on.
        """
        question = self.questions.get((report_id, ref))
        if question is None:
            raise NoMatchPending("nobody is asked which account this row is; read the report's tradelines again")
        row = next(each for each in report.rows() if each.ref == ref)
        if choice is not None and choice not in question.review.candidates:
            raise NotACandidate("this row was never thought to be that account; choose a candidate, or new")
        tradeline_id = self._new_account(report, ids, row) if choice is None else choice
        if tradeline_id in _accounts_at(row.bureau, report, ids):
            raise AlreadyMatched("another row of this bureau is that account already; choose another, or new")
        return self._settle(question, report, ids, tradeline_id, choice is None, actor_id, at)

    def settle_alike(
        self, report_id: UUID, report: CanonicalReport, ids: dict[str, UUID], tradeline_id: UUID, actor_id: UUID,
        at: datetime,
    ) -> dict[str, UUID]:  # fmt: skip
        """What an operator has said of a row in one report answers the same question in another.

        It does where just one doubtful row of a bureau is by now surely that account, and no other row there is.
        """
        found: dict[str, UUID] = {}
        rows = {row.ref: row for row in report.rows()}
        for bureau in Bureau:
            known = self.known.get((tradeline_id, bureau))
            if known is None or tradeline_id in _accounts_at(bureau, report, ids | found):
                continue
            doubtful = [rows[ref] for ref in self.waiting(report_id) if rows[ref].bureau is bureau]
            alike = [row for row in doubtful if is_sure(known, remember(tradeline_id, row))]
            if len(alike) == 1:
                question = self.questions[report_id, alike[0].ref]
                found |= self._settle(question, report, ids | found, tradeline_id, False, actor_id, at)
        return found

    def _settle(
        self,
        question: Question,
        report: CanonicalReport,
        ids: dict[str, UUID],
        tradeline_id: UUID,
        is_new: bool,
        actor_id: UUID,
        at: datetime,
    ) -> dict[str, UUID]:
        rows = {row.ref: row for row in report.rows()}
        ref = question.review.ref
        waiting = self.waiting(question.report_id).keys() - {ref}
        found = identified(report, ids, waiting, ref, tradeline_id)
        self.record(
            self.MatchSettled,
            at,
            subject_id=self.owner_id,
            report_id=question.report_id,
            ref=ref,
            tradeline_id=tradeline_id,
            is_new=is_new,
            candidates=question.review.candidates,
            tradeline_ids=found,
            pulled_on=question.pulled_on,
            asked_at=question.asked_at,
            left=len(waiting),
            actor_id=actor_id,
            known=tuple(remember(tradeline_id, rows[other]) for other in found),
        )
        return found

    def _new_account(self, report: CanonicalReport, ids: dict[str, UUID], row: BureauTradeline) -> UUID:
        """The account of the row's group, unless the bureau has another row for it; else a new one."""
        rows = {each.ref: each for each in report.rows()}
        taken = _accounts_at(row.bureau, report, ids)
        for other, own in ids.items():
            if rows[other].group == row.group and own not in taken:
                return own
        group = next(each for each in report.tradelines if each.group == row.group)
        return unused(group, self.tradeline_ids, lambda key: uuid5(self.id, f"tradeline:{key}"))


def _accounts_at(bureau: Bureau, report: CanonicalReport, ids: dict[str, UUID]) -> set[UUID]:
    """The accounts that rows of `bureau` in this report are."""
    return {ids[row.ref] for row in report.rows(bureau) if row.ref in ids}


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
