"""Rows that contradict themselves: no other report is needed to see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from domain.credit_reports import BureauTradeline, Condition, PaymentLevel
from domain.findings.model import DisputeReason, LetterType, Observation
from domain.findings.quoting import amounts, named, owed_fields, quote, shown
from domain.findings.registry import Scan, detector
from domain.reconciliation import AskedField

_PAID: Final = re.compile(
    r"\b(paid in full|settled|paid (?:charge[- ]?off|collection)|account paid|paid satisfactorily)\b", re.I
)
_NOT_PAID: Final = re.compile(r"\b(unpaid|not paid|to be paid|partial)\b", re.I)
_SOLD: Final = re.compile(
    r"\b(sold|transferred|purchased by another|transfer to (?:another|recovery)|assigned to another)\b", re.I
)
_NOT_SOLD: Final = re.compile(r"\b(refinanced|from another)\b", re.I)
_ADDED: Final = re.compile(r"\b(interest|fees?|costs?|charges)\b", re.I)
_ORIGINAL: Final = re.compile(r"\b(original creditor|orig(?:inal)? cr(?:ed)?)\b", re.I)
_ZERO: Final = "0"


def _says(row: BureauTradeline, words: re.Pattern[str], unless: re.Pattern[str]) -> str | None:
    return next((remark for remark in row.remarks if words.search(remark) and not unless.search(remark)), None)


def _single(
    row: BureauTradeline, fields: tuple[str, ...], confidence: int, says: str, asks: tuple[AskedField, ...]
) -> Observation:
    return Observation(
        bureaus=(row.bureau,),
        group=row.group,
        values=quote(row, *fields),
        confidence=confidence,
        assertable=f"{row.bureau.display_name} reports {named(row)} {says}.",
        asks=asks,
    )


def _zeroed(fields: tuple[str, ...]) -> tuple[AskedField, ...]:
    return tuple(AskedField(field=field, expected=_ZERO) for field in fields)


@detector(
    "D19",
    version=1,
    name="current_with_pastdue",
    reason=DisputeReason.PAST_DUE,
    letter=LetterType.STATUS_BALANCE_CORRECTION,
    legal_strength=4,
    score_harm=4,
)
def current_with_pastdue(scan: Scan) -> Iterator[Observation]:
    """An account shown as current, or paid as agreed, has an amount past due."""
    for row in scan.rows():
        if row.pay_status is PaymentLevel.CURRENT and (row.past_due or 0) > 0 and not _is_paid(row):
            says = f"as {shown(row, 'pay_status')} and at the same time {shown(row, 'past_due')} past due"
            yield _single(row, ("pay_status", "past_due"), 93, says, _zeroed(("past_due",)))


@detector(
    "D20",
    version=1,
    name="pastdue_gt_balance",
    reason=DisputeReason.PAST_DUE,
    letter=LetterType.STATUS_BALANCE_CORRECTION,
    legal_strength=4,
    score_harm=3,
)
def pastdue_gt_balance(scan: Scan) -> Iterator[Observation]:
    """More is past due than is owed at all."""
    for row in scan.rows():
        if row.past_due is None or row.balance is None or row.past_due <= max(row.balance, 0):
            continue
        says = f"with {shown(row, 'past_due')} past due, more than its whole balance of {shown(row, 'balance')}"
        asks = (AskedField(field="past_due", unstated=True), AskedField(field="balance", unstated=True))
        yield _single(row, ("past_due", "balance"), 93, says, asks)


def _is_paid(row: BureauTradeline) -> bool:
    return row.condition is Condition.PAID or _says(row, _PAID, _NOT_PAID) is not None


@detector(
    "D21",
    version=1,
    name="paid_with_balance",
    reason=DisputeReason.PAID_OR_SETTLED,
    letter=LetterType.STATUS_BALANCE_CORRECTION,
    legal_strength=4,
    score_harm=5,
)
def paid_with_balance(scan: Scan) -> Iterator[Observation]:
    """An account shown as paid or settled still has a balance or an amount past due."""
    for row in scan.rows():
        owed = owed_fields(row)
        if not owed or not _is_paid(row):
            continue
        remark = _says(row, _PAID, _NOT_PAID)
        field = "condition" if row.condition is Condition.PAID else "remarks"
        stated = shown(row, "condition") if field == "condition" else f'"{remark}"'
        says = f"as {stated} and at the same time with {amounts(row, owed)}"
        yield _single(row, (field, *owed), 92, says, _zeroed(owed))


@detector(
    "D22",
    version=1,
    name="sold_transferred_with_balance",
    reason=DisputeReason.SOLD_OR_TRANSFERRED,
    letter=LetterType.STATUS_BALANCE_CORRECTION,
    legal_strength=4,
    score_harm=4,
)
def sold_transferred_with_balance(scan: Scan) -> Iterator[Observation]:
    """The seller of an account still shows a balance on it."""
    for row in scan.rows():
        remark = _says(row, _SOLD, _NOT_SOLD)
        transferred = row.condition is Condition.TRANSFERRED
        owed = owed_fields(row)
        if row.is_collection or "balance" not in owed or not (remark or transferred):
            continue
        field = "condition" if transferred else "remarks"
        stated = shown(row, "condition") if transferred else f'"{remark}"'
        says = f"as {stated} and at the same time with {amounts(row, owed)} still owed to the same creditor"
        yield _single(row, (field, *owed), 90, says, _zeroed(owed))


@detector(
    "D26",
    version=2,
    name="collection_balance_growth",
    reason=DisputeReason.BALANCE,
    letter=LetterType.STATUS_BALANCE_CORRECTION,
    legal_strength=3,
    score_harm=4,
)
def collection_balance_growth(scan: Scan) -> Iterator[Observation]:
    """A collection's balance is higher than the amount placed, and nothing on the report explains it."""
    for row in scan.rows():
        explained = any(_ADDED.search(remark) for remark in row.remarks)
        grown = row.balance is not None and bool(row.high_balance) and row.balance > (row.high_balance or 0)
        if row.is_collection and grown and not explained:
            says = (
                f"with a balance of {shown(row, 'balance')}, more than its own high balance of "
                f"{shown(row, 'high_balance')}, and shows nothing that accounts for the difference"
            )
            yield _single(row, ("balance", "high_balance"), 80, says, (AskedField(field="balance", unstated=True),))


@detector(
    "D27",
    version=2,
    name="missing_original_creditor",
    reason=DisputeReason.ACCOUNT_TYPE_TERMS,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=3,
    score_harm=4,
)
def missing_original_creditor(scan: Scan) -> Iterator[Observation]:
    """A collection that does not say whose debt it is."""
    for row in scan.rows():
        told = any(_ORIGINAL.search(remark) for remark in row.remarks)
        if row.is_collection and row.original_creditor is None and not told:
            says = "as a collection and does not name the original creditor"
            yield _single(
                row,
                ("account_type", "original_creditor"),
                90,
                says,
                (AskedField(field="original_creditor", unstated=True),),
            )
