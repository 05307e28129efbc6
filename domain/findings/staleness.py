"""Open accounts that nobody has reported for months: what they show may long be over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from domain.credit_reports import BureauTradeline, Condition, OpenClosed
from domain.findings.model import DisputeReason, LetterType, Observation
from domain.findings.quoting import named, quote
from domain.findings.registry import Scan, detector
from domain.reconciliation import AskedField

_INFORM_DAYS: Final = 90
_DISPUTE_DAYS: Final = 180
_OVER: Final = frozenset({Condition.CLOSED, Condition.PAID, Condition.TRANSFERRED, Condition.REFINANCED})


def _is_open(row: BureauTradeline) -> bool:
    return row.open_closed is OpenClosed.OPEN and row.closed is None and row.condition not in _OVER


@detector(
    "D31",
    version=1,
    name="stale_reporting",
    reason=DisputeReason.ACCOUNT_STATUS,
    letter=LetterType.STATUS_BALANCE_CORRECTION,
    legal_strength=2,
    score_harm=2,
)
def stale_reporting(scan: Scan) -> Iterator[Observation]:
    """An open account was last reported more than 180 days before the bureau's report; more than 90 only informs."""
    for row in scan.rows():
        if row.reported is None or not _is_open(row):
            continue
        shown_on = scan.shown_on(row.bureau)
        days = (shown_on - row.reported.latest).days
        if days <= _INFORM_DAYS:
            continue
        stale = days > _DISPUTE_DAYS
        fields = tuple(field for field in ("balance", "pay_status", "past_due") if getattr(row, field) is not None)
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=quote(row, "open_closed", "reported", *fields),
            confidence=85,
            assertable=(
                f"{row.bureau.display_name} shows {named(row)} as open and last reported on {row.reported}, more than "
                f"{_DISPUTE_DAYS if stale else _INFORM_DAYS} days before {shown_on.isoformat()}."
            ),
            asks=tuple(AskedField(field=field, unstated=True) for field in ("open_closed", *fields)),
            informational=not stale,
        )
