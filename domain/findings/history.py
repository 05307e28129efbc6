"""Payment grids that contradict the account's own status, or themselves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from domain.credit_reports import BureauTradeline, PaymentMonth
from domain.findings.model import DisputeReason, LetterType, Observation
from domain.findings.quoting import named, quote, shown, some
from domain.findings.registry import Scan, detector
from domain.reconciliation import AskedField


@detector(
    "D15",
    version=1,
    name="late_after_closed_or_paid",
    reason=DisputeReason.PAYMENT_HISTORY,
    letter=LetterType.LATE_PAYMENT_CORRECTION,
    legal_strength=4,
    score_harm=4,
)
def late_after_closed_or_paid(scan: Scan) -> Iterator[Observation]:
    """Late marks in months after the account was closed with nothing owed; a charge-off stays one after closing."""
    for row in scan.late_rows:
        closed = row.closed.month_key if row.closed else None
        if closed is None or row.balance != 0 or row.is_charged_off:
            continue
        late = [cell for cell in row.history if cell.month > closed and cell.level.is_late]
        if late:
            months = some([f"{cell.month} ({cell.level.words})" for cell in late])
            yield Observation(
                bureaus=(row.bureau,),
                group=row.group,
                values=quote(row, "closed", "balance", *(f"history.{cell.month}" for cell in late)),
                confidence=92,
                assertable=(
                    f"{row.bureau.display_name} shows {named(row)} as closed on {shown(row, 'closed')} with a balance "
                    f"of {shown(row, 'balance')}, and also late payments after that: {months}."
                ),
                asks=tuple(AskedField(field=f"history.{cell.month}", unstated=True) for cell in late),
            )


@detector(
    "D17",
    version=1,
    name="impossible_progression",
    reason=DisputeReason.PAYMENT_HISTORY,
    letter=LetterType.LATE_PAYMENT_CORRECTION,
    legal_strength=4,
    score_harm=4,
)
def impossible_progression(scan: Scan) -> Iterator[Observation]:
    """The grid jumps by more than one level of lateness from one month to the next."""
    for row in scan.late_rows:
        leaps = jumps(row)
        if not leaps:
            continue
        steps = [f"{old.month} {old.level.words}, {new.month} {new.level.words}" for old, new in leaps]
        fields = tuple(dict.fromkeys(f"history.{cell.month}" for leap in leaps for cell in leap))
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=quote(row, *fields),
            confidence=90,
            assertable=(
                f"{row.bureau.display_name}'s payment history of {named(row)} skips a step of lateness "
                f"from one month to the next ({some(steps, '; ')}), so at least one of these months may be wrong."
            ),
            asks=tuple(AskedField(field=field, unstated=True) for field in fields),
        )


def jumps(row: BureauTradeline) -> list[tuple[PaymentMonth, PaymentMonth]]:
    """Months of a grid that follow each other and skip a step of lateness, the older one first."""
    return [(old, new) for new, old in pairwise(row.history) if _leaps(old, new) and _follows(old.month, new.month)]


def _leaps(old: PaymentMonth, new: PaymentMonth) -> bool:
    """Whether lateness grew by more than one step of 30 days; charge-offs and months without data never leap."""
    if old.level is new.level:
        return False
    before, after = old.level.severity, new.level.severity
    return before is not None and after is not None and after <= 6 and after - before > 1


def _follows(old: str, new: str) -> bool:
    year, month = (int(part) for part in old.split("-"))
    return new == (f"{year + 1:04d}-01" if month == 12 else f"{year:04d}-{month + 1:02d}")
