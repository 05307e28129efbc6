"""A standing that contradicts the account's rating or its terms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from domain.credit_reports import BureauTradeline, Condition, OpenClosed, PaymentLevel
from domain.findings.model import DisputeReason, LetterType, Observation
from domain.findings.quoting import named, quote, shown
from domain.findings.registry import Scan, detector
from domain.reconciliation import AskedField

_WRITTEN_OFF: Final = re.compile(r"\b(charged?[- ]?off|profit and loss)\b", re.I)
_OVER: Final = re.compile(r"\b(paid|settled|former|previous|was|reversed|not|reinstated|reopened)", re.I)


@detector(
    "D28",
    version=1,
    name="rating_without_status",
    reason=DisputeReason.PAYMENT_RATING,
    letter=LetterType.STATUS_BALANCE_CORRECTION,
    legal_strength=3,
    score_harm=4,
)
def rating_without_status(scan: Scan) -> Iterator[Observation]:
    """A charge-off shown as an open account, or an open account that pays as agreed shown as charged off.

    A collector's own account may well be open; it cannot be owed to a collector and paid as agreed.
    """
    for row in scan.rows():
        found = _contradiction(row)
        if found is None:
            continue
        confidence, one, other = found
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=quote(row, one, other),
            confidence=confidence,
            assertable=(
                f"{row.bureau.display_name} reports {named(row)} {_said(row, one)} and at the same time "
                f"{_said(row, other)}, so at least one of the two may be wrong."
            ),
            asks=tuple(AskedField(field=field, unstated=True) for field in (one, other)),
        )


def _contradiction(row: BureauTradeline) -> tuple[int, str, str] | None:
    owed = (row.balance or 0) > 0
    if row.pay_status is PaymentLevel.CHARGE_OFF and not row.is_collection and row.condition is Condition.OPEN:
        return 82, "pay_status", "condition"
    if row.pay_status is not PaymentLevel.CURRENT or not owed:
        return None
    if row.is_collection:
        return 75, "pay_status", "account_type"
    sign = _sign_of_charge_off(row)
    if sign and (row.condition is Condition.OPEN or row.open_closed is OpenClosed.OPEN):
        return 85, "pay_status", sign
    return None


def _sign_of_charge_off(row: BureauTradeline) -> str | None:
    if row.charged_off_on is not None:
        return "charged_off_on"
    if (row.charge_off_amount or 0) > 0:
        return "charge_off_amount"
    return "remarks" if _written_off(row) else None


def _written_off(row: BureauTradeline) -> str | None:
    return next((text for text in row.remarks if _WRITTEN_OFF.search(text) and not _OVER.search(text)), None)


def _said(row: BureauTradeline, field: str) -> str:
    words = {
        "pay_status": "with the payment status",
        "condition": "with the account condition",
        "account_type": "as an account of the type",
        "charged_off_on": "with a charge-off on",
        "charge_off_amount": "with a charge-off amount of",
    }
    return f'with the remark "{_written_off(row)}"' if field == "remarks" else f"{words[field]} {shown(row, field)}"


@detector(
    "D48",
    version=1,
    name="payment_after_zero",
    reason=DisputeReason.PAYMENT_AMOUNT,
    letter=LetterType.STATUS_BALANCE_CORRECTION,
    legal_strength=3,
    score_harm=2,
)
def payment_after_zero(scan: Scan) -> Iterator[Observation]:
    """A closed account with nothing owed still shows a monthly payment."""
    for row in scan.rows():
        field = _closing(row)
        if field is None or row.balance != 0 or (row.monthly_payment or 0) <= 0:
            continue
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=quote(row, field, "balance", "monthly_payment"),
            confidence=88,
            assertable=(
                f"{row.bureau.display_name} shows {named(row)} as closed with a balance of {shown(row, 'balance')}, "
                f"and at the same time a monthly payment of {shown(row, 'monthly_payment')}."
            ),
            asks=(AskedField(field="monthly_payment", expected="0"),),
        )


def _closing(row: BureauTradeline) -> str | None:
    """The field that shows the account as closed; one that is shown as open is not."""
    if row.open_closed is not None:
        return "open_closed" if row.open_closed is OpenClosed.CLOSED else None
    if row.condition is Condition.CLOSED:
        return "condition"
    return "closed" if row.closed is not None else None
