"""Small reports and rows for tests: sensible defaults, any field overridden."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.account_numbers import mask_account
from domain.bureaus import Bureau
from domain.credit_reports import (
    AccountType,
    BureauTradeline,
    CanonicalReport,
    Condition,
    OpenClosed,
    PaymentLevel,
    PaymentMonth,
    PersonalSection,
    ReportFormat,
    SectionSummary,
    Tradeline,
)
from domain.partial_dates import PartialDate

PULLED_ON = date(2026, 1, 5)
_DATES = (
    "opened", "closed", "reported", "verified", "status_date", "last_payment", "first_delinquency", "charged_off_on",
)  # fmt: skip


def day(text: str) -> PartialDate:
    """`2020`, `2020-05` or `2020-05-17` as a partial date."""
    parts = [int(part) for part in text.split("-")]
    return PartialDate(**dict(zip(("year", "month", "day"), parts, strict=False)))


def months(newest: str, levels: str) -> tuple[PaymentMonth, ...]:
    """A grid from `newest` (`YYYY-MM`) backwards: C current, 1 to 6 late, 9 charge-off, U no data."""
    year, month = (int(part) for part in newest.split("-"))
    known = {"C": PaymentLevel.CURRENT, "9": PaymentLevel.CHARGE_OFF, "U": PaymentLevel.NOT_REPORTED}
    cells = []
    for index, symbol in enumerate(levels):
        at = year * 12 + month - 1 - index
        level = known[symbol] if symbol in known else PaymentLevel(f"late_{int(symbol) * 30}")
        cells.append(PaymentMonth(month=f"{at // 12:04d}-{at % 12 + 1:02d}", level=level))
    return tuple(cells)


def row(bureau: Bureau = Bureau.EQUIFAX, group: str = "1", **fields: Any) -> BureauTradeline:
    """An open card in good order; strings for dates are read as partial dates."""
    facts: dict[str, Any] = {
        "ref": f"{group}.{bureau}",
        "group": group,
        "bureau": bureau,
        "creditor_name": "FIRST QUARRY BANK",
        "account_number": "XXXXXXXXXXXX4321",
        "account_type": AccountType.REVOLVING,
        "opened": "2019-03-04",
        "reported": "2025-12-20",
        "balance": 500_00,
        "high_balance": 900_00,
        "credit_limit": 2_000_00,
        "past_due": 0,
        "condition": Condition.OPEN,
        "open_closed": OpenClosed.OPEN,
        "pay_status": PaymentLevel.CURRENT,
    } | fields
    for name in _DATES:
        if isinstance(facts.get(name), str):
            facts[name] = day(facts[name])
    facts["account_masked"] = mask_account(facts["account_number"])
    return BureauTradeline.model_validate(facts)


def ghost(bureau: Bureau = Bureau.EQUIFAX, group: str = "1", **fields: Any) -> BureauTradeline:
    """An empty column: the bureau does not report the account, whatever else is printed in it."""
    nothing = dict.fromkeys(("opened", "reported", "balance", "pay_status", "condition", "open_closed"))
    return row(bureau, group, **(nothing | fields))


def collection(bureau: Bureau = Bureau.EQUIFAX, group: str = "1", **fields: Any) -> BureauTradeline:
    """A collection in good order."""
    facts = {
        "creditor_name": "MIDVALE RECOVERY",
        "account_type": AccountType.COLLECTION,
        "opened": "2024-02-10",
        "balance": 400_00,
        "high_balance": 400_00,
        "credit_limit": None,
        "past_due": 400_00,
        "condition": Condition.DEROGATORY,
        "pay_status": PaymentLevel.CHARGE_OFF,
        "original_creditor": "NORTHSTAR WIRELESS",
    }
    return row(bureau, group, **(facts | fields))


def report(
    *rows: BureauTradeline,
    personal: tuple[PersonalSection, ...] = (),
    pulled_on: date = PULLED_ON,
    complete: bool = True,
) -> CanonicalReport:
    """A report of these rows, grouped by their group, with complete sections unless told otherwise."""
    groups: dict[str, list[BureauTradeline]] = {}
    for each in rows:
        groups.setdefault(each.group, []).append(each)
    return CanonicalReport(
        source="test",
        source_format=ReportFormat.TRUELINK_CAMEL,
        parser_version=1,
        pulled_on=pulled_on,
        sections=tuple(
            SectionSummary(
                bureau=bureau,
                present=complete,
                borrower_present=complete,
                score=650 if complete else None,
                tradeline_count=sum(1 for each in rows if each.bureau is bureau),
            )
            for bureau in Bureau
        ),
        tradelines=tuple(Tradeline(group=group, bureau_tradelines=tuple(members)) for group, members in groups.items()),
        personal=personal,
    )
