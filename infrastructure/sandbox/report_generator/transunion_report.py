"""One bureau's file as TransUnion sends it: XML with padded amounts and dates that say what of them is estimated."""

from __future__ import annotations

from datetime import date
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from domain.bureaus import Bureau
from infrastructure.sandbox.report_generator.accounts import Column
from infrastructure.sandbox.report_generator.native import (
    cases_of,
    columns_of,
    docket,
    homes_of,
    laid_out,
    looks_of,
    ssns_of,
    subscriber_code,
)
from infrastructure.sandbox.report_generator.people import Home
from infrastructure.sandbox.report_generator.plants import Draft

Node = tuple[str, object]
"""An element: its name, with attributes, and its text or its children; None is left out."""

_TUC: Final = Bureau.TRANSUNION
_FILE: Final = ' source="file"'
_KNOWN: Final = "".join(f' estimated{part}="false"' for part in ("Day", "Month", "Century", "Year"))
_RATINGS: Final = {
    "C": "01",
    "1": "02",
    "2": "03",
    "3": "04",
    "4": "05",
    "5": "05",
    "6": "05",
    "7": "07",
    "8": "08",
    "9": "09",
}
_PATTERN: Final = {
    "C": "1",
    "1": "2",
    "2": "3",
    "3": "4",
    "4": "5",
    "5": "5",
    "6": "5",
    "7": "X",
    "8": "X",
    "9": "5",
    "U": "X",
}
_PORTFOLIOS: Final = {"R": "revolving", "I": "installment", "M": "mortgage"}
_DESIGNATORS: Final = {"I": "individual", "J": "jointContractLiability", "A": "authorizedUser", "X": "deceased"}
_TYPES: Final = {"Credit card": "CC", "Auto loan": "AU", "Conventional mortgage": "CV"}


def transunion_report(draft: Draft, pulled_on: date, score: int | None) -> bytes:
    """The file of a draft at TransUnion; without a score TransUnion has no file."""
    record: list[Node] = [("fileSummary", [("fileHitIndicator", "error" if score is None else "regularHit")])]
    record += [] if score is None else _file(draft, score)
    root: Node = (
        f"creditBureau xmlns={quoteattr('http://www.transunion.com/namespace')}",
        [
            ("document", "response"),
            ("version", "2.33"),
            ("transactionControl", [
                ("options", [("country", "us"), ("language", "en")]),
                ("tracking", [("transactionTimeStamp", f"{pulled_on.isoformat()}T09:04:10.487-06:00")]),
            ]),
            ("product", [("code", "07000"), ("subject", [("number", "1"), ("subjectRecord", record)])]),
        ],
    )  # fmt: skip
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_written(root)}'.encode()


def _written(node: Node) -> str:
    name, inside = node
    if inside is None:
        return ""
    content = "".join(map(_written, inside)) if isinstance(inside, list) else escape(str(inside))
    return f"<{name}>{content}</{name.split()[0]}>"


def _day(name: str, day: date | None) -> Node:
    return (f"{name}{_KNOWN}", None if day is None else day.isoformat())


def _padded(name: str, amount: int | None) -> Node:
    return (name, None if amount is None else f"{amount:09d}")


def _file(draft: Draft, score: int) -> list[Node]:
    columns = columns_of(draft, _TUC)
    credit: list[Node] = [("trade", _trade(column)) for column in columns if column.type_symbol != "Y"]
    credit += [("collection", _collection(column)) for column in columns if column.type_symbol == "Y"]
    credit += [
        ("publicRecord", [("type", "7X"), _day("dateFiled", case.filed), ("docketNumber", docket(draft, case)),
                          ("source", [("type", "federalDistrict")]), _padded("liabilities", 31200)])
        for case in cases_of(draft, _TUC)
    ]  # fmt: skip
    credit += [
        (
            "inquiry",
            [("ECOADesignator", "individual"), _subscriber(look.name), _day("date", look.on)],
        )
        for look in looks_of(draft, _TUC)
    ]
    results = ("scoreModel", [("score", [("results", f"+{score}")])])
    return [
        ("indicative", _person(draft)),
        ("custom", [("credit", credit)]),
        ("addOnProduct", [("code", "00V60"), ("status", "defaultDelivered"), results]),
    ]


