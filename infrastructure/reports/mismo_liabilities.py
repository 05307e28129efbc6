"""Accounts in a MISMO response: one `CREDIT_LIABILITY` per row, and per bureau where the report is not blended."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache
from typing import Final

from domain.account_numbers import mask_account
from domain.bureaus import Bureau
from domain.credit_reports import (
    BureauTradeline,
    Condition,
    Designator,
    OpenClosed,
    PaymentLevel,
    PaymentMonth,
    Tradeline,
)
from infrastructure.reports import mismo_codes as codes
from infrastructure.reports.cursor import Cursor, UnreadableReport
from infrastructure.reports.fields import cell, quote
from infrastructure.reports.mismo_repositories import Files, Repositories
from infrastructure.reports.truelink_codes import bureau_named
from infrastructure.reports.truelink_tradelines import MAX_MONTHS, MAX_TRADELINES

_DATES: Final = {
    "opened": "_AccountOpenedDate",
    "closed": "_AccountClosedDate",
    "reported": "_AccountReportedDate",
    "status_date": "_AccountStatusDate",
    "first_delinquency": "_FirstDelinquencyDate",
    "charged_off_on": "_ChargeOffDate",
}
_MONEY: Final = {
    "balance": "_UnpaidBalanceAmount",
    "credit_limit": "_CreditLimitAmount",
    "past_due": "_PastDueAmount",
    "monthly_payment": "_MonthlyPaymentAmount",
    "charge_off_amount": "_ChargeOffAmount",
}
_COUNTS: Final = {"term_months": "_TermsMonthsCount", "months_reviewed": "_MonthsReviewedCount"}
_LATE_COUNTS: Final = {"late_30": "_30Days", "late_60": "_60Days", "late_90": "_90Days"}
_HIGH: Final = ("_HighBalanceAmount", "_HighCreditAmount")
_LAST_PAYMENT: Final = ("LastPaymentDate", "_LastPaymentDate")
_NOT_REMARKS: Final = frozenset({"other"})
_Key = tuple[str, str]


def read_liabilities(response: Cursor, files: Files, refused: Counter[str]) -> tuple[Tradeline, ...]:
    """Every account row that names one bureau.

    Rows are one account only where the source gives them one account id; never by their creditors' names. A row
    that belongs to no bureau is counted in `refused`, as a summary where each bureau it names has its own row.
    """
    scale = codes.plain(response.text("CreditRatingCodeType")) in codes.RATING_CODE_OWNERS
    accounts: dict[_Key, list[tuple[Cursor, Bureau, str | None]]] = defaultdict(list)
    blended: list[tuple[_Key, set[Bureau | None]]] = []
    rows = response.children("CREDIT_LIABILITY")
    if len(rows) > MAX_TRADELINES:
        raise UnreadableReport(f"{response.place}/CREDIT_LIABILITY", f"at most {MAX_TRADELINES} tradelines")
    for index, row in enumerate(rows):
        shared = row.text("ArrayAccountIdentifier")
        key = ("account", shared) if shared else ("row", str(index))
        found = Repositories(row, files)
        if found.bureau is None:
            blended.append((key, found.named))
            row.close()
        else:
            accounts[key].append((row, found.bureau, found.subscriber_code))
    for key, named in blended:
        own = {bureau for _, bureau, _ in accounts.get(key, ())}
        refused["tradeline_summary" if named and named <= own else "tradeline"] += 1
    return tuple(
        Tradeline(
            group=group,
            bureau_tradelines=tuple(
                _read_row(row, bureau, code, group, f"{group}.{number}", scale)
                for number, (row, bureau, code) in enumerate(members, start=1)
            ),
        )
        for group, members in zip(map(str, range(1, len(accounts) + 1)), accounts.values(), strict=True)
    )


def _read_row(
    row: Cursor, bureau: Bureau, subscriber_code: str | None, group: str, ref: str, scale: bool
) -> BureauTradeline:
    printed: dict[str, str] = {}
    fields: dict[str, object] = {}
    late = row.child("_LATE_COUNT")
    dates = _DATES | {"last_payment": _first(row, _LAST_PAYMENT)}
    money = _MONEY | {"high_balance": _first(row, _HIGH)}
    fields |= {field: row.day(name) for field, name in dates.items()}
    fields |= {field: row.cents(name) for field, name in money.items()}
    fields |= {field: row.count(name) for field, name in _COUNTS.items()}
    fields |= {field: late.count(name) for field, name in _LATE_COUNTS.items()}
    quote(row, dates | money | _COUNTS, printed)
    quote(late, _LATE_COUNTS, printed)
    late.close()
    fields |= _coded(row, scale, printed)
    number = row.text("_AccountIdentifier")
    fields |= {
        "creditor_name": row.child("_CREDITOR").text("_Name"),
        "account_number": number,
        "account_masked": mask_account(number),
        "subscriber_code": subscriber_code,
        "handle": row.text("TUI_Handle") if bureau is Bureau.TRANSUNION else None,
        "remarks": _remarks(row, bureau),
        "history": _history(row),
    }
    row.close()
    return BureauTradeline.model_validate({"ref": ref, "group": group, "bureau": bureau, "printed": printed, **fields})


def _first(row: Cursor, names: tuple[str, str]) -> str:
    return names[0] if row.has(names[0]) else names[1]


def _coded(row: Cursor, scale: bool, printed: dict[str, str]) -> dict[str, object]:
    words = {
        "condition": "_AccountStatusType",
        "designator": "_AccountOwnershipType",
        "dispute_flag": "_ConsumerDisputeIndicator",
        "original_creditor": "_OriginalCreditorName",
    }
    quote(row, words, printed)
    status, owner = (codes.plain(row.text(words[field])) for field in ("condition", "designator"))
    loan, business, filed_as = (row.text(name) for name in ("CreditLoanType", "CreditBusinessType", "_AccountType"))
    closed = codes.flag(row.text("IsClosedIndicator"))
    if detail := loan or filed_as:
        printed["account_type"] = detail
    if open_closed := codes.OPEN_CLOSED.get(status) or _open_closed(closed):
        printed["open_closed"] = open_closed.value.capitalize()
    return {
        "condition": codes.CONDITIONS.get(status, Condition.OTHER) if status else None,
        "open_closed": open_closed,
        "pay_status": _pay_status(row, scale, printed),
        "worst_pay_status": _rating(row.child("_HIGHEST_ADVERSE_RATING"), scale, "worst_pay_status", printed),
        "designator": codes.DESIGNATORS.get(owner, Designator.OTHER) if owner else None,
        "dispute_flag": codes.flag(row.text(words["dispute_flag"])),
        "original_creditor": row.text(words["original_creditor"]),
        "account_type": codes.account_type(
            filed_as, codes.flag(row.text("IsCollectionIndicator")), filed_as, loan, business
        ),
        "type_detail": detail,
        "medical": codes.is_medical(loan, business),
    }


def _pay_status(row: Cursor, scale: bool, printed: dict[str, str]) -> PaymentLevel | None:
    """The rating; where none is printed, the indicator of a charge-off says as much."""
    charged_off = codes.flag(row.text("IsChargeoffIndicator"))
    if row.has("_CURRENT_RATING"):
        return _rating(row.child("_CURRENT_RATING"), scale, "pay_status", printed)
    return PaymentLevel.CHARGE_OFF if charged_off else None


def _open_closed(closed: bool | None) -> OpenClosed | None:
    if closed is None:
        return None
    return OpenClosed.CLOSED if closed else OpenClosed.OPEN


def _rating(rating: Cursor, scale: bool, field: str, printed: dict[str, str]) -> PaymentLevel | None:
    words, code = rating.text("_Type"), rating.text("_Code")
    rating.close()
    if said := words or code:
        printed[field] = said
    if words:
        return codes.RATING_WORDS.get(codes.plain(words))
    return codes.RATING_CODES.get((code or "").lstrip("0")) if scale else None


def _remarks(row: Cursor, bureau: Bureau) -> tuple[str, ...]:
    """Remarks of the row's own bureau, and of none; what another bureau remarked is not this one's."""
    remarks: list[str] = []
    for comment in row.children("CREDIT_COMMENT"):
        source = bureau_named(comment.text("_SourceType"))
        if source in (None, bureau) and codes.plain(comment.text("_Type")) not in _NOT_REMARKS:
            remarks += [text for text in (comment.text("_Text"),) if text]
        comment.close()
    return tuple(dict.fromkeys(remarks))


def _history(row: Cursor) -> tuple[PaymentMonth, ...]:
    """The payment pattern, newest month first. Without the month it starts with, it cannot be dated and stays out."""
    pattern = row.child("_PAYMENT_PATTERN")
    held = pattern.rows("_Data")
    data = held[0] if held else None
    start = pattern.day("_StartDate")
    pattern.close()
    if data is None or start is None or start.month is None:
        return ()
    if not isinstance(data, str) or len(held) > 1:
        raise UnreadableReport(f"{pattern.place}/_Data", "a text")
    if len(data) > MAX_MONTHS:
        raise UnreadableReport(f"{pattern.place}/_Data", f"at most {MAX_MONTHS} months")
    return _months(start.year * 12 + start.month - 1, data.upper())


@lru_cache(maxsize=2_000)
def _months(newest: int, signs: str) -> tuple[PaymentMonth, ...]:
    """Months of a grid, counted from year 0, backwards. Most accounts of a report have one and the same."""
    return tuple(
        cell(f"{at // 12:04d}-{at % 12 + 1:02d}", codes.PATTERN.get(sign, PaymentLevel.NOT_REPORTED))
        for at, sign in zip(range(newest, newest - len(signs), -1), signs, strict=True)
    )
