"""Accounts in the TrueLink tree: `TradeLinePartition` is one account, its `Tradeline`s one per bureau."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from domain.account_numbers import mask_account
from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, Condition, Designator, PaymentLevel, PaymentMonth, Tradeline
from infrastructure.reports import truelink_codes as codes
from infrastructure.reports.cursor import Cursor, UnreadableReport, read_date
from infrastructure.reports.fields import cell

MAX_TRADELINES: Final = 5_000
MAX_MONTHS: Final = 240
_MONTH: Final = re.compile(r"\A((?:19|20)\d{2}-(?:0[1-9]|1[0-2]))(?:-\d{2}.*)?\Z", re.ASCII)
_MONEY: Final = {
    "balance": "currentBalance",
    "high_balance": "highBalance",
}
_DATES: Final = {
    "opened": "dateOpened",
    "closed": "dateClosed",
    "reported": "dateReported",
    "verified": "dateVerified",
    "status_date": "dateAccountStatus",
}
_GRANTED_MONEY: Final = {
    "credit_limit": "creditLimit",
    "past_due": "amountPastDue",
    "monthly_payment": "monthlyPayment",
}
_GRANTED_DATES: Final = {"last_payment": "dateLastPayment", "past_due_since": "datePastDue"}
_GRANTED_COUNTS: Final = {
    "term_months": "termMonths",
    "months_reviewed": "monthsReviewed",
    "late_30": "late30Count",
    "late_60": "late60Count",
    "late_90": "late90Count",
}


def bureau_of(row: Cursor) -> Bureau | None:
    """The bureau a row belongs to: its own `bureau`, else its `Source`; None when neither names one."""
    return codes.bureau_named(row.text("bureau")) or bureau_of_source(row)


def bureau_of_source(row: Cursor) -> Bureau | None:
    """The bureau named by a row's `Source.Bureau`."""
    source = row.child("source")
    found = next((bureau for name in source.names("bureau") if (bureau := codes.bureau_named(name))), None)
    source.close()
    return found


def read_tradelines(report: Cursor, refused: Counter[str]) -> tuple[Tradeline, ...]:
    """Every account of the report, in order; rows without a bureau are counted in `refused`."""
    tradelines: list[Tradeline] = []
    total = 0
    for position, partition in enumerate(report.children("tradeLinePartition"), start=1):
        group = str(position)
        rows: list[BureauTradeline] = []
        for row in partition.children("tradeline"):
            total += 1
            if total > MAX_TRADELINES:
                raise UnreadableReport(partition.place, f"at most {MAX_TRADELINES} tradelines")
            bureau = bureau_of(row)
            if bureau is None:
                refused["tradeline"] += 1
            else:
                rows.append(_read_row(row, partition, bureau, group, f"{group}.{len(rows) + 1}"))
            row.close()
        partition.close()
        if rows:
            tradelines.append(Tradeline(group=group, bureau_tradelines=tuple(rows)))
    return tuple(tradelines)


def _read_row(row: Cursor, partition: Cursor, bureau: Bureau, group: str, ref: str) -> BureauTradeline:
    printed: dict[str, str] = {}
    granted = row.child("grantedTrade")
    fields: dict[str, object] = {}
    for cursor, dates, money in ((row, _DATES, _MONEY), (granted, _GRANTED_DATES, _GRANTED_MONEY)):
        _read(cursor, dates, cursor.day_of, fields, printed)
        _read(cursor, money, cursor.cents_of, fields, printed)
    _read(granted, _GRANTED_COUNTS, granted.count_of, fields, printed)
    fields |= _coded(row, granted, printed)
    fields |= _collection(row, partition, granted, printed)
    number = row.text("accountNumber")
    fields |= {
        "creditor_name": row.text("creditorName"),
        "account_number": number,
        "account_masked": mask_account(number),
        "subscriber_code": row.text("subscriberCode"),
        "handle": row.text("handle"),
        "remarks": _remarks(row),
        "history": _history(granted),
    }
    granted.close()
    return BureauTradeline.model_validate({"ref": ref, "group": group, "bureau": bureau, "printed": printed, **fields})


def _read(
    cursor: Cursor,
    names: dict[str, str],
    typed: Callable[[str, str], object],
    fields: dict[str, object],
    printed: dict[str, str],
) -> None:
    """Fields of one type, each as its type and as it was printed."""
    for field, name in names.items():
        text = cursor.text(name)
        if text is not None:
            fields[field] = typed(text, name)
            printed[field] = text


