"""Items older than the law lets a bureau report them (15 U.S.C. 1681c(a), (c); rules R18 and R19)."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from domain.credit_reports import BureauTradeline, PaymentLevel, PaymentMonth
from domain.findings.model import DisputeReason, LetterType, Observation
from domain.findings.quoting import named, quote, shown, some
from domain.findings.registry import Scan, detector
from domain.reconciliation import AskedField

_YEARS: Final = 7
_GRACE_DAYS: Final = 180
_CHARGED_OFF: Final = 4
"""Months an account is behind at least when it is charged off: 120 days, of a loan repaid in instalments."""


class Delinquency(NamedTuple):
    """The latest day on which the delinquency behind a row can have begun, and what that rests on.

    `field` is the row's field the bound was read from; `earliest` the first day on which it can have begun, None
    when it began some time before the bound.
    """

    latest: date
    field: str
    earliest: date | None

    @property
    def exact(self) -> bool:
        """Whether the field gives the beginning itself, not only a bound."""
        return self.earliest is not None


def delinquency(row: BureauTradeline) -> Delinquency | None:
    """The date of first delinquency where the source prints it, else what can be inferred of it."""
    if (printed := row.first_delinquency) is not None:
        return Delinquency(printed.latest, "first_delinquency", printed.earliest)
    return inferred_delinquency(row)


def inferred_delinquency(row: BureauTradeline) -> Delinquency | None:
    """Infer the date of first delinquency of a charge-off or collection, always on the late side.

    Walks back from the month of the status through the unbroken run of non-current months; where the grid
    begins inside that run the delinquency is at least as old as the grid. Months without data end the run
    where the account may have been brought current in them: what was late before is then another delinquency.
    A collector's account is opened after the delinquency, so without a grid its opening date is a bound; but
    some debt buyers show the original account's opening instead, so that bound needs the consumer's word.
    """
    newest = row.status_date or row.reported
    month, severity = newest.month_key if newest else None, _CHARGED_OFF
    first: str | None = None
    exact = False
    for cell in row.history:
        if cell.level is PaymentLevel.CURRENT:
            exact = first is not None
            break
        if cell.level.is_late:
            if month is not None and not _unbroken(cell, month, severity):
                break
            first = month = cell.month
            severity = min(cell.level.severity or 0, _CHARGED_OFF)
    if first is not None:
        month_end = _end_of(first)
        return Delinquency(month_end, f"history.{first}", month_end.replace(day=1) if exact else None)
    if row.is_collection and row.opened is not None:
        return Delinquency(row.opened.latest, "opened", None)
    return None


def _unbroken(older: PaymentMonth, newer: str, severity: int) -> bool:
    """Whether a late month and a later one of `severity` belong to one delinquency for certain.

    A charge-off is not undone. Else too few months may lie between for the account to have been current in
    one of them and to have become as late again as the later month shows it.
    """
    return older.level is PaymentLevel.CHARGE_OFF or _months_between(older.month, newer) < severity


def _months_between(older: str, newer: str) -> int:
    (year, month), (later_year, later_month) = (map(int, text.split("-")) for text in (older, newer))
    return (later_year - year) * 12 + later_month - month - 1


def _end_of(month: str) -> date:
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, calendar.monthrange(year, number)[1])


def years_after(day: date, years: int) -> date:
    """The same day `years` later; 29 February becomes 1 March in a common year."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


@detector(
    "D01",
    version=3,
    name="obsolete_chargeoff",
    reason=DisputeReason.OBSOLETE,
    letter=LetterType.OBSOLETE_ITEM,
    legal_strength=5,
    score_harm=5,
)
def obsolete_chargeoff(scan: Scan) -> Iterator[Observation]:
    """A charge-off or collection whose seven years, counted from 180 days after first delinquency, are over."""
    for row in scan.rows():
        if not row.is_charged_off:
            continue
        began = delinquency(row)
        if began is None:
            continue
        last_day = years_after(began.latest + timedelta(days=_GRACE_DAYS), _YEARS)
        if scan.shown_on(row.bureau) <= last_day:
            continue
        confidence, assertable = _grounds(row, began, last_day)
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=quote(row, began.field, "pay_status"),
            confidence=confidence,
            assertable=assertable,
            needs_consumer_confirm=began.field == "opened",
        )


def _grounds(row: BureauTradeline, began: Delinquency, last_day: date) -> tuple[int, str]:
    if began.field == "first_delinquency":
        return 97, _by_print(row, last_day)
    if began.field == "opened":
        return 75, _by_placement(row, last_day)
    return 92 if began.exact else 85, _by_grid(row, began, last_day)


def _by_print(row: BureauTradeline, last_day: date) -> str:
    return (
        f"{row.bureau.display_name} reports {named(row)} with a date of first delinquency of "
        f"{shown(row, 'first_delinquency')}; 180 days and seven years from then ended no later than "
        f"{last_day.isoformat()}, and the item is still reported."
    )


def _by_grid(row: BureauTradeline, began: Delinquency, last_day: date) -> str:
    month = began.field.removeprefix("history.")
    return (
        f"{row.bureau.display_name}'s payment history of {named(row)} shows late months and no current one since "
        f"{month}; 180 days and seven years from then ended no later than {last_day.isoformat()}, "
        "and the item is still reported."
    )


def _by_placement(row: BureauTradeline, last_day: date) -> str:
    return (
        f"{row.bureau.display_name} reports {named(row)} as a collection opened on {shown(row, 'opened')}; if the "
        "delinquency began before that date, 180 days and seven years from it ended no later than "
        f"{last_day.isoformat()}, and the item is still reported."
    )


@detector(
    "D02",
    version=2,
    name="obsolete_late",
    reason=DisputeReason.OBSOLETE,
    letter=LetterType.OBSOLETE_ITEM,
    legal_strength=5,
    score_harm=3,
)
def obsolete_late(scan: Scan) -> Iterator[Observation]:
    """A late month more than seven years old is still shown on an account that is not a charge-off."""
    for row in scan.late_rows:
        if row.is_charged_off:
            continue
        shown_on = scan.shown_on(row.bureau)
        old = [
            cell for cell in row.history if cell.level.is_late and shown_on > years_after(_end_of(cell.month), _YEARS)
        ]
        if old:
            months = some([f"{cell.month} ({cell.level.words})" for cell in old])
            yield Observation(
                bureaus=(row.bureau,),
                group=row.group,
                values=quote(row, *(f"history.{cell.month}" for cell in old)),
                confidence=97,
                assertable=(
                    f"{row.bureau.display_name}'s report of {named(row)} still shows late payments "
                    f"more than seven years old: {months}."
                ),
                asks=tuple(AskedField(field=f"history.{cell.month}", expected=None) for cell in old),
            )
