"""How much of what is planted in invented reports is found, how much is found that is not there, and how fast.

Each file has its own size, format, day and random choice of errors, from a source of chance that no test uses. Truth is
what the generator says it planted and what each plant declares that it implies; no detector has a part in it. A finding
that is no dispute (informational) and was not planted is counted apart. What shows beside an earlier pull only (D04,
D49) is planted in pairs of pulls. The bounds of time are for the clock on the wall; the processor's own time stands
beside it, because other work on the machine does not lengthen it.
"""

from __future__ import annotations

import os
import platform
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any, Final
from uuid import UUID

from domain.bureaus import Bureau
from domain.credit_files import CreditFile
from domain.credit_reports import CanonicalReport, ReportFormat
from domain.findings import DETECTORS, Finding, Identity, detect, detect_after_disputes
from infrastructure.reports import parse
from infrastructure.sandbox.report_generator import (
    ALL_ERRORS,
    GeneratedReport,
    base_scores,
    generate,
    generate_pair,
    invent,
    write,
)
from infrastructure.sandbox.report_generator.mixes import FEWEST, MOST

PRECISION: Final = 0.98
RECALL: Final = 0.97
SCAN_P99_MS: Final = 50.0
PARSE_MS: Final = 50.0
TRADELINES: Final = 60
MONTHS: Final = 48
PARSE_EVERY: Final = 25
PAIR_EVERY: Final = 10
"""Errors that show beside the pull before only (D04, D49) are looked for in a pair of pulls after so many files."""

SILENT: Final = 0.5
"""How likely one bureau does not answer the second pull of a pair."""

PLANTED: Final = 0.3
"""How likely each kind of error is in a file."""
SHOWN: Final = 8

Key = tuple[str, str | None, tuple[Bureau, ...]]


@dataclass
class Score:
    """How one detector did."""

    planted: int = 0
    found: int = 0
    missed: int = 0
    wrong: int = 0
    told: int = 0

    def figures(self) -> dict[str, Any]:
        """Counts, and the two rates where there is something to rate."""
        rates = {"precision": _rate(self.found, self.wrong), "recall": _rate(self.found, self.missed)}
        counts = {"planted": self.planted, "found": self.found, "missed": self.missed, "wrong": self.wrong}
        return counts | {"informational": self.told} | rates


@dataclass
class Run:
    """Everything that was counted and timed."""

    scores: defaultdict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    implied: int = 0
    scans: list[float] = field(default_factory=list)
    scan_work: list[float] = field(default_factory=list)
    parses: list[float] = field(default_factory=list)
    parse_work: list[float] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)


def main(files: int = 5_000, seed: int = 0) -> dict[str, Any]:
    """Scan `files` invented reports and compare what is found with what was planted."""
    run, large = Run(), large_report(seed)
    for number in range(files):
        generated, as_of = invented(seed, number)
        report = parse(generated.raw)
        disputes, identities = tuple(known.dispute for known in generated.known), identities_in(report, generated)
        began, worked = time.perf_counter(), time.process_time()
        findings = detect(report, as_of, generated.profile)
        findings += detect_after_disputes(report, as_of, disputes, identities)
        run.scans.append(time.perf_counter() - began)
        run.scan_work.append(time.process_time() - worked)
        compare(run, generated, findings, number)
        if number % PAIR_EVERY == 0:
            later, since = pair(seed, number)
            compare(run, later, since, number)
        if number % PARSE_EVERY == 0:
            began, worked = time.perf_counter(), time.process_time()
            parse(large.raw)
            run.parses.append(time.perf_counter() - began)
            run.parse_work.append(time.process_time() - worked)
    return _figures(run, files, seed)


def invented(seed: int, number: int) -> tuple[GeneratedReport, date]:
    """File `number` of a seed, and the day it is looked at."""
    rng = random.Random(f"findings/{seed}/{number}")
    as_of = date(2024, 1, 1) + timedelta(days=rng.randrange(1_500))
    plan = {identifier: None for identifier in ALL_ERRORS if rng.random() < PLANTED}
    encoding, tradelines = rng.choice(list(ReportFormat)), rng.randint(FEWEST, MOST)
    report = generate(rng.getrandbits(48), as_of, encoding, plan, tradelines=tradelines, as_far_as_they_fit=True)
    return report, as_of


def pair(seed: int, number: int) -> tuple[GeneratedReport, tuple[Finding, ...]]:
    """The second of two pulls of one person, and what is found in it beside the first, matched as an import does."""
    rng = random.Random(f"pair/{seed}/{number}")
    as_of = date(2024, 1, 1) + timedelta(days=rng.randrange(1_500))
    silent = rng.choice(list(Bureau)) if rng.random() < SILENT else None
    encoding = rng.choice([encoding for encoding in ReportFormat if encoding.family == "truelink"])
    made = generate_pair(rng.getrandbits(48), as_of, encoding, {"D04": None}, silent)
    before, after = (parse(report.raw) for report in made)
    at = datetime.combine(as_of, time_of_day(15), tzinfo=UTC)
    file = CreditFile.open(UUID(int=1), at, UUID(int=2))
    first, second = (
        file.match_pull(UUID(int=3 + place), report, at).tradeline_ids for place, report in enumerate((before, after))
    )
    then = {(first[row.ref], row.bureau): row for row in before.rows() if row.ref in first}
    places = {row.ref: (second[row.ref], row.bureau) for row in after.rows() if row.ref in second}
    earlier = {ref: then[place] for ref, place in places.items() if place in then}
    counts = {bureau: before.section(bureau).tradeline_count for bureau in Bureau}
    found = detect(after, as_of, made[1].profile, counts, previous=before, earlier=earlier)
    return made[1], tuple(found)


