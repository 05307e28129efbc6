"""Dates that cannot be: after the report itself, or in an order no account can have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from domain.credit_reports import BureauTradeline, CanonicalReport
from domain.findings.model import DisputeReason, LetterType, Observation
from domain.findings.quoting import label, named, quote, shown, some
from domain.findings.registry import Scan, detector
from domain.reconciliation import AskedField

_DATES: Final = ("opened", "closed", "reported", "status_date", "last_payment")
_AFTER_OPENING: Final = ("closed", "last_payment")


@detector(
    "D30",
    version=1,
    name="future_or_impossible_date",
    reason=DisputeReason.DATES_OPENED,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=4,
    score_harm=3,
)
def future_or_impossible_date(scan: Scan) -> Iterator[Observation]:
    """A date after the report was pulled, an event before the account was opened, a late month before it."""
    for row in scan.report.rows():
        problems = _problems(row, scan.report)
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


def _problems(row: BureauTradeline, report: CanonicalReport) -> list[tuple[str, tuple[str, ...]]]:
    problems: list[tuple[str, tuple[str, ...]]] = []
    for field in _DATES:
        day = getattr(row, field)
        if day is not None and day.earliest > report.pulled_on:
            said = f"{label(field)} {day} is after the report's own date {report.pulled_on.isoformat()}"
            problems.append((said, (field,)))
    if row.opened is None:
        return problems
    for field in _AFTER_OPENING:
        day = getattr(row, field)
        if day is not None and day.latest < row.opened.earliest:
            problems.append((f"{label(field)} {day} is before date opened {row.opened}", (field, "opened")))
    opened = row.opened.month_key or f"{row.opened.year:04d}-00"
    early = [cell for cell in row.history if cell.level.is_late and cell.month < opened]
    if early:
        months = some([cell.month for cell in early])
        involved = ("opened", *(f"history.{cell.month}" for cell in early))
        problems.append((f"late payments in {months} are before date opened {shown(row, 'opened')}", involved))
    return problems
