"""Accounts in Experian's own report: `tradeline[]`, read by the tables of `experian_codes`.

The payment history is one sign a month, newest first, and its first sign is the month of `balanceDate`: in published
test reports its length is the number of months from `openDate` to `balanceDate`, both included. The first 25 months
are in `paymentHistory`, up to 84 in `enhancedPaymentData.enhancedPaymentHistory84`, which is read where it is there.
`enhancedAccountCondition` and `enhancedPaymentStatus` are preferred to `status`, which mixes both. `statusDate` is the
date of the status; a date of closing is not printed.
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.credit_reports import AccountType, Condition, Designator, PaymentLevel, PaymentMonth
from infrastructure.reports import experian_codes as codes
from infrastructure.reports import native
from infrastructure.reports.cursor import Cursor
from infrastructure.reports.metro2_codes import ACCOUNT_TYPES, is_medical


def read_tradelines(profile: Cursor) -> Iterator[native.Fields]:
    """Every tradeline of the profile, in order."""
    for row in profile.children("tradeline"):
        enhanced = row.child("enhancedPaymentData")
        yield _account(row, enhanced)
        enhanced.close()
        row.close()


def _account(row: Cursor, enhanced: Cursor) -> native.Fields:
    printed: native.Printed = {}
    fields = native.read_money(row, codes.MONEY, printed, codes.ABSENT)
    fields |= _amounts(row, printed)
    precise = native.read_money(enhanced, codes.ENHANCED_MONEY, printed, codes.ABSENT)
    fields |= {field: amount for field, amount in precise.items() if amount is not None}
    fields |= native.read_dates(row, codes.DATES, printed)
    fields |= native.read_counts(row, codes.COUNTS, printed, codes.ABSENT)
    fields |= native.numbered(row, "accountNumber") | _status(row, enhanced) | _kind(row, enhanced)
    if original := row.text("originalCreditorName"):
        fields["original_creditor"] = printed["original_creditor"] = original
    return fields | {
        "creditor_name": row.text("subscriberName"),
        "subscriber_code": row.text("subscriberCode"),
        "designator": _designator(row),
        "term_months": _term(row, enhanced),
        "dispute_flag": _disputed(row, enhanced),
        "remarks": _remarks(row, enhanced),
        "history": _history(row, enhanced),
        "printed": printed,
    }


def _amounts(row: Cursor, printed: native.Printed) -> native.Fields:
    found: native.Fields = {}
    for name in ("amount1", "amount2"):
        field = codes.QUALIFIERS.get(row.text(f"{name}Qualifier") or "")
        if field:
            found |= native.read_money(row, {field: name}, printed, codes.ABSENT)
    return found


def _status(row: Cursor, enhanced: Cursor) -> native.Fields:
    status = row.text("status") or ""
    paid, state = enhanced.text("enhancedPaymentStatus") or "", enhanced.text("enhancedAccountCondition") or ""
    shown = codes.OPEN_CLOSED.get(row.text("openOrClosed") or "")
    level = codes.STATUSES.get(paid, codes.STATUSES.get(status))
    if codes.STATUSES.get(state) is PaymentLevel.CHARGE_OFF:
        level = PaymentLevel.CHARGE_OFF
    told = state or ("" if status in codes.SAYS_NOTHING else status)
    condition = codes.CONDITIONS.get(told, Condition.OTHER) if told else None
    return {"pay_status": level, "condition": condition, "open_closed": shown}


def _kind(row: Cursor, enhanced: Cursor) -> native.Fields:
    code = row.text("accountType") or enhanced.text("enhancedAccountType")
    kind, words = ACCOUNT_TYPES.get(code or "", (None, None))
    billing = codes.BILLING.get(row.text("revolvingOrInstallment") or "", AccountType.OTHER)
    return {
        "account_type": kind or billing,
        "type_detail": words or code,
        "medical": is_medical(code, enhanced.text("originalCreditorClassificationCode")),
    }


def _designator(row: Cursor) -> Designator | None:
    code = row.text("ecoa")
    return codes.DESIGNATORS.get(code, Designator.OTHER) if code else None


def _term(row: Cursor, enhanced: Cursor) -> int | None:
    months = enhanced.text("enhancedTerms") or row.text("terms") or ""
    return int(months) if months.isascii() and months.isdigit() and len(months) < 5 else None


def _disputed(row: Cursor, enhanced: Cursor) -> bool | None:
    flags = [
        codes.DISPUTED.get(text or "")
        for text in (enhanced.text("complianceCondition"), row.text("consumerDisputeFlag"))
    ]
    return True if True in flags else next((flag for flag in flags if flag is not None), None)


def _remarks(row: Cursor, enhanced: Cursor) -> tuple[str, ...]:
    """Comments as they are printed, codes included; none of them decides anything."""
    printed = (row.text("consumerComment"), row.text("specialComment"), enhanced.text("enhancedSpecialComment"))
    return tuple(dict.fromkeys(text for text in printed if text))


def _history(row: Cursor, enhanced: Cursor) -> tuple[PaymentMonth, ...]:
    short, long = native.signs(row, "paymentHistory"), native.signs(enhanced, "enhancedPaymentHistory84")
    text = long or short
    if not text:
        return ()
    return native.grid(native.month_of(row.digits("balanceDate"), f"{row.place}/balanceDate"), text, codes.GRID)
