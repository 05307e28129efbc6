"""Summaries of a payment history that the history itself does not bear out.

Both need a whole grid: months the grid does not show may be what the summary counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from domain.credit_reports import BureauTradeline, PaymentLevel
from domain.findings.grids import consecutive, rated, severity
from domain.findings.model import DisputeReason, LetterType, Observation
from domain.findings.quoting import label, named, quote, shown
from domain.findings.registry import Scan, detector
from domain.partial_dates import PartialDate
from domain.reconciliation import AskedField

_LEVELS: Final = {
    "late_30": PaymentLevel.LATE_30,
    "late_60": PaymentLevel.LATE_60,
    "late_90": PaymentLevel.LATE_90,
}


def is_whole(row: BureauTradeline) -> bool:
    """Whether the grid rates every month there is, up to the month the account was reported in.

    Months follow each other without a gap and are as many as the months reviewed, or go back to the opening.
    """
    cells = row.history
    reported, opened = _month_of(row.reported), _month_of(row.opened)
    if not cells or reported is None or reported - _index(cells[0].month) > 1:
        return False
    gapless = all(consecutive(older, newer) for newer, older in pairwise(cells))
    if not gapless or len(rated(row)) < len(cells):
        return False
    if row.months_reviewed and row.months_reviewed <= len(cells):
        return row.months_reviewed == len(cells)
    return opened is not None and _index(cells[-1].month) - opened <= 1


def _month_of(day: PartialDate | None) -> int | None:
    return _index(day.month_key) if day is not None and day.month_key is not None else None


def _index(month: str) -> int:
    year, number = month.split("-")
    return int(year) * 12 + int(number)


def _span(row: BureauTradeline) -> str:
    """The months of a grid, in a sentence."""
    return f"a rating for each of {len(row.history)} months, {row.history[-1].month} to {row.history[0].month},"


@detector(
    "D16",
    version=1,
    name="late_count_vs_grid",
    reason=DisputeReason.PAYMENT_HISTORY,
    letter=LetterType.LATE_PAYMENT_CORRECTION,
    legal_strength=3,
    score_harm=3,
)
def late_count_vs_grid(scan: Scan) -> Iterator[Observation]:
    """A whole grid shows another number of late months than the counters of late payments.

    Sources differ in whether 90 days means more than 90 days too, and in whether a status newer than the grid is
    counted: either is accepted.
    """
    for row in scan.rows():
        if not row.history or row.late_30 is row.late_60 is row.late_90 is None:
            continue
        levels = [cell.level for cell in row.history]
        counts = {level: levels.count(level) for level in _LEVELS.values()}
        fields = _miscounted(row, counts)
        if not fields or not is_whole(row):
            continue
        grid = [f"{_months(counts[_LEVELS[field]])} {_LEVELS[field].words}" for field in fields]
        if "late_90" in fields:
            grid.append(f"{_months(_worse_than_90(row))} worse than that")
        stated = ", ".join(f'{getattr(row, field)} under "{label(field)}"' for field in fields)
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=quote(row, *fields),
            confidence=85,
            assertable=(
                f"{row.bureau.display_name} reports {named(row)} with {stated}; its payment history has {_span(row)} "
                f"and shows {', '.join(grid)}, so at least one of the two may be wrong."
            ),
            asks=tuple(AskedField(field=field, unstated=True) for field in fields),
        )


def _months(count: int) -> str:
    return "1 month" if count == 1 else f"{count} months"


def _worse_than_90(row: BureauTradeline) -> int:
    return sum(1 for cell in row.history if severity(cell.level) > severity(PaymentLevel.LATE_90))


def _miscounted(row: BureauTradeline, counts: Mapping[PaymentLevel, int]) -> tuple[str, ...]:
    wrong = []
    for field, level in _LEVELS.items():
        told = getattr(row, field)
        least = most = counts[level]
        if told is None or told == least:
            continue
        pending = row.pay_status is level
        if level is PaymentLevel.LATE_90:
            most += _worse_than_90(row)
            pending = severity(row.pay_status or PaymentLevel.CURRENT) >= severity(level)
        if pending and row.reported and row.history[0].month != row.reported.month_key:
            most += 1
        if not least <= told <= most:
            wrong.append(field)
    return tuple(wrong)


@detector(
    "D47",
    version=1,
    name="worst_status_unsupported",
    reason=DisputeReason.PAYMENT_HISTORY,
    letter=LetterType.LATE_PAYMENT_CORRECTION,
    legal_strength=3,
    score_harm=3,
)
def worst_status_unsupported(scan: Scan) -> Iterator[Observation]:
    """The worst status shown is worse than the status now and every month of a whole grid."""
    for row in scan.rows():
        if row.worst_pay_status is None or row.pay_status is None or not row.history:
            continue
        worst = max({cell.level for cell in row.history}, key=severity)
        if severity(row.worst_pay_status) <= max(severity(worst), severity(row.pay_status)) or not is_whole(row):
            continue
        if severity(row.worst_pay_status) >= severity(PaymentLevel.DEROGATORY) and _was_charged_off(row):
            continue
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=quote(row, "worst_pay_status", "pay_status"),
            confidence=85,
            assertable=(
                f"{row.bureau.display_name} reports {named(row)} with the worst payment status "
                f"{shown(row, 'worst_pay_status')} and the payment status {shown(row, 'pay_status')}; its payment "
                f"history has {_span(row)} and shows nothing worse than {worst.words}."
            ),
            asks=(AskedField(field="worst_pay_status", unstated=True),),
        )


def _was_charged_off(row: BureauTradeline) -> bool:
    return row.is_collection or row.charged_off_on is not None or bool(row.charge_off_amount)
