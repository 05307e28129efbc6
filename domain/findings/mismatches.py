"""Bureaus that contradict each other about one account.

A mismatch shows only that at least one of the reports may be wrong, so each sentence states every value and
asks for nothing but an investigation. Values that change monthly are compared only between reports of
the same window, at most 35 days apart; since both may have been right on their day, the sentence then gives
the days and does not say that they cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Final

from domain.credit_reports import BureauTradeline, Designator, PaymentLevel, Tradeline
from domain.findings.model import DisputeReason, LetterType, Observation
from domain.findings.quoting import label, named, per_bureau, quote
from domain.findings.registry import Scan, detector
from domain.money import differ
from domain.reconciliation import AskedField

_WINDOW_DAYS: Final = 35
_OPENED_DAYS: Final = 31
_BALANCE_CENTS: Final = 50_00
_BALANCE_PERCENT: Final = 5

Pair = tuple[BureauTradeline, BureauTradeline]


def same_window(one: BureauTradeline, other: BureauTradeline) -> bool:
    """Whether two bureaus' rows were furnished close enough in time to be compared."""
    if one.reported is None or other.reported is None:
        return False
    return one.reported.days_apart(other.reported) <= _WINDOW_DAYS


def conflicting(tradeline: Tradeline, contradict: Callable[[BureauTradeline, BureauTradeline], bool]) -> list[Pair]:
    """Pairs of different bureaus' rows of one account that contradict each other."""
    return [
        (one, other)
        for one, other in combinations(tradeline.reporting, 2)
        if one.bureau is not other.bureau and contradict(one, other)
    ]


def _rows_of(tradeline: Tradeline, pairs: Sequence[Pair], field: str) -> list[BureauTradeline]:
    """Every row that shows the field, so that a letter can state all values, if any pair conflicts."""
    if not pairs:
        return []
    return [row for row in tradeline.reporting if getattr(row, field) is not None]


def mismatch(
    tradeline: Tradeline, pairs: Sequence[Pair], field: str, confidence: int, *, dated: bool = False
) -> Iterator[Observation]:
    """One field in which bureaus differ. `dated` adds when each row was reported, which differs rightly and is not
    disputed."""
    rows = _rows_of(tradeline, pairs, field)
    if len(rows) < 2:
        return
    stated = f"{label(field)}: {per_bureau(rows, field)}"
    if dated:
        stated += f"; as reported on {per_bureau(rows, 'reported')}"
    both_wrong = "" if dated else "they cannot all be right, "
    yield Observation(
        bureaus=tuple(sorted({row.bureau for row in rows})),
        group=tradeline.group,
        values=tuple(value for row in rows for value in quote(row, field, *(["reported"] if dated else []))),
        confidence=confidence,
        assertable=(
            f"The bureaus report {named(rows[0])} differently ({stated}); "
            f"{both_wrong}so at least one report may be inaccurate."
        ),
        asks=(AskedField(field=field, unstated=True),),
    )


@detector(
    "D09",
    version=1,
    name="opened_mismatch",
    reason=DisputeReason.DATES_OPENED,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=3,
    score_harm=2,
)
def opened_mismatch(scan: Scan) -> Iterator[Observation]:
    """The dates of opening lie more than 31 days apart, whatever their precision."""

    def contradict(one: BureauTradeline, other: BureauTradeline) -> bool:
        return bool(one.opened and other.opened and one.opened.days_apart(other.opened) > _OPENED_DAYS)

    for tradeline in scan.report.tradelines:
        yield from mismatch(tradeline, conflicting(tradeline, contradict), "opened", 85)