def _person(draft: Draft) -> list[Node]:
    person = draft.person
    name = [("first", person.given.upper()), ("middle", person.middle.upper()), ("last", person.family.upper())]
    nodes: list[Node] = [(f"name{_FILE}", [("person", name)])]
    nodes += [(f"address{_FILE}", _address(home, at)) for at, home in enumerate(homes_of(draft, _TUC))]
    nodes += [(f"socialSecurity{_FILE}", [("number", ssn)]) for ssn in ssns_of(draft, _TUC)]
    nodes += [(f"dateOfBirth{_KNOWN}{_FILE}", person.born.isoformat())]
    employer = ("employer", [("unparsed", person.employer.upper())])
    return [*nodes, (f"employment{_FILE}", [employer, _day("dateEffective", person.homes[0].reported)])]


def _address(home: Home, position: int) -> list[Node]:
    return [
        ("status", "previous" if position else "current"),
        ("street", [("number", home.number), ("name", home.street.upper()), ("type", home.kind[:2].upper())]),
        ("location", [("city", home.city.upper()), ("state", home.state), ("zipCode", home.postal_code)]),
        _day("dateReported", home.reported),
    ]


def _subscriber(creditor: str) -> Node:
    code, name = subscriber_code(creditor, "TUC"), [("unparsed", creditor)]
    return ("subscriber", [("industryCode", "B"), ("memberCode", code), ("name", name)])


def _trade(column: Column) -> list[Node]:
    return [
        _subscriber(column.creditor),
        ("portfolioType", _PORTFOLIOS[column.type_symbol]),
        ("accountNumber", column.number),
        ("ECOADesignator", _DESIGNATORS[column.designator]),
        _day("dateOpened", column.opened),
        _day("dateEffective", column.reported),
        _day("dateClosed", column.closed),
        _padded("currentBalance", column.balance),
        _padded("highCredit", column.high_balance),
        _padded("creditLimit", column.credit_limit),
        ("accountRating", _RATINGS.get(column.pay_status, "UR")),
        *_remarks(column),
        ("terms", [
            ("paymentFrequency", "monthly"),
            ("paymentScheduleMonthCount", f"{column.term_months:03d}" if column.term_months else "MIN"),
            _padded("scheduledMonthlyPayment", column.monthly_payment),
        ]),
        ("account", [("type", _TYPES.get(column.type_words))]),
        _padded("pastDue", column.past_due),
        ("paymentHistory", _history(column)),
        ("mostRecentPayment", [_day("date", column.last_payment)]),
    ]  # fmt: skip


def _remarks(column: Column) -> list[Node]:
    return [("remark", [("code", remark[:3].upper()), ("type", "affiliate")]) for remark in column.remarks]


def _history(column: Column) -> list[Node]:
    counters: list[Node] = [
        ("monthsReviewedCount", len(column.history)),
        ("late30DaysTotal", f"{column.late_count('1'):02d}"),
        ("late60DaysTotal", f"{column.late_count('2'):02d}"),
        ("late90DaysTotal", f"{sum(column.late_count(symbol) for symbol in '3456'):02d}"),
    ]
    if not column.history:
        return [("historicalCounters", counters)]
    newest = column.history[0][0]
    text = laid_out(column, newest, _PATTERN, "X", len(column.history))
    return [("paymentPattern", [_day("startDate", newest), ("text", text)]), ("historicalCounters", counters)]


def _collection(column: Column) -> list[Node]:
    original: list[Node] = [_padded("balance", column.high_balance)]
    if column.original_creditor:
        original += [("creditGrantor", [("unparsed", column.original_creditor)])]
    return [
        _subscriber(column.creditor),
        ("accountNumber", column.number),
        ("ECOADesignator", _DESIGNATORS[column.designator]),
        _day("dateOpened", column.opened),
        _day("dateEffective", column.reported),
        _padded("currentBalance", column.balance),
        _padded("pastDue", column.past_due),
        ("original", original),
        ("accountRating", "9B"),
        *_remarks(column),
        ("mostRecentPayment", [_day("date", column.last_payment)]),
    ]
