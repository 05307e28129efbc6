"""One bureau's file as Experian sends it: JSON in which almost everything is a code, and no words go with it."""

from __future__ import annotations

import json
from datetime import date
from typing import Final

from domain.bureaus import Bureau
from infrastructure.sandbox.report_generator.accounts import Column
from infrastructure.sandbox.report_generator.native import (
    cases_of,
    columns_of,
    digits,
    docket,
    homes_of,
    laid_out,
    late_months,
    looks_of,
    present,
    ssns_of,
    subscriber_code,
    type_code,
)
from infrastructure.sandbox.report_generator.people import Home
from infrastructure.sandbox.report_generator.plants import Draft

Tree = dict[str, object]
_EXP: Final = Bureau.EXPERIAN
_STATUSES: Final = {
    "C": "11", "1": "71", "2": "78", "3": "80", "4": "82", "5": "83", "6": "84", "7": "89", "8": "96", "9": "97",
}  # fmt: skip
_CONDITIONS: Final = {"O": "A1", "C": "A3", "P": "A2", "T": "05"}
_DESIGNATORS: Final = {"I": "1", "J": "2", "A": "3", "X": "X"}
_SIGNS: Final = {symbol: symbol for symbol in "C12345678"} | {"9": "L", "U": "-"}
_SHORT: Final = 25
_LONG: Final = 84


def experian_report(draft: Draft, pulled_on: date, score: int | None) -> bytes:
    """The file of a draft at Experian; without a score Experian has no file."""
    header = {"reportDate": f"{pulled_on:%m%d%y}", "y2kReportedDate": digits(pulled_on), "versionNo": "07"}
    profile: Tree = {"headerRecord": [header], "informationalMessage": [{"messageNumber": "07"}]}
    profile |= {} if score is None else _file(draft, score)
    return json.dumps({"creditProfile": [profile]}).encode()


def _file(draft: Draft, score: int) -> Tree:
    person, columns = draft.person, columns_of(draft, _EXP)
    born = person.born
    name = {"firstName": person.given.upper(), "middleName": person.middle[:1].upper(), "type": "N"}
    return {
        "addressInformation": [_address(home) for home in homes_of(draft, _EXP)],
        "consumerIdentity": {
            "dob": {"day": f"{born.day:02d}", "month": f"{born.month:02d}", "year": str(born.year)},
            "name": [{**name, "surname": person.family.upper()}],
        },
        "employmentInformation": [
            {"name": person.employer.upper(), "lastUpdatedDate": digits(person.homes[0].reported)}
        ],
        "inquiry": [
            {"amount": "UNKNOWN", "date": digits(look.on), "kob": "BC", "terms": "UNK", "type": "18",
             "subscriberCode": subscriber_code(look.name, "EXP"), "subscriberName": look.name}
            for look in looks_of(draft, _EXP)
        ],
        "publicRecord": [
            {"amount": "00031200", "bankruptcyAssetAmount": "00002500", "courtName": "US BKPT CT", "status": "15",
             "filingDate": digits(case.filed), "statusDate": digits(case.discharged),
             "referenceNumber": docket(draft, case), "ecoa": "1"}
            for case in cases_of(draft, _EXP)
        ],
        "riskModel": [{"evaluation": "P", "modelIndicator": "V4", "score": f"{score:04d}"}],
        "ssn": [{"number": ssn} for ssn in ssns_of(draft, _EXP)],
        "tradeline": [_tradeline(column) for column in columns],
        "directCheck": [_direct_check(column) for column in columns],
        "endTotals": [{"totalSegments": "001"}],
    }  # fmt: skip


def _address(home: Home) -> Tree:
    return {
        "streetPrefix": home.number,
        "streetName": home.street.upper(),
        "streetSuffix": home.kind[:2].upper(),
        "city": home.city.upper(),
        "state": home.state,
        "zipCode": home.postal_code,
        "lastUpdatedDate": digits(home.reported),
    }


def _amount(amount: int | None, width: int) -> str:
    return "UNKNOWN" if amount is None else f"{amount:0{width}d}"


def _tradeline(column: Column) -> Tree:
    in_collection = column.type_symbol == "Y"
    status = "93" if in_collection else _STATUSES.get(column.pay_status)
    signs = _SIGNS | ({"9": "G"} if in_collection else {})
    history = laid_out(column, column.reported, signs, "-", _LONG)
    revolving = column.type_symbol == "R"
    return present(
        {
            "accountNumber": column.number,
            "accountType": type_code(column),
            "amount1": _amount(column.credit_limit if revolving else column.high_balance, 8),
            "amount1Qualifier": "L" if revolving else "O",
            "amount2": _amount(column.high_balance, 8) if revolving else None,
            "amount2Qualifier": "H" if revolving else None,
            "amountPastDue": _amount(column.past_due, 8),
            "balanceAmount": _amount(column.balance, 8),
            "balanceDate": digits(column.reported),
            "delinquencies30Days": f"{late_months(column, '1'):02d}",
            "delinquencies60Days": f"{late_months(column, '2'):02d}",
            "delinquencies90to180Days": f"{sum(late_months(column, symbol) for symbol in '3456'):02d}",
            "ecoa": _DESIGNATORS[column.designator],
            "enhancedPaymentData": {
                "creditLimitAmount": _amount(column.credit_limit, 10),
                "highBalanceAmount": _amount(column.high_balance, 10),
                "enhancedAccountCondition": _condition(column, status),
                "enhancedAccountType": type_code(column),
                "enhancedPaymentHistory84": history,
                "enhancedPaymentStatus": status,
                "enhancedTerms": _terms(column),
            },
            "evaluation": "P" if column.pay_status == "C" else "N",
            "kob": "YC" if in_collection else "BC",
            "lastPaymentDate": digits(column.last_payment),
            "monthlyPaymentAmount": _amount(column.monthly_payment, 8),
            "monthsHistory": f"{len(column.history):02d}",
            "openDate": digits(column.opened),
            "openOrClosed": column.open_closed,
            "originalCreditorName": column.original_creditor,
            "paymentHistory": history[:_SHORT],
            "revolvingOrInstallment": "R" if revolving else "I",
            "specialComment": "19" if column.remarks else None,
            "status": status,
            "statusDate": digits(column.status_date),
            "subscriberCode": subscriber_code(column.creditor, "EXP"),
            "subscriberName": column.creditor,
            "terms": _terms(column),
        }
    )


def _condition(column: Column, status: str | None) -> str:
    """Late accounts keep the condition of an open one; a charge-off or collection is its own condition."""
    return status if status and status in ("93", "97") else _CONDITIONS.get(column.condition, "A1")


def _terms(column: Column) -> str:
    return f"{column.term_months:03d}" if column.term_months else "REV"


def _direct_check(column: Column) -> Tree:
    box = sum(map(ord, column.creditor))
    return {
        "subscriberName": column.creditor,
        "subscriberCode": subscriber_code(column.creditor, "EXP"),
        "subscriberPhone": f"80055501{box % 100:02d}",
        "subscriberAddress": f"PO BOX {box}",
        "subscriberCity": "WILMINGTON",
        "subscriberState": "DE",
        "subscriberZipCode": "19850",
    }