@detector(
    "D10",
    version=1,
    name="open_vs_closed",
    reason=DisputeReason.ACCOUNT_STATUS,
    letter=LetterType.STATUS_BALANCE_CORRECTION,
    legal_strength=3,
    score_harm=3,
)
def open_vs_closed(scan: Scan) -> Iterator[Observation]:
    """One bureau shows the account open and another closed, or closing dates lie more than 31 days apart."""

    def status(one: BureauTradeline, other: BureauTradeline) -> bool:
        both = one.open_closed is not None and other.open_closed is not None
        return both and one.open_closed is not other.open_closed and same_window(one, other)

    def closing(one: BureauTradeline, other: BureauTradeline) -> bool:
        return bool(one.closed and other.closed and one.closed.days_apart(other.closed) > _OPENED_DAYS)

    for tradeline in scan.report.tradelines:
        if pairs := conflicting(tradeline, status):
            yield from mismatch(tradeline, pairs, "open_closed", 85, dated=True)
        elif pairs := conflicting(tradeline, closing):
            yield from mismatch(tradeline, pairs, "closed", 80)


@detector(
    "D11",
    version=1,
    name="balance_mismatch",
    reason=DisputeReason.BALANCE,
    letter=LetterType.STATUS_BALANCE_CORRECTION,
    legal_strength=3,
    score_harm=4,
)
def balance_mismatch(scan: Scan) -> Iterator[Observation]:
    """Balances of the same window differ by more than $50 and 5 %."""
    for tradeline in scan.report.tradelines:
        yield from mismatch(tradeline, _amounts_differ(tradeline, "balance"), "balance", 75, dated=True)


def _amounts_differ(tradeline: Tradeline, field: str) -> list[Pair]:
    def contradict(one: BureauTradeline, other: BureauTradeline) -> bool:
        left, right = getattr(one, field), getattr(other, field)
        if left is None or right is None or not same_window(one, other):
            return False
        return differ(left, right, at_least_cents=_BALANCE_CENTS, percent=_BALANCE_PERCENT)

    return conflicting(tradeline, contradict)


@detector(
    "D12",
    version=1,
    name="limit_highcredit_mismatch",
    reason=DisputeReason.CREDIT_LIMIT,
    letter=LetterType.STATUS_BALANCE_CORRECTION,
    legal_strength=2,
    score_harm=3,
)
def limit_highcredit_mismatch(scan: Scan) -> Iterator[Observation]:
    """Credit limits, or else high balances, of the same window differ by more than $50 and 5 %."""
    for tradeline in scan.report.tradelines:
        for field in ("credit_limit", "high_balance"):
            if pairs := _amounts_differ(tradeline, field):
                yield from mismatch(tradeline, pairs, field, 75, dated=True)
                break


@detector(
    "D13",
    version=1,
    name="paystatus_mismatch",
    reason=DisputeReason.ACCOUNT_STATUS,
    letter=LetterType.STATUS_BALANCE_CORRECTION,
    legal_strength=3,
    score_harm=5,
)
def paystatus_mismatch(scan: Scan) -> Iterator[Observation]:
    """In one window a bureau shows the account current and another shows it late or derogatory."""
    for tradeline in scan.report.tradelines:
        yield from mismatch(tradeline, conflicting(tradeline, statuses_conflict), "pay_status", 88, dated=True)


def statuses_conflict(one: BureauTradeline, other: BureauTradeline) -> bool:
    """Whether, in one window, one bureau shows the account current and the other shows it late."""
    if one.pay_status is None or other.pay_status is None or not same_window(one, other):
        return False
    current = PaymentLevel.CURRENT
    return (one.pay_status is current and other.pay_status.is_late) or (
        other.pay_status is current and one.pay_status.is_late
    )


_RESPONSIBLE: Final = frozenset({Designator.INDIVIDUAL, Designator.JOINT, Designator.AUTHORIZED_USER})


@detector(
    "D37",
    version=1,
    name="responsibility_mismatch",
    reason=DisputeReason.RESPONSIBILITY_CODE,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=3,
    score_harm=3,
)
def responsibility_mismatch(scan: Scan) -> Iterator[Observation]:
    """Bureaus disagree whether the account is individual, joint or an authorized user's."""

    def contradict(one: BureauTradeline, other: BureauTradeline) -> bool:
        return {one.designator, other.designator} <= _RESPONSIBLE and one.designator is not other.designator

    for tradeline in scan.report.tradelines:
        yield from mismatch(tradeline, conflicting(tradeline, contradict), "designator", 82)
