"""Whose row is whose, and which disputes end by themselves, on sequences of pulls whose truth is known.

The sequences come from the generator, are read by the parsers and go through the commands the product runs: matching,
comparison with every dispute, review by an operator (who knows the truth), reinsertion watch. Nobody confirms an
outcome: what closes here was closed by reports alone. A close is wrong when the item is not what it was closed as; it
is a partial pull's when fewer than two whole pulls show that. A last pull that is not whole is counted by itself: it
may hide that the item is back, which the next whole one shows.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Any, Final
from uuid import UUID

from application.kernel import Append
from application.matches import SettleMatch
from application.reports import ImportReport
from domain.bureaus import Bureau
from domain.credit_files import CreditFile
from domain.deadlines import ReceiptBasis
from domain.dispute_states import Challenge, DisputeStatus
from domain.disputes import Dispute
from domain.kernel import Invalid, Role
from domain.letter_facts import DisputedItemFacts, RequestKind
from domain.match_tiers import MATCHER_VERSION
from domain.reconciliation import Outcome
from domain.reports import Report
from infrastructure.reports import UnreadableReport, parse
from infrastructure.reports.truelink import PARSER_VERSION
from infrastructure.sandbox.report_generator.sequences import Item, Place, Pull, Sequence, pull_sequence
from tests.support.cases import Case
from tests.support.world import World

F1: Final = 0.995
_SHA: Final = "0" * 64
_CHUNK: Final = 10


@dataclass
class Tally:
    """What was counted so far."""

    true_pairs: int = 0
    found_pairs: int = 0
    right_pairs: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take another's counts too."""
        self.true_pairs += other.true_pairs
        self.found_pairs += other.found_pairs
        self.right_pairs += other.right_pairs
        self.counts += other.counts
        self.wrong += other.wrong

    @property
    def precision(self) -> float:
        """How many of the pairs that were called one account are one."""
        return self.right_pairs / self.found_pairs if self.found_pairs else 1.0

    @property
    def recall(self) -> float:
        """How many of the pairs that are one account were called so, without a person's help."""
        return self.right_pairs / self.true_pairs if self.true_pairs else 1.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def main(sequences: int = 2000, seed: int = 0, first: int = 0, processes: int | None = None) -> dict[str, Any]:
    """Run so many of the seed's sequences, from number `first` on; the counts, and whether every bound was kept."""
    tally, started = Tally(), time.perf_counter()
    seeds = [seed * 1_000_003 + number for number in range(first, first + sequences)]
    with ProcessPoolExecutor(processes or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for part in pool.map(_run, (seeds[at : at + _CHUNK] for at in range(0, sequences, _CHUNK))):
            tally.add(part)
    counts = tally.counts
    bounds = {
        "pairwise_f1": tally.f1 >= F1,
        "wrong_automatic_closes": counts["wrong_automatic_closes"] == 0,
        "closes_by_partial_pulls": counts["closes_by_partial_pulls"] == 0,
    }
    return {
        "bench": "reconcile",
        "ok": all(bounds.values()),
        "bounds_kept": bounds,
        "pairwise_f1": round(tally.f1, 5),
        "pairwise_f1_bound": F1,
        "precision": round(tally.precision, 5),
        "recall": round(tally.recall, 5),
        **{name: counts[name] for name in _COUNTED},
        "mistakes": tally.wrong[:20],
        "sequences": sequences,
        "first": first,
        "seed": seed,
        "seconds": round(time.perf_counter() - started, 1),
        "versions": {"matcher": MATCHER_VERSION, "parser": PARSER_VERSION},
    }


def _run(seeds: list[int]) -> Tally:
    tally = Tally()
    for seed in seeds:
        Run(seed, tally).all()
    return tally


_COUNTED: Final = (
    "pulls", "pulls_refused", "rows", "rows_reviewed", "rows_settled_wrong", "disputes", "automatic_closes",
    "wrong_automatic_closes", "closes_by_partial_pulls", "closes_whose_last_pull_is_partial", "deletions_left_open",
    "corrections_left_open", "reinsertions", "reinsertions_missed", "reinsertions_imagined",
)  # fmt: skip


class Run:
    """One sequence, pull by pull."""

    def __init__(self, seed: int, tally: Tally) -> None:
        self.seed, self.tally = seed, tally
        self.sequence: Sequence = pull_sequence(seed)
        self.case = Case(World())
        self.world = self.case.world
        self.pulls: dict[UUID, int] = {}
        self.rows: list[tuple[Bureau, Place, UUID | None]] = []
        self.owners: dict[tuple[UUID, Bureau], Place] = {}
        self.disputes: dict[UUID, Item] = {}

    def all(self) -> None:
        """Every pull, then the count."""
        for number, pull in enumerate(self.sequence.pulls):
            if not pull.accounts and number:
                self._refuse(pull)
                continue
            report = self._import(pull, number)
            self._review(report, pull)
            if number == 0:
                for item in self.sequence.items:
                    self._open(report, pull, item)
        assert self.world.failed == {}, f"sequence {self.seed}: {self.world.failed}"
        self._count_pairs()
        for dispute_id, item in self.disputes.items():
            self._count_dispute(self.world.get(Dispute, dispute_id), item)

    def _import(self, pull: Pull, number: int) -> Report:
        noon = datetime.combine(pull.pulled_on, datetime.min.time(), UTC).replace(hour=18)
        self.world.clock.advance(self.world.tenant_id, noon)
        self.world.reader.reports[pull.raw] = parse(pull.raw)
        command = ImportReport(consumer_id=self.case.consumer_id, content=pull.raw)
        report_id = UUID(str(self.case.as_consumer(command)["report_id"]))
        self.pulls[report_id] = number
        self.world.settle()
        report = self.world.get(Report, report_id)
        for row in report.read().rows():
            place = pull.accounts[row.group], row.bureau
            own = report.tradeline_ids.get(row.ref)
            self.rows.append((row.bureau, place, own))
            if own is not None:
                self.owners.setdefault((own, row.bureau), place)
        self.tally.counts["pulls"] += 1
        return report

    def _refuse(self, pull: Pull) -> None:
        """No bureau answered: a report of nobody is archived and refused, and decides nothing."""
        try:
            parse(pull.raw)
        except UnreadableReport as unread:
            self.world.reader.reports[pull.raw] = unread
        with suppress(Invalid):
            self.case.as_consumer(ImportReport(consumer_id=self.case.consumer_id, content=pull.raw))
            raise AssertionError(f"sequence {self.seed}: a report of nobody was read")
        self.world.settle()
        self.tally.counts["pulls_refused"] += 1

    def _review(self, report: Report, pull: Pull) -> None:
        """The operator looks at every doubtful row and knows whose it is."""
        file_id = CreditFile.identity(self.world.tenant_id, self.case.consumer_id)
        rows = {row.ref: row for row in report.read().rows()}
        while waiting := self.world.get(CreditFile, file_id).waiting(report.id):
            ref, review = next(iter(waiting.items()))
            bureau = rows[ref].bureau
            place = pull.accounts[rows[ref].group], bureau
            own = next((c for c in review.candidates if self.owners.get((c, bureau)) == place), None)
            choice = SettleMatch(report_id=report.id, ref=ref, tradeline_id=own or "new")
            answer = self.world.when(choice, Role.OPERATOR).answer
            self.owners.setdefault((answer["tradeline_id"], bureau), place)
            self.tally.counts["rows_reviewed"] += 1
            self.world.settle()

    def _open(self, report: Report, pull: Pull, item: Item) -> None:
        """A dispute whose letter has been received, as the walk would have made it."""
        number, bureau = item.place
        row = next(r for r in report.read().rows(bureau) if pull.accounts[r.group] == number)
        tradeline_id, world = report.tradeline_ids[row.ref], self.world
        dispute_id = Dispute.identity(world.tenant_id, self.case.consumer_id, tradeline_id, bureau, 1)
        facts = DisputedItemFacts(
            number=1, furnisher=row.creditor_name, reason="balance", basis="It is not right.",
            request=RequestKind.DELETE,
        )  # fmt: skip
        now = world.clock.tenant_now(world.tenant_id)
        made = Dispute.open(
            dispute_id, now, consumer_id=self.case.consumer_id, tradeline_id=tradeline_id, bureau=bureau, round_=1,
            report_id=report.id, letter_type="bureau_dispute_611", selection_id=dispute_id, drafted_with=(dispute_id,),
            challenge=Challenge(finding_keys=(), reason="balance", item=facts, asked=item.asked),
        )  # fmt: skip
        made.note_letter(dispute_id, now)
        made.await_approval(dispute_id, DisputeStatus.AWAITING_CONSUMER_APPROVAL, _SHA, now)
        made.approve(dispute_id, _SHA, now)
        made.post(dispute_id, now)
        made.record_receipt(self.sequence.received_on, ReceiptBasis.PROVEN, "UTC", dispute_id, now)
        world.log.append(
            [made],
            Append(
                tenant_id=world.tenant_id, metadata=b"{}", command_id=None, fingerprint=None, answer=None, jobs=(),
                job_id=None, job_token=None,
            ),
        )  # fmt: skip
        self.disputes[dispute_id] = item

    def _count_pairs(self) -> None:
        tally = self.tally
        tally.counts["rows"] += len(self.rows)
        tally.true_pairs += _pairs(Counter(place for _, place, _ in self.rows))
        tally.found_pairs += _pairs(Counter((bureau, own) for bureau, _, own in self.rows if own))
        tally.right_pairs += _pairs(Counter((place, own) for _, place, own in self.rows if own))
        wrong = sum(own is not None and self.owners[own, bureau] != place for bureau, place, own in self.rows)
        tally.counts["rows_settled_wrong"] += wrong
        if wrong:
            tally.wrong.append(f"sequence {self.seed}: {wrong} rows matched to another's account")

    def _count_dispute(self, dispute: Dispute, item: Item) -> None:
        counts, wrong = self.tally.counts, self.tally.wrong
        counts["disputes"] += 1
        events = self.world.events(dispute.id)
        confirmed = [event for event in events if isinstance(event, Dispute.OutcomeConfirmed)]
        counts["automatic_closes"] += len(confirmed)
        for event in confirmed:
            proposed, closed = self.pulls[event.proposed_from], self.pulls[event.report_id]
            pulls = self.sequence.pulls[proposed : closed + 1]
            if not _is_true(event.outcome, pulls[-1], item.place):
                counts["wrong_automatic_closes"] += 1
                wrong.append(f"sequence {self.seed}: {item.answer.value} closed as {event.outcome.value}")
            whole = [pull for pull in pulls if item.place[1] not in pull.partial]
            showing = [pull for pull in whole if _is_true(event.outcome, pull, item.place)]
            counts["closes_whose_last_pull_is_partial"] += pulls[-1] not in whole
            if len(showing) < 2:
                counts["closes_by_partial_pulls"] += 1
                wrong.append(f"sequence {self.seed}: {item.answer.value} closed by a partial pull")
        self._count_returns(dispute, item, [self.pulls[event.report_id] for event in confirmed])
        if not confirmed:
            last = self.sequence.pulls[-1]
            counts["deletions_left_open"] += item.place not in last.on_file
            counts["corrections_left_open"] += item.place in last.as_asked

    def _count_returns(self, dispute: Dispute, item: Item, closed_at: list[int]) -> None:
        """A deletion that was final, and whose item is on file again in a later pull that shows the bureau whole."""
        counts = self.tally.counts
        if not closed_at or dispute.outcome not in (Outcome.DELETED, Outcome.REINSERTED):
            return
        later = self.sequence.pulls[closed_at[0] + 1 :]
        back = any(item.place in pull.on_file and item.place[1] not in pull.partial for pull in later)
        seen = dispute.outcome is Outcome.REINSERTED
        counts["reinsertions"] += back
        counts["reinsertions_missed"] += back and not seen
        counts["reinsertions_imagined"] += seen and not any(item.place in pull.on_file for pull in later)


def _is_true(outcome: Outcome, pull: Pull, place: Place) -> bool:
    if outcome is Outcome.DELETED:
        return place not in pull.on_file
    return outcome is Outcome.CORRECTED and place in pull.as_asked


def _pairs(sizes: Counter[Any]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())
