"""Payment grids that differ between bureaus, stand still, or come back from a charge-off."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Final

from domain.credit_reports import BureauTradeline, PaymentLevel, PaymentMonth, Tradeline
from domain.findings.history import jumps
from domain.findings.mismatches import statuses_conflict
from domain.findings.model import DisputeReason, LetterType, Observation
from domain.findings.quoting import named, quote, some
from domain.findings.registry import Scan, detector
from domain.reconciliation import AskedField

_DEROGATORY: Final = 7
_FROZEN_MONTHS: Final = 4
_HOW_BAD: Final = {level: min(level.severity or 0, _DEROGATORY) for level in PaymentLevel}
_STEPS: Final = frozenset(PaymentLevel(f"late_{days}") for days in (30, 60, 90, 120, 150))
_REOPENED: Final = re.compile(r"\b(re-?open|re-?instat|rehabilitat|re-?affirm|re-?deem|re-?ag)", re.I)

Grid = Mapping[str, PaymentMonth]


def rated(row: BureauTradeline) -> list[PaymentMonth]:
    """The months of a grid that have a rating, newest first."""
    return [cell for cell in row.history if cell.level.severity is not None]


def severity(level: PaymentLevel) -> int:
    """How bad a rating is; sources mix up the words for derogatory, collection and charge-off, which count as one."""
    return _HOW_BAD[level]


def consecutive(older: PaymentMonth, newer: PaymentMonth) -> bool:
    """Whether one month follows the other."""
    (year, month), (later_year, later_month) = (map(int, cell.month.split("-")) for cell in (older, newer))
    return (later_year - year) * 12 + later_month - month == 1


@detector(
    "D14",
    version=1,
    name="history_mismatch",
    reason=DisputeReason.PAYMENT_HISTORY,
    letter=LetterType.LATE_PAYMENT_CORRECTION,
    legal_strength=3,
    score_harm=4,
)
def history_mismatch(scan: Scan) -> Iterator[Observation]:
    """Bureaus rate the same month of one account differently.

    A month that a grid already contradicts by itself is left to D17, and the newest month of accounts whose status
    conflicts to D13, so that one error is one finding.
    """
    for tradeline in scan.report.tradelines:
        months = sorted(_differing(tradeline))
        if months:
            rows = [row for row in tradeline.reporting if any(cell.month in months for cell in rated(row))]
            yield _history_mismatch(tradeline, months, rows)


def _differing(tradeline: Tradeline) -> set[str]:
    found: set[str] = set()
    for one, other in combinations([row for row in tradeline.reporting if row.history], 2):
        if one.bureau is other.bureau or one.history == other.history:
            continue
        left, right = _undoubted(one), _undoubted(other)
        months = {
            month for month in left.keys() & right.keys() if severity(left[month].level) != severity(right[month].level)
        }
        if months and statuses_conflict(one, other):
            newest = min(one.history[0].month, other.history[0].month)
            months = {month for month in months if month < newest}
        found |= months
    return found


def _undoubted(row: BureauTradeline) -> Grid:
    doubted = {cell.month for jump in jumps(row) for cell in jump}
    return {cell.month: cell for cell in rated(row) if cell.month not in doubted}


def _history_mismatch(tradeline: Tradeline, months: Sequence[str], rows: Sequence[BureauTradeline]) -> Observation:
    grids = {row.ref: {cell.month: cell for cell in rated(row)} for row in rows}
    stated, lenient = [], False
    for month in months:
        shown = [(row, grids[row.ref][month].level) for row in rows if month in grids[row.ref]]
        stated.append(f"{month}: " + ", ".join(f"{level.words} ({row.bureau.display_name})" for row, level in shown))
        lenient = lenient or any(level is PaymentLevel.CURRENT for _, level in shown)
    return Observation(
        bureaus=tuple(sorted({row.bureau for row in rows})),
        group=tradeline.group,
        values=tuple(
            value
            for row in rows
            for value in quote(row, *(f"history.{month}" for month in months if month in grids[row.ref]))
        ),
        confidence=85 if lenient else 70,
        assertable=(
            f"The bureaus report the payment history of {named(rows[0])} differently ({some(stated, '; ')}), so at "
            "least one report may be inaccurate."
        ),
        asks=tuple(AskedField(field=f"history.{month}", unstated=True) for month in months),
    )


@detector("D18", version=1, name="frozen_delinquency", reason=None, letter=None)
def frozen_delinquency(scan: Scan) -> Iterator[Observation]:
    """One level of lateness for four months or more: possible with part payments, but worth asking about.

    180 days is the last step of a grid and stands still by nature. Terms that changed since the pull before explain
    a standstill.
    """
    for row in scan.late_rows:
        runs = _standstills(row) if _most_of_one_step(row) >= _FROZEN_MONTHS else []
        if not runs or _terms_changed(row, scan.earlier.get(row.ref)):
            continue
        stated = [f"{run[0].level.words} in every month from {run[0].month} to {run[-1].month}" for run in runs]
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=quote(row, *(f"history.{cell.month}" for run in runs for cell in run)),
            confidence=80,
            assertable=(f"{row.bureau.display_name}'s payment history of {named(row)} shows {some(stated, '; ')}."),
            needs_consumer_confirm=True,
        )


def _most_of_one_step(row: BureauTradeline) -> int:
    levels = [cell.level for cell in row.history]
    return max(levels.count(step) for step in _STEPS)


def _standstills(row: BureauTradeline) -> list[list[PaymentMonth]]:
    runs: list[list[PaymentMonth]] = []
    for older, newer in pairwise([None, *reversed(row.history)]):
        if newer is None:
            continue
        if older is not None and older.level is newer.level and consecutive(older, newer):
            runs[-1].append(newer)
        else:
            runs.append([newer])
    return [run for run in runs if len(run) >= _FROZEN_MONTHS and run[0].level in _STEPS]


def _terms_changed(row: BureauTradeline, before: BureauTradeline | None) -> bool:
    if before is None:
        return False
    pairs = ((row.monthly_payment, before.monthly_payment), (row.term_months, before.term_months))
    return any(now is not None and then is not None and now != then for now, then in pairs)


@detector(
    "D29",
    version=1,
    name="chargeoff_repeated_co_with_current",
    reason=DisputeReason.PAYMENT_HISTORY,
    letter=LetterType.LATE_PAYMENT_CORRECTION,
    legal_strength=3,
    score_harm=4,
)
def chargeoff_repeated_with_current(scan: Scan) -> Iterator[Observation]:
    """A month is current after a month of collection or charge-off, and nothing says that the account was reopened.

    Where the charge-off does not come back afterwards the consumer may know of a settlement that the report leaves out.
    """
    for row in scan.late_rows:
        if PaymentLevel.CHARGE_OFF not in [cell.level for cell in row.history]:
            continue
        grid = [cell for cell in reversed(row.history) if cell.level in (PaymentLevel.CHARGE_OFF, PaymentLevel.CURRENT)]
        turns = [pair for pair in pairwise(grid) if pair[0].level is not pair[1].level]
        back = [pair for pair in turns if pair[0].level is PaymentLevel.CHARGE_OFF]
        if not back or any(_REOPENED.search(remark) for remark in row.remarks):
            continue
        repeated = any(new.level is PaymentLevel.CHARGE_OFF and new.month > back[0][1].month for _, new in turns)
        wanted = turns[turns.index(back[0]) :]
        cells = {cell.month: cell for pair in wanted for cell in pair}
        steps = [f"{cell.month} {cell.level.words}" for cell in cells.values()]
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=quote(row, *(f"history.{month}" for month in cells)),
            confidence=85 if repeated else 72,
            assertable=(
                f"{row.bureau.display_name}'s payment history of {named(row)} shows a current month after a "
                f"collection or charge-off ({some(steps, '; ')}), so at least one of these months may be wrong."
            ),
            asks=tuple(
                AskedField(field=f"history.{cell.month}", unstated=True)
                for cell in cells.values()
                if cell.level is PaymentLevel.CHARGE_OFF
            ),
            needs_consumer_confirm=not repeated,
        )
