"""One bureau's file as Equifax sends it: JSON with coded values and dates that know only their month."""

from __future__ import annotations

import json
from datetime import date
from typing import Final

from domain.bureaus import Bureau
from infrastructure.sandbox.report_generator.accounts import Column, months_back
from infrastructure.sandbox.report_generator.native import (
    cases_of,
    columns_of,
    digits,
    docket,
    homes_of,
    late_months,
    looks_of,
    months_before,
    present,
    ssns_of,
    subscriber_code,
    type_code,
)
from infrastructure.sandbox.report_generator.people import Home
from infrastructure.sandbox.report_generator.plants import Draft
from infrastructure.sandbox.report_generator.records import Look

Tree = dict[str, object]
_EFX: Final = Bureau.EQUIFAX
_RATES: Final = {"C": "1", "1": "2", "2": "3", "3": "4", "4": "5", "5": "5", "6": "5", "7": "8", "8": "8", "9": "9"}
_RATE_WORDS: Final = {
    "1": "Pays account as agreed", "2": "Not more than two payments past due",
    "3": "Not more than three payments past due",
    "4": "Not more than four payments past due", "5": "At least 120 days or more than four payments past due",
    "8": "Repossession", "9": "Charge-off", "0": "Too new to rate",
}  # fmt: skip
_PORTFOLIOS: Final = {"R": "Revolving", "I": "Installment", "M": "Mortgage"}
_ACTIVITY: Final = {"P": ("B", "Paid and Closed"), "C": ("C", "Closed"), "T": ("T", "Transfer/Sold")}
_DESIGNATORS: Final = {"I": "Individual Account", "J": "Joint Account", "A": "Authorized User", "X": "Deceased"}
_MONTHS: Final = 48


def equifax_report(draft: Draft, pulled_on: date, score: int | None) -> bytes:
    """The file of a draft at Equifax; without a score Equifax has no file."""
    report = _no_hit(pulled_on) if score is None else _hit(draft, pulled_on, score)
    return json.dumps({"status": "completed", "consumers": {"equifaxUSConsumerCreditReport": [report]}}).encode()


def _no_hit(pulled_on: date) -> Tree:
    return {"reportDate": digits(pulled_on), "hitCode": _code("2", "No-Hit")}


def _hit(draft: Draft, pulled_on: date, score: int) -> Tree:
    person, columns = draft.person, columns_of(draft, _EFX)
    collectors = [column for column in columns if column.type_symbol == "Y"]
    return {
        "identifier": "Individual Report 1",
        "hitCode": _code("1", "Hit"),
        "fileSinceDate": digits(person.homes[-1].reported),
        "reportDate": digits(pulled_on),
        "subjectName": {"firstName": person.given.upper(), "middleName": person.middle.upper(),
                        "lastName": person.family.upper()},
        "subjectSocialNum": ssns_of(draft, _EFX)[-1],
        "birthDate": digits(person.born),
        "addresses": [_address(home, position) for position, home in enumerate(homes_of(draft, _EFX))],
        "employments": [{"employer": person.employer.upper(), "dateLastReported": digits(person.homes[0].reported)}],
        "trades": [_trade(column) for column in columns if column.type_symbol != "Y"],
        "collections": [_collection(column) for column in collectors],
        "inquiries": [_inquiry(look) for look in looks_of(draft, _EFX)],
        "bankruptcies": [{"type": "I", "dateFiled": digits(case.filed), "caseNumber": docket(draft, case),
                          "currentIntentOrDispositionCode": _code("A", "Discharged Chapter 7"),
                          "currentDispositionDate": digits(case.discharged)} for case in cases_of(draft, _EFX)],
        "models": [{"type": "MODEL", "modelNumber": "02778", "score": score}],
        "onlineDirectory": [_directory(column) for column in columns],
        "identification": {"subjectSocialNum": person.ssn, "inquirySocialNum": person.ssn},
    }  # fmt: skip


def _code(code: str | int, description: str) -> Tree:
    return {"code": code, "description": description}


def _address(home: Home, position: int) -> Tree:
    return {
        "addressType": "former" if position else "current",
        "houseNumber": home.number,
        "streetName": home.street.upper(),
        "streetType": home.kind[:2].upper(),
        "addressLine1": home.line.upper(),
        "cityName": home.city.upper(),
        "stateAbbreviation": home.state,
        "zipCode": home.postal_code,
        "dateLastReported": digits(home.reported),
    }


