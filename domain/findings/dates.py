"""Dates that cannot be: after the report itself, or in an order no account can have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from domain.credit_reports import AccountType, BureauTradeline
from domain.creditor_names import buys_debts
from domain.findings.model import DisputeReason, LetterType, Observation
from domain.findings.quoting import label, named, quote, shown, some
from domain.findings.registry import Scan, detector
from domain.reconciliation import AskedField

_DATES: Final = ("opened", "closed", "reported", "status_date", "last_payment")
_AFTER_OPENING: Final = ("closed", "last_payment")


@detector(
    "D30",
    version=2,
    name="future_or_impossible_date",
    reason=DisputeReason.DATES_OPENED,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=4,
    score_harm=3,
)
def future_or_impossible_date(scan: Scan) -> Iterator[Observation]:
    """A date after the report was pulled, an event before the account was opened, a late month before it.

    Who collects or has bought a debt opens an account of their own, long after the consumer was late or paid last.
    """
    late = {row.ref for row in scan.late_rows}
    for row in scan.rows():
        took_over = row.account_type is AccountType.COLLECTION or buys_debts(row.creditor_name)
        problems = _problems(row, _own_day(scan, row), ("closed",) if took_over else _AFTER_OPENING)
        if row.ref in late and not took_over:
            problems += _late_before_opening(row)
        if not problems:
            continue
        fields = tuple(dict.fromkeys(field for _, involved in problems for field in involved))
        dated = tuple(field for field in fields if not field.startswith("history."))
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=quote(row, *fields),
            confidence=95,
            assertable=(
                f"{row.bureau.display_name}'s report of {named(row)} holds dates that cannot be right: "
                f"{'; '.join(sentence for sentence, _ in problems)}."
            ),
            asks=tuple(AskedField(field=field, unstated=True) for field in dated),
        )


_Problem = tuple[str, tuple[str, ...]]


def _own_day(scan: Scan, row: BureauTradeline) -> date:
    """The day the row was pulled, which in a joined report may be later than the report's own."""
    return max(scan.report.pulled_on, scan.report.section(row.bureau).pulled_on or scan.report.pulled_on)


def _problems(row: BureauTradeline, pulled_on: date, after_opening: tuple[str, ...]) -> list[_Problem]:
    problems: list[_Problem] = []
    for field in _DATES:
        day = getattr(row, field)
        if day is not None and day.earliest > pulled_on:
            said = f"{label(field)} {day} is after the report's own date {pulled_on.isoformat()}"
            problems.append((said, (field,)))
    if row.opened is None:
        return problems
    for field in after_opening:
        day = getattr(row, field)
        if day is not None and day.latest < row.opened.earliest:
            problems.append((f"{label(field)} {day} is before date opened {row.opened}", (field, "opened")))
    return problems


def _late_before_opening(row: BureauTradeline) -> list[_Problem]:
    if row.opened is None:
        return []
    opened = row.opened.month_key or f"{row.opened.year:04d}-00"
    early = [cell for cell in row.history if cell.level.is_late and cell.month < opened]
    if not early:
        return []
    months = some([cell.month for cell in early])
    involved = ("opened", *(f"history.{cell.month}" for cell in early))
    return [(f"late payments in {months} are before date opened {shown(row, 'opened')}", involved)]