def _coded(row: Cursor, granted: Cursor, printed: dict[str, str]) -> dict[str, object]:
    pairs = {
        "condition": row.code("accountCondition"),
        "open_closed": row.code("openClosed"),
        "pay_status": row.code("payStatus"),
        "worst_pay_status": granted.code("worstPayStatus"),
        "designator": row.code("accountDesignator"),
        "dispute_flag": row.code("disputeFlag"),
    }
    printed |= {field: words for field, (_, words) in pairs.items() if words}
    symbols = {field: (symbol or "").upper() for field, (symbol, _) in pairs.items()}
    flagged = symbols["dispute_flag"]
    return {
        "condition": codes.CONDITIONS.get(symbols["condition"], Condition.OTHER) if symbols["condition"] else None,
        "open_closed": codes.OPEN_CLOSED.get(symbols["open_closed"]),
        "pay_status": codes.PAY_STATUS.get(symbols["pay_status"]),
        "worst_pay_status": codes.PAY_STATUS.get(symbols["worst_pay_status"]),
        "designator": codes.DESIGNATORS.get(symbols["designator"], Designator.OTHER) if symbols["designator"] else None,
        "dispute_flag": flagged not in ("F", "N", "FALSE") if flagged else None,
    }


def _collection(row: Cursor, partition: Cursor, granted: Cursor, printed: dict[str, str]) -> dict[str, object]:
    collection = row.child("collectionTrade")
    original = collection.text("originalCreditor")
    symbol, words = partition.text("accountTypeSymbol"), partition.text("accountTypeDescription")
    own_symbol, own_words = granted.code("accountType")
    _, detail = granted.code("creditType")
    _, collected = collection.code("creditType")
    collection.close()
    _, industry = row.code("industryCode")
    kinds = (detail, collected, own_words, words, industry)
    if medical := codes.medical_words(*kinds):
        printed["medical"] = medical
    if original:
        printed["original_creditor"] = original
    if detail := detail or collected or own_words or words:
        printed["account_type"] = detail
    kind = codes.account_type(symbol, words) if symbol or words else codes.account_type(own_symbol, own_words)
    called = None if not any(kinds) else medical is not None
    return {"original_creditor": original, "account_type": kind, "type_detail": detail, "medical": called}


def _remarks(row: Cursor) -> tuple[str, ...]:
    remarks: list[str] = []
    for remark in row.children("remark"):
        _, words = remark.code("remarkCode")
        remarks += [text for text in (words, remark.text("customRemark")) if text]
        remark.close()
    return tuple(dict.fromkeys(remarks))


def _history(granted: Cursor) -> tuple[PaymentMonth, ...]:
    grid = granted.child("payStatusHistory")
    rows = grid.rows("monthlyPayStatus")
    if len(rows) > MAX_MONTHS:
        raise UnreadableReport(f"{grid.place}/monthlyPayStatus", f"at most {MAX_MONTHS} months")
    months: dict[str, PaymentMonth] = {}
    for index, row in enumerate(rows):
        if row is None:
            continue
        if not isinstance(row, dict):
            raise UnreadableReport(f"{grid.place}/monthlyPayStatus/{index}", "an object")
        printed, status = row.get("date"), row.get("status")
        month = _usual_cell(printed, status) if type(printed) is type(status) is str else None
        if month is None:
            month = _unusual_cell(printed, status, f"{grid.place}/monthlyPayStatus/{index}/date")
        if month is not None:
            months.setdefault(month.month, month)
    grid.note_read(2 * len(months))
    grid.close()
    return tuple(months[month] for month in sorted(months, reverse=True))


@lru_cache(maxsize=10_000)
def _usual_cell(printed: str, status: str) -> PaymentMonth | None:
    """A cell whose date is written as dates are; most cells of a report are alike, and cells never change."""
    quick = _MONTH.match(printed)
    return cell(quick[1], codes.GRID.get(status.upper(), PaymentLevel.NOT_REPORTED)) if quick else None


def _unusual_cell(printed: object, status: object, place: str) -> PaymentMonth | None:
    month = _month(printed, place)
    level = codes.GRID.get(status.upper()) if isinstance(status, str) else None
    return None if month is None else cell(month, level or PaymentLevel.NOT_REPORTED)


def _month(printed: object, place: str) -> str | None:
    if printed is None:
        return None
    if isinstance(printed, str):
        quick = _MONTH.match(printed)
        if quick:
            return quick[1]
        found = read_date(printed, place)
        if found is None or found.month_key:
            return found.month_key if found else None
    raise UnreadableReport(place, "a month")