def _trade(column: Column) -> Tree:
    rate = _RATES.get(column.pay_status, "0")
    return present(
        {
            "customerNumber": subscriber_code(column.creditor, "EQF"),
            "customerName": column.creditor,
            "monthsReviewed": f"{len(column.history):02d}",
            "accountDesignator": _code(column.designator, _DESIGNATORS[column.designator]),
            "accountNumber": column.number,
            "thirtyDayCounter": late_months(column, "1"),
            "sixtyDayCounter": late_months(column, "2"),
            "ninetyDayCounter": sum(late_months(column, symbol) for symbol in "3456"),
            "dateReported": digits(column.reported, month_only=True),
            "dateOpened": digits(column.opened, month_only=True),
            "closedDate": digits(column.closed, month_only=True),
            "lastPaymentDate": digits(column.last_payment, month_only=True),
            "lastActivityDate": f"{column.reported.month:02d}{column.reported.year}",
            "dateMajorDelinquencyFirstReported": digits(column.status_date, month_only=True) if rate == "9" else None,
            "highCredit": column.high_balance,
            "creditLimit": column.credit_limit,
            "balance": column.balance,
            "pastDueAmount": column.past_due,
            "scheduledPaymentAmount": column.monthly_payment,
            "portfolioTypeCode": _code(column.type_symbol, _PORTFOLIOS[column.type_symbol]),
            "accountTypeCode": _code(type_code(column), column.type_words),
            "rate": _code(int(rate), _RATE_WORDS[rate]),
            "activityDesignatorCode": _code(*_ACTIVITY[column.condition]) if column.condition in _ACTIVITY else None,
            "termsDurationCode": _code(f"{column.term_months}M", "Months") if column.term_months else None,
            "narrativeCodes": [_code(remark[:2].upper(), remark) for remark in column.remarks],
            "rawNarrativeCodes": [remark[:2].upper() for remark in column.remarks],
            **_history(column),
        }
    )


def _history(column: Column) -> Tree:
    newest = months_back(column.reported.replace(day=1), 1)
    cells = dict(months_before(column, newest))
    if not cells:
        return {}
    row = [_cell(cells.get(back)) for back in range(_MONTHS)]
    return {
        "paymentHistory1to24": [*row[:12], {"code": "/"}, *row[12:24]],
        "paymentHistory25to36": row[24:36],
        "paymentHistory37to48": row[36:48],
        **_previous_highs([(months_back(newest, back), cells[back]) for back in sorted(cells) if back >= _MONTHS]),
    }


def _cell(symbol: str | None) -> Tree:
    return {"code": " " if symbol is None else _RATES.get(symbol, "*")}


def _previous_highs(older: list[tuple[date, str]]) -> Tree:
    """Up to three late months from before the history, the worst first."""
    late = sorted((cell for cell in older if cell[1].isdigit()), key=lambda cell: _RATES[cell[1]], reverse=True)[:3]
    highs: Tree = {}
    for number, (month, symbol) in enumerate(late, start=1):
        highs |= {
            f"previousHighRate{number}": int(_RATES[symbol]),
            f"previousHighDate{number}": f"{month.month:02d}{month.year}",
        }
    return highs


def _collection(column: Column) -> Tree:
    return present(
        {
            "customerNumber": subscriber_code(column.creditor, "EQF"),
            "clientNameOrNumber": column.original_creditor,
            "accountNumber": column.number,
            "accountDesignatorCode": _code(column.designator, _DESIGNATORS[column.designator]),
            "statusCode": _code("D", "Unpaid"),
            "statusDate": digits(column.status_date),
            "dateAssigned": digits(column.opened),
            "dateReported": digits(column.reported),
            "lastPaymentDate": digits(column.last_payment),
            "originalAmount": str(column.high_balance),
            "balance": str(column.balance),
            "narrativeCodes": [_code(remark[:2].upper(), remark) for remark in column.remarks],
        }
    )


def _inquiry(look: Look) -> Tree:
    return {
        "type": "inquiry",
        "industryCode": "BB",
        "inquiryDate": digits(look.on),
        "customerNumber": subscriber_code(look.name, "EQF"),
        "customerName": look.name,
    }


def _directory(column: Column) -> Tree:
    box = sum(map(ord, column.creditor))
    return {
        "customerNumber": subscriber_code(column.creditor, "EQF"),
        "customerName": column.creditor,
        "telephoneNumber": f"80055501{box % 100:02d}",
        "addressLine1": f"PO BOX {box}",
        "city": "WILMINGTON",
        "stateAbbreviation": "DE",
        "zipCode": "19850",
    }
