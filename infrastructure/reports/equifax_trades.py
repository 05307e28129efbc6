"""Accounts in Equifax's own report: `trades` as creditors furnish them, and `collections` as agencies do.

The payment history counts back from the month before `dateReported`, newest first, twelve cells, a "/", twelve
more; `paymentHistory25to36` and `37to48` go on from there. "E" is a current account with nothing owed, "*" a month
without a rating, a blank a month in which the account was not yet open. Rates are not TrueLink's: here 1 is "as
agreed" and 2 is 30 days. `previousHighRate1..3` are single late months older than the history asked for.

`dateMajorDelinquencyFirstReported` is the day the present status was first reported. It is no date of first
delinquency, and only collections print one. Narrative codes are kept in their printed words and decide nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from domain.credit_reports import AccountType, Condition, Designator, OpenClosed, PaymentLevel, PaymentMonth
from infrastructure.reports import equifax_codes as codes
from infrastructure.reports import native
from infrastructure.reports.cursor import Cursor, Tally, UnreadableReport
from infrastructure.reports.metro2_codes import ACCOUNT_TYPES, is_medical

_MONEY: Final = {
    "balance": "balance",
    "high_balance": "highCredit",
    "credit_limit": "creditLimit",
    "past_due": "pastDueAmount",
    "monthly_payment": "scheduledPaymentAmount",
    "charge_off_amount": "originalChargeOffAmount",
}
_DATES: Final = {
    "opened": "dateOpened",
    "closed": "closedDate",
    "reported": "dateReported",
    "last_payment": "lastPaymentDate",
    "status_date": "dateMajorDelinquencyFirstReported",
}
_COUNTS: Final = {
    "months_reviewed": "monthsReviewed",
    "late_30": "thirtyDayCounter",
    "late_60": "sixtyDayCounter",
    "late_90": "ninetyDayCounter",
}
_COLLECTION_MONEY: Final = {"balance": "balance", "high_balance": "originalAmount"}
_COLLECTION_DATES: Final = {
    "opened": "dateAssigned",
    "reported": "dateReported",
    "status_date": "statusDate",
    "last_payment": "lastPaymentDate",
    "first_delinquency": "dateOfFirstDelinquency",
}
_MONTHS: Final = re.compile(r"0*([1-9][0-9]{0,3})\s?([MY])")


def read_trades(report: Cursor) -> Iterator[native.Fields]:
    """Every trade of the report, in order."""
    for trade in report.children("trades"):
        yield _trade(trade)
        trade.close()


def _trade(trade: Cursor) -> native.Fields:
    printed: native.Printed = {}
    fields = native.read_money(trade, _MONEY, printed)
    fields |= native.read_dates(trade, _DATES, printed)
    fields |= native.read_counts(trade, _COUNTS, printed)
    fields |= native.numbered(trade, "accountNumber") | _kind(trade, printed) | _status(trade, printed)
    indicator, _ = trade.coded("purchasedFromOrSoldCreditorIndicator")
    if indicator == "O" and (original := trade.text("purchasedFromOrSoldCreditorName")):
        fields["original_creditor"] = printed["original_creditor"] = original
    return fields | {
        "creditor_name": trade.text("customerName"),
        "subscriber_code": trade.text("customerNumber"),
        "term_months": _term(trade),
        "designator": _designator(trade, "accountDesignator", printed),
        "remarks": _narratives(trade),
        "history": _history(trade),
        "printed": printed,
    }


def _kind(trade: Cursor, printed: native.Printed) -> native.Fields:
    type_code, type_words = trade.coded("accountTypeCode")
    portfolio, portfolio_words = trade.coded("portfolioTypeCode")
    class_code, _ = trade.coded("creditorClassificationCode")
    listed = ACCOUNT_TYPES.get(type_code or "", (AccountType.OTHER, None))[0]
    kind = listed if listed is AccountType.COLLECTION else codes.PORTFOLIOS.get(portfolio or "", listed)
    if detail := type_words or portfolio_words:
        printed["account_type"] = detail
    return {"account_type": kind, "type_detail": detail, "medical": is_medical(type_code, class_code)}


def _status(trade: Cursor, printed: native.Printed) -> native.Fields:
    rate, rate_words = trade.coded("rate")
    status, status_words = trade.coded("rateStatusCode")
    activity, activity_words = trade.coded("activityDesignatorCode")
    condition, shown = codes.ACTIVITY.get(activity or "", (Condition.OTHER if activity else None, None))
    words = {"pay_status": rate_words or status_words, "condition": activity_words}
    printed |= {field: text for field, text in words.items() if text}
    return {
        "pay_status": codes.RATES.get(rate or status or ""),
        "condition": condition,
        "open_closed": shown or (OpenClosed.CLOSED if trade.has("closedDate") else None),
    }


def _designator(row: Cursor, name: str, printed: native.Printed) -> Designator | None:
    code, words = row.coded(name)
    if words:
        printed["designator"] = words
    return codes.DESIGNATORS.get(code, Designator.OTHER) if code else None


def _term(trade: Cursor) -> int | None:
    duration, _ = trade.coded("termsDurationCode")
    found = _MONTHS.fullmatch(duration or "")
    return None if found is None else int(found[1]) * (12 if found[2] == "Y" else 1)


def _narratives(row: Cursor) -> tuple[str, ...]:
    remarks = [_text_of(row, narrative, "description", "code") for narrative in row.rows("narrativeCodes")]
    return tuple(dict.fromkeys(remark for remark in remarks if remark))


def _text_of(row: Cursor, item: object, *names: str) -> str | None:
    """The first of the texts of an item of a list, which is an object or a bare text."""
    if isinstance(item, dict):
        return next((text for name in names if (text := Cursor(item, row.place, Tally()).text(name))), None)
    if item is None or isinstance(item, str):
        return item
    raise UnreadableReport(row.place, "a list of codes")


def _history(trade: Cursor) -> tuple[PaymentMonth, ...]:
    cells: list[str | None] = []
    for name, (begins, months) in codes.SPANS.items():
        piece = _piece(trade, name, months)
        if piece:
            cells += [None] * (begins - len(cells)) + piece[max(0, len(cells) - begins) :]
    history: tuple[PaymentMonth, ...] = ()
    if any(cells):
        reported = native.month_of(trade.digits("dateReported"), f"{trade.place}/dateReported")
        history = native.grid(reported - 1, cells, codes.CELLS)
    older = _previous_highs(trade)
    known = {cell.month for cell in history}
    return tuple(sorted([*history, *(cell for cell in older if cell.month not in known)], key=_by_month, reverse=True))


def _by_month(cell: PaymentMonth) -> str:
    return cell.month


def _piece(trade: Cursor, name: str, months: int) -> list[str | None]:
    found = [row.get("code") if isinstance(row, dict) else row for row in trade.rows(name)]
    cells: list[str | None] = []
    for cell in found:
        if cell is not None and not isinstance(cell, str):
            raise UnreadableReport(f"{trade.place}/{name}", "one code for each month")
        if cell != "/":
            cells.append(cell)
    if len(cells) > months:
        raise UnreadableReport(f"{trade.place}/{name}", f"at most {months} months")
    return cells


def _previous_highs(trade: Cursor) -> list[PaymentMonth]:
    highs: dict[int, PaymentLevel] = {}
    for number in (1, 2, 3):
        level = codes.RATES.get(trade.text(f"previousHighRate{number}") or "")
        place = f"previousHighDate{number}"
        if level is not None and trade.has(place):
            highs.setdefault(native.month_of(trade.digits(place), f"{trade.place}/{place}", "a month"), level)
    return [native.month_cell(month, level) for month, level in highs.items()]


def read_collections(report: Cursor, names: Mapping[str, str | None]) -> Iterator[native.Fields]:
    """Every collection; the agency is named by its number, and by name where the report's directory has it."""
    for row in report.children("collections"):
        printed: native.Printed = {}
        fields = native.read_money(row, _COLLECTION_MONEY, printed)
        fields |= native.read_dates(row, _COLLECTION_DATES, printed) | native.numbered(row, "accountNumber")
        _, status = row.coded("statusCode")
        class_code, _ = row.coded("creditorClassificationCode")
        agency, original = row.text("customerNumber"), row.text("clientNameOrNumber")
        printed |= {field: text for field, text in (("pay_status", status), ("original_creditor", original)) if text}
        yield fields | {
            "creditor_name": names.get(agency or ""),
            "subscriber_code": agency,
            "account_type": AccountType.COLLECTION,
            "original_creditor": original,
            "medical": is_medical(None, class_code),
            "designator": _designator(row, "accountDesignatorCode", printed),
            "remarks": _narratives(row),
            "printed": printed,
        }
        row.close()