def identities_in(report: CanonicalReport, generated: GeneratedReport) -> dict[str, tuple[Identity, ...]]:
    """Whose account each row of the report is that we knew before, as an import would have matched it."""
    identities: dict[str, tuple[Identity, ...]] = {}
    for known in generated.known:
        for row in report.rows(known.dispute.bureau):
            if row.group == known.group:
                identities[row.ref] = (*identities.get(row.ref, ()), known.identity)
    return identities


def large_report(seed: int) -> GeneratedReport:
    """Sixty accounts, each at three bureaus with forty-eight months of history."""
    as_of = date(2026, 1, 5)
    draft, planted = invent(seed, as_of, {}, FEWEST)
    names = ("ALDERGATE AUTO FINANCE",) * len(Bureau)
    draft.accounts = [draft.inventor.loan(names, "loan", "I", "Auto loan", everywhere=True) for _ in range(TRADELINES)]
    report = write(draft, planted, as_of, ReportFormat.TRUELINK_SMARTCREDIT, base_scores(draft, tuple(Bureau)))
    rows = list(parse(report.raw).rows())
    if len(rows) != TRADELINES * len(Bureau) or any(len(row.history) != MONTHS for row in rows):
        raise ValueError("the large report is not as large as it must be")
    return report


def compare(run: Run, generated: GeneratedReport, findings: Iterable[Finding], number: int) -> None:
    """Count what was found of the truth, what was missed, and what was found beside it."""
    truth = Counter((error.detector, error.group, error.bureaus) for error in generated.planted if _known(error))
    run.implied += sum(1 for error in generated.planted if error.implied and _known(error))
    found: Counter[Key] = Counter()
    disputable: Counter[Key] = Counter()
    for finding in findings:
        key = finding.detector, finding.group, finding.bureaus
        found[key] += 1
        disputable[key] += not finding.informational
    for key in truth | found:
        score = run.scores[key[0]]
        both, extra = min(truth[key], found[key]), max(0, found[key] - truth[key])
        score.planted += truth[key]
        score.found += both
        score.missed += truth[key] - both
        wrong = min(extra, disputable[key])
        score.wrong += wrong
        score.told += extra - wrong
        if len(run.examples) < SHOWN and (truth[key] > both or wrong):
            run.examples.append(f"file {number}: {_told(key)} {'missed' if truth[key] > both else 'not planted'}")


def _known(error: Any) -> bool:
    """Whether there is a detector for the error: a plant may imply what nobody looks for yet."""
    return error.detector in DETECTORS


def _told(key: Key) -> str:
    detector, group, bureaus = key
    return f"{detector} account {group or '-'} at {', '.join(bureaus)}"


def _figures(run: Run, files: int, seed: int) -> dict[str, Any]:
    found, missed, wrong = (sum(getattr(score, name) for score in run.scores.values()) for name in _COUNTED)
    precision, recall = _rate(found, wrong), _rate(found, missed)
    scans, parses = _spread(run.scans), _spread(run.parses)
    planted_kinds = [identifier for identifier in DETECTORS if run.scores[identifier].planted]
    ok = (precision or 0) >= PRECISION and (recall or 0) >= RECALL
    return {
        "bench": "findings",
        "ok": ok and scans["p99"] < SCAN_P99_MS and parses["p50"] < PARSE_MS,
        "files": files,
        "seed": seed,
        "precision": precision,
        "recall": recall,
        "aims": {"precision": PRECISION, "recall": RECALL, "scan_p99_ms": SCAN_P99_MS, "parse_p50_ms": PARSE_MS},
        "planted": found + missed,
        "of_them_implied": run.implied,
        "missed": missed,
        "wrong": wrong,
        "detectors_tried": len(planted_kinds),
        "detectors_without_a_plant": " ".join(sorted(set(DETECTORS) - set(planted_kinds))),
        "scan_ms": scans,
        "scan_ms_of_processor": _spread(run.scan_work),
        "parse_60_tradelines_48_months_ms": parses,
        "parse_60_tradelines_48_months_ms_of_processor": _spread(run.parse_work),
        "examples": "; ".join(run.examples),
        "detectors": {identifier: run.scores[identifier].figures() for identifier in sorted(run.scores)},
        "versions": {"python": platform.python_version()},
        "cores": os.cpu_count(),
    }


_COUNTED: Final = ("found", "missed", "wrong")


def _rate(right: int, not_right: int) -> float | None:
    return round(right / (right + not_right), 5) if right + not_right else None


def _spread(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    points = {"p50": statistics.median(ordered), "p99": ordered[int(len(ordered) * 0.99)], "max": ordered[-1]}
    return {name: round(value * 1000, 2) for name, value in points.items()}


def table(figures: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """One line for each detector, for people."""
    yield ("detector", *Score().figures())
    for identifier, counts in figures["detectors"].items():
        yield (f"{identifier} {DETECTORS[identifier].name}", *("-" if n is None else str(n) for n in counts.values()))
