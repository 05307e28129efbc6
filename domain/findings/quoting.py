"""Quoting a report: the words of fields and bureaus, and values exactly as they were printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from domain.credit_reports import BureauTradeline
from domain.findings.model import FieldValue
from domain.money import format_cents
from domain.partial_dates import PartialDate

LABELS: Final = {
    "opened": "date opened",
    "closed": "date closed",
    "reported": "date reported",
    "verified": "date verified",
    "status_date": "date of status",
    "last_payment": "date of last payment",
    "past_due_since": "past due since",
    "first_delinquency": "date of first delinquency",
    "charged_off_on": "date of charge-off",
    "balance": "balance",
    "high_balance": "high balance",
    "credit_limit": "credit limit",
    "past_due": "amount past due",
    "monthly_payment": "monthly payment",
    "charge_off_amount": "charge-off amount",
    "term_months": "term in months",
    "late_30": "times 30 days late",
    "late_60": "times 60 days late",
    "late_90": "times 90 days late",
    "condition": "account condition",
    "open_closed": "open or closed status",
    "pay_status": "payment status",
    "worst_pay_status": "worst payment status",
    "designator": "responsibility",
    "original_creditor": "original creditor",
    "account_type": "account type",
    "account_masked": "account number",
    "creditor_name": "creditor name",
    "remarks": "remarks",
    "dispute_flag": "dispute flag",
    "medical": "kind of debt",
}
_MONEY: Final = frozenset(
    {"balance", "high_balance", "credit_limit", "past_due", "monthly_payment", "charge_off_amount"}
)
NOT_SHOWN: Final = "not shown"
_SOME: Final = 6


def shown(row: BureauTradeline, field: str) -> str:
    """One field of a row for a reader: amounts as dollars, all else as the source printed it."""
    if field.startswith("history."):
        month = field.removeprefix("history.")
        return next((cell.level.words for cell in row.history if cell.month == month), NOT_SHOWN)
    value = getattr(row, field)
    if value is None or value == ():
        return NOT_SHOWN
    if field in _MONEY:
        return format_cents(value)
    if isinstance(value, tuple):
        return "; ".join(value)
    if isinstance(value, PartialDate):
        return str(value)
    return row.printed.get(field) or str(value).replace("_", " ")


def label(field: str) -> str:
    """The name of a field in a sentence."""
    if field.startswith("history."):
        return f"payment history {field.removeprefix('history.')}"
    return LABELS[field]


def quote(row: BureauTradeline, *fields: str) -> tuple[FieldValue, ...]:
    """Fields of a row with their printed values."""
    return tuple(
        FieldValue(bureau=row.bureau, field=field, label=label(field), printed=shown(row, field), row=row.ref)
        for field in fields
    )


def named(row: BureauTradeline) -> str:
    """The account in a sentence: creditor as printed and masked number."""
    creditor = row.creditor_name or "an unnamed creditor"
    return f"{creditor}, account {row.account_masked}" if row.account_masked else creditor


def owed_fields(row: BureauTradeline) -> tuple[str, ...]:
    """Which of balance and amount past due say that something is owed."""
    return tuple(field for field in ("balance", "past_due") if (getattr(row, field) or 0) > 0)


def amounts(row: BureauTradeline, fields: tuple[str, ...]) -> str:
    """`a balance of $500.00 and an amount past due of $90.00`."""
    words = {"balance": "a balance", "past_due": "an amount past due"}
    return " and ".join(f"{words[field]} of {shown(row, field)}" for field in fields)


def some(parts: Sequence[str], between: str = ", ") -> str:
    """The first few of many like things, and how many more there are: a letter's sentence stays readable."""
    more = len(parts) - _SOME
    return between.join(parts[:_SOME]) + (f"{between}and {more} more" if more > 0 else "")


def per_bureau(rows: Sequence[BureauTradeline], field: str) -> str:
    """`$500 (Equifax), $720 (Experian)`."""
    return ", ".join(f"{shown(row, field)} ({row.bureau.display_name})" for row in rows)
