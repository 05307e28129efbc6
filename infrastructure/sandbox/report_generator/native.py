"""The bureaus' own formats: which bureau speaks in which, and what its report has in common with the others'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from domain.bureaus import Bureau
from domain.credit_reports import ReportFormat
from infrastructure.sandbox.report_generator.accounts import Column
from infrastructure.sandbox.report_generator.people import Home
from infrastructure.sandbox.report_generator.plants import Draft
from infrastructure.sandbox.report_generator.records import Bankruptcy, Look

NATIVE: Final = {
    ReportFormat.EQUIFAX_JSON: Bureau.EQUIFAX,
    ReportFormat.TRANSUNION_XML: Bureau.TRANSUNION,
    ReportFormat.EXPERIAN_JSON: Bureau.EXPERIAN,
}
"""A native report holds the file of one bureau, whoever else has one."""

TYPE_CODES: Final = {
    "Credit card": "18",
    "Auto loan": "00",
    "Student loan": "12",
    "Installment loan": "78",
    "Conventional mortgage": "26",
    "Collection account": "48",
    "Medical debt": "9B",
}
_BY_KIND: Final = {"R": "18", "I": "78", "M": "26", "Y": "48"}


_NOWHERE: Final = frozenset({"D28", "D32", "D33", "D40", "D41", "D47"})
"""What no bureau's own report says, or nobody knows for certain: open beside charged off, the dispute flag, a medical
debt, hard or soft, and the worst status."""

LOST: Final[Mapping[ReportFormat, frozenset[str]]] = {
    ReportFormat.EQUIFAX_JSON: _NOWHERE | {"D05", "D15", "D16", "D31"},
    ReportFormat.TRANSUNION_XML: _NOWHERE | {"D03", "D05", "D21", "D22", "D31", "D34", "D35"},
    ReportFormat.EXPERIAN_JSON: _NOWHERE | {"D01", "D02", "D03", "D15", "D16", "D22", "D25", "D34", "D35"},
}
"""Planted errors a format has no place for: months after the report's, a collection's months, remarks in words, records
that are not called bankruptcies, counters for each lateness, whole account numbers, more than 84 months."""

SHOWN_AS: Final[Mapping[ReportFormat, Mapping[str, str]]] = {ReportFormat.TRANSUNION_XML: {"D29": "D17"}}
"""Planted errors that are another one there: TransUnion's grid has no sign for a charge-off, only for late."""


def answering(encoding: ReportFormat, scores: Mapping[Bureau, int]) -> dict[Bureau, int]:
    """Whose files a report of this format can hold, of the bureaus that answer."""
    only = NATIVE.get(encoding)
    return {bureau: score for bureau, score in scores.items() if only in (None, bureau)}


def columns_of(draft: Draft, bureau: Bureau) -> list[Column]:
    """The accounts this bureau reports, in the draft's order."""
    return [account.columns[bureau] for account in draft.accounts if bureau in account.columns]


def groups_of(draft: Draft, encoding: ReportFormat) -> dict[int, str]:
    """How a report of this format numbers the accounts: a bureau's own report only those it has, collections last."""
    bureau = NATIVE.get(encoding)
    accounts = draft.accounts
    if bureau is not None:
        own = [account for account in accounts if bureau in account.columns]
        apart = bureau is not Bureau.EXPERIAN
        accounts = sorted(own, key=lambda account: apart and account.columns[bureau].type_symbol == "Y")
    return {id(account): str(position) for position, account in enumerate(accounts, start=1)}


def homes_of(draft: Draft, bureau: Bureau) -> list[Home]:
    """The addresses this bureau has, the present one first."""
    extra = draft.extra_homes.get(bureau)
    return [*draft.person.homes, *([extra] if extra else [])]


def ssns_of(draft: Draft, bureau: Bureau) -> list[str]:
    """The Social Security numbers this bureau has."""
    other = draft.other_ssns.get(bureau)
    return [draft.person.ssn, *([other] if other else [])]


def subscriber_code(name: str, prefix: str) -> str:
    """The furnisher's number at the bureau."""
    return f"{prefix}{sum(map(ord, name)) % 9000 + 1000}"


def cases_of(draft: Draft, bureau: Bureau) -> list[Bankruptcy]:
    """The bankruptcies this bureau shows."""
    cases = [draft.bankruptcy, draft.old_cases.get(bureau)]
    return [case for case in cases if case is not None]


def looks_of(draft: Draft, bureau: Bureau) -> list[Look]:
    """The applications this bureau shows: its own report lists no others to those who order it."""
    return [look for look in draft.looks if look.bureau is bureau and look.hard]


def docket(draft: Draft, case: Bankruptcy) -> str:
    """Under what number a bankruptcy was filed."""
    return f"{case.filed.year % 100:02d}-{sum(map(ord, draft.person.family)):05d}"


def late_months(column: Column, symbol: str) -> int:
    """How many months of the grid carry a symbol: a bureau that counts for itself does not miscount."""
    return sum(1 for _, status in column.history if status == symbol)


def type_code(column: Column) -> str:
    """The Metro 2 type of an account."""
    return TYPE_CODES.get(column.type_words, _BY_KIND[column.type_symbol])


def months_before(column: Column, newest: date) -> Iterator[tuple[int, str]]:
    """The grid as months before `newest` and their symbols, newest first; later months fall out."""
    for day, symbol in column.history:
        back = (newest.year - day.year) * 12 + newest.month - day.month
        if back >= 0:
            yield back, symbol


def laid_out(column: Column, newest: date, signs: Mapping[str, str], missing: str, limit: int) -> str:
    """The grid as one sign a month from `newest` back, with `missing` where the grid has no month."""
    cells = {back: signs.get(symbol, missing) for back, symbol in months_before(column, newest) if back < limit}
    return "".join(cells.get(back, missing) for back in range(max(cells, default=-1) + 1))


def digits(day: date | None, *, month_only: bool = False) -> str | None:
    """`MMDDYYYY`, with day 00 where only the month is given away."""
    return None if day is None else f"{day.month:02d}{0 if month_only else day.day:02d}{day.year}"


def present(tree: Mapping[str, object]) -> dict[str, object]:
    """A tree without what it does not say."""
    return {name: value for name, value in tree.items() if value is not None and value != []}
