"""Mutated reports of every format: each is read or refused with its place, and no row changes its bureau.

Payload number `n` of a seed is always the same bytes, so an example that the figures name can be made again with
`payload(seed, n)`. Each account and inquiry carries a mark of ten letters in its company's name, and the mark is known
to belong to one bureau. A row that comes out under another bureau is wrong unless the mutated payload itself names that
bureau within that row, which a second and simpler reading of the payload decides (`names_bureau`).
"""

from __future__ import annotations

import os
import platform
import random
import string
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from multiprocessing import get_context
from typing import Any, Final

from domain.bureaus import Bureau
from domain.credit_reports import CanonicalReport, ReportFormat
from infrastructure.reports import UnreadableReport, parse
from infrastructure.sandbox.report_generator import base_scores, invent, write
from tests.benchmarks import mutations
from tests.benchmarks.markers import names_bureau

AS_OF: Final = date(2026, 1, 5)
SOURCES: Final = 12
"""Reports of each format that payloads are made from. The first is whole; the others are cut down, for speed."""
ACCOUNTS: Final = 2
MONTHS: Final = 4
CHUNK: Final = 250
SHOWN: Final = 5


@dataclass(frozen=True)
class Source:
    """An unharmed report, and which bureau each of its marks belongs to."""

    raw: bytes
    marks: dict[str, Bureau]


@dataclass
class Tally:
    """What became of a run of payloads."""

    ends: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    slowest: float = 0.0
    rows: int = 0
    renamed: int = 0

    def add(self, other: Tally) -> None:
        """Count another run in."""
        self.ends.update(other.ends)
        self.formats.update(other.formats)
        self.examples = (self.examples + other.examples)[:SHOWN]
        self.slowest = max(self.slowest, other.slowest)
        self.rows += other.rows
        self.renamed += other.renamed


def main(payloads: int = 200_000, seed: int = 0, processes: int | None = None) -> dict[str, Any]:
    """Mutate and read `payloads` payloads. A crash is any exception but UnreadableReport."""
    runs = [(seed, first, min(first + CHUNK, payloads)) for first in range(0, payloads, CHUNK)]
    total, began = Tally(), time.perf_counter()
    for tally in _all(runs, processes or os.cpu_count() or 1):
        total.add(tally)
    seconds = time.perf_counter() - began
    return {
        "bench": "fuzz",
        "ok": total.ends["crashed"] == total.ends["wrong_bureau"] == 0 and sum(total.ends.values()) == payloads,
        "payloads": payloads,
        "seed": seed,
        "crashes": total.ends["crashed"],
        "wrong_bureau": total.ends["wrong_bureau"],
        "read": total.ends["read"],
        "refused": total.ends["refused"],
        "rows_attributed": total.rows,
        "rows_renamed_by_their_payload": total.renamed,
        "formats": dict(sorted(total.formats.items())),
        "payloads_per_second": round(payloads / seconds, 1),
        "slowest_ms": round(total.slowest * 1000, 1),
        "examples": "; ".join(total.examples),
        "cores": os.cpu_count(),
        "versions": {"python": platform.python_version()},
    }


def _all(runs: list[tuple[int, int, int]], processes: int) -> Iterator[Tally]:
    if processes == 1 or len(runs) == 1:
        yield from map(_run, runs)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_run, runs)


def _run(run: tuple[int, int, int]) -> Tally:
    seed, first, last = run
    tally = Tally()
    for number in range(first, last):
        encoding, source, raw = payload(seed, number)
        tally.formats[encoding.value] += 1
        began = time.perf_counter()
        end, said = read(raw, source, tally)
        tally.slowest = max(tally.slowest, time.perf_counter() - began)
        tally.ends[end] += 1
        if said and len(tally.examples) < SHOWN:
            tally.examples.append(f"payload {number}: {said}")
    return tally


def read(raw: bytes, source: Source, tally: Tally) -> tuple[str, str | None]:
    """How reading one payload ended: read, refused, crashed or wrong_bureau; and what a developer needs to know."""
    try:
        report = parse(raw, pulled_on=AS_OF)
    except UnreadableReport:
        return "refused", None
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return "crashed", f"{type(error).__name__} in {_place(error)}"
    for mark, bureau in attributed(report):
        told = source.marks.get(mark)
        if told is None:
            continue
        tally.rows += 1
        if told is bureau:
            continue
        if not names_bureau(raw, mark, bureau, source.marks.keys()):
            return "wrong_bureau", f"a row of {told.display_name} came out as {bureau.display_name}'s"
        tally.renamed += 1
    return "read", None


def attributed(report: CanonicalReport) -> Iterator[tuple[str, Bureau]]:
    """Every company of a row with the bureau the row was attributed to."""
    for tradeline in report.tradelines:
        for row in tradeline.bureau_tradelines:
            yield row.creditor_name or "", row.bureau
    for inquiry in report.inquiries:
        yield inquiry.subscriber_name or "", inquiry.bureau


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "nowhere"


def payload(seed: int, number: int) -> tuple[ReportFormat, Source, bytes]:
    """The payload of this number: its format, the report it was made from, and the mutated bytes."""
    rng = random.Random(f"fuzz/{seed}/{number}")
    encoding = list(ReportFormat)[number % len(ReportFormat)]
    source = source_of(encoding, seed, rng.randrange(SOURCES))
    raw = source.raw
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        raw = mutations.mutate(rng, raw)
    return encoding, source, raw


@lru_cache(maxsize=64)
def source_of(encoding: ReportFormat, seed: int, number: int) -> Source:
    """One of the unharmed reports of a format, with its marks."""
    rng = random.Random(f"source/{encoding.value}/{seed}/{number}")
    draft, planted = invent(rng.getrandbits(40), AS_OF, {}, rng.randint(5, 8))
    marks: dict[str, Bureau] = {}
    if number:
        del draft.accounts[ACCOUNTS:], draft.looks[ACCOUNTS:]
    for account in draft.accounts:
        for bureau, column in account.columns.items():
            column.creditor = _mark(rng, bureau, marks)
            column.history = column.history[:MONTHS] if number else column.history
    draft.looks = [replace(look, name=_mark(rng, look.bureau, marks)) for look in draft.looks]
    raw = write(draft, planted, AS_OF, encoding, base_scores(draft, tuple(Bureau))).raw
    return Source(raw, marks)


def _mark(rng: random.Random, bureau: Bureau, marks: dict[str, Bureau]) -> str:
    mark = "".join(rng.choices(string.ascii_uppercase, k=10))
    marks[mark] = bureau
    return mark
