"""Accounts in TransUnion's XML: `custom/credit/trade` and `custom/credit/collection`.

The payment pattern starts in the month of its own `startDate` and goes back from there, newest sign first; 1 is "as
agreed", 2 is 30 days, 5 is 120 days or more, X a month without a rating. `accountRating` is the manner of payment
on the same scale with two digits, where 9B is an account in collection. Both differ from TrueLink's, where 1 is
30 days. Codes of remarks are kept as printed and decide nothing; an account that shows no closing date is not
therefore called open. `dateEffective` is the day the creditor last reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from domain.credit_reports import AccountType, Condition, Designator, OpenClosed, PaymentLevel, PaymentMonth
from domain.partial_dates import PartialDate
from infrastructure.reports import native
from infrastructure.reports.cursor import Cursor, read_date

_MONEY: Final = {
    "balance": "currentBalance",
    "high_balance": "highCredit",
    "credit_limit": "creditLimit",
    "past_due": "pastDue",
}
_DATES: Final = {"opened": "dateOpened", "closed": "dateClosed", "reported": "dateEffective"}
_COUNTERS: Final = {
    "months_reviewed": "monthsReviewedCount",
    "late_30": "late30DaysTotal",
    "late_60": "late60DaysTotal",
    "late_90": "late90DaysTotal",
}
RATINGS: Final = {
    "01": PaymentLevel.CURRENT,
    "02": PaymentLevel.LATE_30,
    "03": PaymentLevel.LATE_60,
    "04": PaymentLevel.LATE_90,
    "05": PaymentLevel.LATE_120,
    "07": PaymentLevel.DEROGATORY,
    "08": PaymentLevel.DEROGATORY,
    "8A": PaymentLevel.DEROGATORY,
    "8P": PaymentLevel.DEROGATORY,
    "09": PaymentLevel.CHARGE_OFF,
    "9B": PaymentLevel.CHARGE_OFF,
    "9P": PaymentLevel.CHARGE_OFF,
}
"""Manner of payment; 07 is a wage earner plan, 08 a repossession, P means paid after that. 00 and UR are no rating."""

PATTERN: Final = {
    "1": PaymentLevel.CURRENT,
    "2": PaymentLevel.LATE_30,
    "3": PaymentLevel.LATE_60,
    "4": PaymentLevel.LATE_90,
    "5": PaymentLevel.LATE_120,
}
PORTFOLIOS: Final = {
    "revolving": AccountType.REVOLVING,
    "installment": AccountType.INSTALLMENT,
    "mortgage": AccountType.MORTGAGE,
    "open": AccountType.OPEN,
    "lineofcredit": AccountType.REVOLVING,
}
DESIGNATORS: Final = {
    "individual": Designator.INDIVIDUAL,
    "jointcontractliability": Designator.JOINT,
    "authorizeduser": Designator.AUTHORIZED_USER,
    "cosigner": Designator.CO_MAKER,
    "primary": Designator.MAKER,
    "terminated": Designator.TERMINATED,
    "deceased": Designator.DECEASED,
}
"""Participants, whose share cannot be told, and undesignated accounts are kept as other."""

_IN_COLLECTION: Final = "9B"


def day_of(cursor: Cursor, name: str) -> PartialDate | None:
    """A date, no more precise than the bureau knows it: the parts it marks as estimated are not kept."""
    printed = cursor.text(name)
    found = None if printed is None else read_date(printed, f"{cursor.place}/{name}")
    node = next(iter(cursor.rows(name)), None)
    if found is None or not isinstance(node, dict):
        return found
    guessed = {part for part in ("Day", "Month", "Year") if node.get(f"estimated{part}") == "true"}
    if "Year" in guessed:
        return None
    month = None if "Month" in guessed else found.month
    return PartialDate(year=found.year, month=month, day=found.day if month and "Day" not in guessed else None)


def read_accounts(credit: Cursor) -> Iterator[native.Fields]:
    """Every trade, then every collection, in order."""
    for trade in credit.children("trade"):
        yield _account(trade, PORTFOLIOS.get((trade.text("portfolioType") or "").lower(), AccountType.OTHER))
        trade.close()
    for collection in credit.children("collection"):
        yield _account(collection, AccountType.COLLECTION)
        collection.close()


def _account(row: Cursor, kind: AccountType) -> native.Fields:
    printed: native.Printed = {}
    fields = native.read_money(row, _MONEY, printed)
    fields |= native.read_dates(row, _DATES, printed, day_of) | native.numbered(row, "accountNumber")
    rating = (row.text("accountRating") or "").upper()
    detail, owner = row.text("portfolioType"), row.text("ECOADesignator")
    subscriber = row.child("subscriber")
    fields |= _creditor(subscriber)
    subscriber.close()
    fields |= _terms(row, printed) | _origin(row, printed) | _history(row, printed)
    printed |= {field: text for field, text in (("account_type", detail), ("designator", owner)) if text}
    closed = OpenClosed.CLOSED if fields["closed"] else None
    return fields | {
        "account_type": AccountType.COLLECTION if rating == _IN_COLLECTION else kind,
        "type_detail": detail,
        "pay_status": RATINGS.get(rating),
        "designator": DESIGNATORS.get(owner.lower(), Designator.OTHER) if owner else None,
        "open_closed": closed,
        "condition": Condition.CLOSED if closed else None,
        "remarks": _remarks(row),
        "printed": printed,
    }


def _creditor(subscriber: Cursor) -> native.Fields:
    return {
        "creditor_name": subscriber.child("name").text("unparsed"),
        "subscriber_code": subscriber.text("memberCode"),
    }


def _terms(row: Cursor, printed: native.Printed) -> native.Fields:
    terms, payment = row.child("terms"), row.child("mostRecentPayment")
    fields = native.read_money(terms, {"monthly_payment": "scheduledMonthlyPayment"}, printed)
    fields |= native.read_dates(payment, {"last_payment": "date"}, printed, day_of)
    months = terms.text("paymentScheduleMonthCount") or ""
    terms.close()
    payment.close()
    return fields | {"term_months": int(months) if months.isascii() and months.isdigit() and len(months) < 5 else None}


def _origin(row: Cursor, printed: native.Printed) -> native.Fields:
    """Who the debt was owed to first and what it was then, which collections and trades print at different places."""
    fields: native.Fields = {}
    for origin, names in (
        (row.child("original"), {"high_balance": "balance"}),
        (row.child("additionalTradeAccount").child("original"), {"charge_off_amount": "chargeOff"}),
    ):
        if creditor := origin.child("creditGrantor").text("unparsed"):
            fields["original_creditor"] = printed["original_creditor"] = creditor
        amounts = native.read_money(origin, names, printed)
        fields |= {field: amount for field, amount in amounts.items() if amount is not None}
        origin.close()
    return fields


def _history(row: Cursor, printed: native.Printed) -> native.Fields:
    history = row.child("paymentHistory")
    pattern, counters = history.child("paymentPattern"), history.child("historicalCounters")
    fields = native.read_counts(counters, _COUNTERS, printed)
    months: tuple[PaymentMonth, ...] = ()
    if text := native.signs(pattern, "text"):
        newest = native.month_of(day_of(pattern, "startDate"), f"{pattern.place}/startDate")
        months = native.grid(newest, text, PATTERN)
    for part in (pattern, counters, history):
        part.close()
    return fields | {"history": months}


def _remarks(row: Cursor) -> tuple[str, ...]:
    remarks = []
    for remark in row.children("remark"):
        code, words = remark.text("code"), remark.text("description")
        remarks.append(words or code)
        remark.close()
    return tuple(dict.fromkeys(remark for remark in remarks if remark))
