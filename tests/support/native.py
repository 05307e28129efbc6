"""Small reports in the bureaus' own formats, to be bent in tests, and what they must agree on with TrueLink's."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, CanonicalReport, PaymentLevel
from domain.partial_dates import PartialDate
from infrastructure.reports import UnreadableReport
from infrastructure.reports.cursor import Cursor, Tally

AS_OF = date(2026, 1, 5)
Tree = dict[str, Any]

_EQUIFAX: Tree = {
    "reportDate": "01052026",
    "subjectName": {"firstName": "AVERY", "middleInitial": "Q", "lastName": "HOLLIS"},
    "formerNames": [{"firstName": "AVERY", "lastName": "BEXLEY"}],
    "subjectSocialNum": "900123456",
    "birthDate": "04001980",
    "addresses": [
        {"addressType": "current", "addressLine1": "12 MAPLE ST", "cityName": "TRENTON", "stateAbbreviation": "NJ",
         "zipCode": "08608", "dateLastReported": "11002024"},
    ],
    "employments": [{"employer": "CALDER FREIGHT", "dateLastReported": "05002023"}],
    "identification": {"inquirySocialNum": "900999999"},
    "trades": [
        {
            "customerNumber": "801ON00119",
            "customerName": "FIRST QUARRY BANK",
            "accountNumber": "906344321",
            "accountDesignator": {"code": "I", "description": "Individual Account"},
            "accountTypeCode": {"code": "18", "description": "Credit Card"},
            "portfolioTypeCode": {"code": "R", "description": "Revolving"},
            "rate": {"code": 1, "description": "Pays account as agreed"},
            "dateOpened": "03002019",
            "dateReported": "12002025",
            "balance": 500,
            "highCredit": 900,
            "creditLimit": 2000,
            "monthsReviewed": "52",
            "thirtyDayCounter": 1,
            "narrativeCodes": [{"code": "FE", "description": "CREDIT CARD"}],
            "termsDurationCode": {"code": "12M", "description": "Months"},
            "paymentHistory1to24": [{"code": "E"}, {"code": "1"}, {"code": "2"}, {"code": "*"}, {"code": " "}],
        }
    ],
    "collections": [
        {"customerNumber": "910YC00001", "clientNameOrNumber": "NORTHSTAR WIRELESS", "accountNumber": "77001234",
         "dateAssigned": "02102024", "dateReported": "12202025", "originalAmount": "400", "balance": "400",
         "dateOfFirstDelinquency": "08152023", "statusCode": {"code": "D", "description": "Unpaid"},
         "creditorClassificationCode": {"code": "2", "description": "Medical/Health Care"}},
    ],
    "inquiries": [{"type": "inquiry", "inquiryDate": "06072025", "customerName": "CHASE", "industryCode": "BB"}],
    "bankruptcies": [{"type": "I", "caseNumber": "18-00001", "dateFiled": "02032018",
                      "currentIntentOrDispositionCode": {"code": "A", "description": "Discharged"}}],
    "models": [{"modelNumber": "02778", "score": 650}],
    "onlineDirectory": [{"customerNumber": "910YC00001", "customerName": "MIDVALE RECOVERY", "addressLine1": "PO BOX 1",
                         "city": "WILMINGTON", "stateAbbreviation": "DE", "zipCode": "19850"}],
}  # fmt: skip

_TRANSUNION: Tree = {
    "transactionControl": {"tracking": {"transactionTimeStamp": "2026-01-05T18:04:10.487-06:00"}},
    "product": {
        "subject": {
            "subjectRecord": {
                "indicative": {
                    "name": {"person": {"first": "AVERY", "last": "HOLLIS"}},
                    "address": {"status": "current", "street": {"number": "12", "name": "MAPLE", "type": "ST"},
                                "location": {"city": "TRENTON", "state": "NJ", "zipCode": "08608"}},
                    "socialSecurity": {"number": "900123456"},
                    "dateOfBirth": "1980-04-02",
                    "employment": {"employer": {"unparsed": "CALDER FREIGHT"}, "dateEffective": "2023-05-01"},
                },
                "custom": {
                    "credit": {
                        "trade": {
                            "subscriber": {"industryCode": "B", "memberCode": "0235061Z",
                                           "name": {"unparsed": "FIRST QUARRY BANK"}},
                            "portfolioType": "revolving",
                            "accountNumber": "521852294321",
                            "ECOADesignator": "individual",
                            "dateOpened": "2019-03-04",
                            "dateEffective": "2025-12-20",
                            "currentBalance": "000000500",
                            "highCredit": "000000900",
                            "creditLimit": "000002000",
                            "pastDue": "000000000",
                            "accountRating": "01",
                            "remark": {"code": "CBC", "type": "affiliate"},
                            "terms": {"paymentScheduleMonthCount": "072", "scheduledMonthlyPayment": "000000025"},
                            "paymentHistory": {
                                "paymentPattern": {"startDate": "2025-11-20", "text": "12X5"},
                                "historicalCounters": {"monthsReviewedCount": "33", "late30DaysTotal": "01"},
                            },
                            "mostRecentPayment": {"date": "2025-12-01"},
                        },
                        "collection": {
                            "subscriber": {"memberCode": "07YC", "name": {"unparsed": "MIDVALE RECOVERY"}},
                            "accountNumber": "77001234",
                            "dateOpened": "2024-02-10",
                            "dateEffective": "2025-12-20",
                            "currentBalance": "000000400",
                            "accountRating": "9B",
                            "original": {"balance": "000000400", "creditGrantor": {"unparsed": "NORTHSTAR WIRELESS"}},
                        },
                        "inquiry": {"subscriber": {"name": {"unparsed": "CHASE"}}, "date": "2025-06-07"},
                        "publicRecord": {"type": "7X", "dateFiled": "2018-02-03", "docketNumber": "18-00001",
                                         "liabilities": "000031200"},
                        "creditSummary": {"totalAmount": "000000900"},
                    }
                },
                "addOnProduct": {"code": "00V60", "scoreModel": {"score": {"results": "+650"}}},
            }
        }
    },
}  # fmt: skip

_EXPERIAN: Tree = {
    "headerRecord": [{"reportDate": "010526", "y2kReportedDate": "01052026"}],
    "addressInformation": [{"streetPrefix": "12", "streetName": "MAPLE", "streetSuffix": "ST", "city": "TRENTON",
                            "state": "NJ", "zipCode": "086081234", "lastUpdatedDate": "11202024"}],
    "consumerIdentity": {"dob": {"day": "2", "month": "04", "year": "1980"},
                         "name": [{"firstName": "AVERY", "surname": "HOLLIS", "type": "N"}]},
    "employmentInformation": [{"name": "CALDER FREIGHT", "lastUpdatedDate": "05012023"}],
    "ssn": [{"number": "900123456"}],
    "riskModel": [{"modelIndicator": "V4", "score": "0650"}],
    "inquiry": [{"date": "06072025", "subscriberName": "CHASE", "kob": "BC", "type": "18"}],
    "publicRecord": [{"amount": "00031200", "courtName": "US BKPT CT", "filingDate": "02032018",
                      "referenceNumber": "18-00001", "status": "15"}],
    "directCheck": [{"subscriberName": "CHASE", "subscriberCode": "1", "subscriberAddress": "PO BOX 1"}],
    "tradeline": [
        {
            "accountNumber": "5218XXXXXXXX",
            "accountType": "18",
            "amount1": "00002000",
            "amount1Qualifier": "L",
            "amount2": "00000900",
            "amount2Qualifier": "H",
            "amountPastDue": "UNKNOWN",
            "balanceAmount": "00000500",
            "balanceDate": "12202025",
            "delinquencies30Days": "01",
            "ecoa": "1",
            "enhancedPaymentData": {
                "enhancedAccountCondition": "A1", "enhancedPaymentStatus": "11", "creditLimitAmount": "0000002000",
                "enhancedPaymentHistory84": "BC1-N0G", "firstDelinquencyDate": "11012025",
            },
            "lastPaymentDate": "12012025",
            "monthsHistory": "82",
            "openDate": "03042019",
            "openOrClosed": "O",
            "paymentHistory": "BC1",
            "revolvingOrInstallment": "R",
            "specialComment": "19",
            "status": "11",
            "subscriberName": "FIRST QUARRY BANK",
            "terms": "REV",
        }
    ],
}  # fmt: skip


def equifax_tree() -> Tree:
    """A fresh copy of a small Equifax report: one trade, one collection."""
    return copy.deepcopy(_EQUIFAX)


def equifax_raw(report: Any) -> bytes:
    """An Equifax report in its envelope."""
    return json.dumps({"status": "completed", "consumers": {"equifaxUSConsumerCreditReport": [report]}}).encode()


def transunion_tree() -> Tree:
    """A fresh copy of a small TransUnion report: one trade, one collection."""
    return copy.deepcopy(_TRANSUNION)


def transunion_credit(tree: Tree) -> Tree:
    """Where the accounts of `transunion_tree()` are."""
    credit: Tree = tree["product"]["subject"]["subjectRecord"]["custom"]["credit"]
    return credit


def transunion_raw(report: Any) -> bytes:
    """The tree as an XML document; names starting with `@` become attributes, lists repeated elements."""
    return ('<?xml version="1.0" encoding="UTF-8"?>' + _element("creditBureau", report, _NAMESPACE)).encode()


_NAMESPACE = ' xmlns="http://www.transunion.com/namespace"'


def _element(name: str, node: Any, said: str = "") -> str:
    if isinstance(node, list):
        return "".join(_element(name, item) for item in node)
    if not isinstance(node, dict):
        return f"<{name}{said}>{escape('' if node is None else str(node))}</{name}>"
    said += "".join(f' {key[1:]}="{value}"' for key, value in node.items() if key.startswith("@"))
    inside = "".join(_element(key, value) for key, value in node.items() if key[:1] not in ("@", "$"))
    return f"<{name}{said}>{inside}{escape(str(node.get('$', '')))}</{name}>"


def experian_tree() -> Tree:
    """A fresh copy of a small Experian report: one tradeline."""
    return copy.deepcopy(_EXPERIAN)


def experian_raw(report: Any) -> bytes:
    """An Experian report in its envelope."""
    return json.dumps({"creditProfile": [report]}).encode()


def cursor(tree: Tree) -> Cursor:
    """A reader at the root of a tree."""
    return Cursor(tree, "", Tally())


def survives(parse: Callable[[bytes], CanonicalReport], content: bytes, bureau: Bureau) -> None:
    """Whatever the bytes are, they are refused at a place or read as this bureau's alone."""
    place = "/"
    try:
        report = parse(content)
    except UnreadableReport as refusal:
        place = refusal.place
    else:
        assert CanonicalReport.model_validate_json(report.model_dump_json()) == report
        assert {row.bureau for row in report.rows()} <= {bureau}
        assert {section.bureau for section in report.sections if section.present} <= {bureau}
        assert {part.bureau for part in (*report.personal, *report.inquiries, *report.public_records)} <= {bureau}
    assert place.startswith("/")


EXACT = (
    "creditor_name", "account_number", "account_masked", "account_type", "balance", "high_balance", "credit_limit",
    "past_due", "monthly_payment", "term_months", "months_reviewed", "late_30", "late_60", "late_90", "designator",
)  # fmt: skip
DATES = ("opened", "reported", "last_payment")


def fields(row: BureauTradeline, *names: str) -> dict[str, Any]:
    """Some fields of a row."""
    return {name: getattr(row, name) for name in names}


def to_the_month(found: PartialDate | None) -> PartialDate | None:
    """A date as a format knows it that has no days."""
    return None if found is None else PartialDate(year=found.year, month=found.month)


def at_most_120(level: PaymentLevel | None) -> PaymentLevel | None:
    """A level as a format knows it that counts no further than 120 days."""
    return PaymentLevel.LATE_120 if level in (PaymentLevel.LATE_150, PaymentLevel.LATE_180) else level


def months_back(row: BureauTradeline, month: str) -> int:
    """How many months before the row's report a month lies."""
    assert row.reported is not None
    assert row.reported.month is not None
    return (row.reported.year - int(month[:4])) * 12 + row.reported.month - int(month[5:])


def grid_of(row: BureauTradeline, level: Callable[[PaymentLevel | None], PaymentLevel | None] = lambda x: x) -> Tree:
    """Months and levels of a row's grid, without months that have no data."""
    return {cell.month: level(cell.level) for cell in row.history if cell.level is not PaymentLevel.NOT_REPORTED}


def rows_of(report: CanonicalReport, bureau: Bureau, collections_last: bool = True) -> list[BureauTradeline]:
    """A bureau's rows, in the order a bureau's own report has them."""
    return sorted(report.rows(bureau), key=lambda row: collections_last and row.is_collection)


def same_file(native: CanonicalReport, merged: CanonicalReport, bureau: Bureau) -> None:
    """What both say beside the accounts: who, when, the score, who asked, and the court record."""
    mine, other = native.section(bureau), merged.section(bureau)
    assert fields_of(mine) == fields_of(other)
    (person,) = native.personal
    (named,) = [part for part in merged.personal if part.bureau is bureau]
    assert [(name.first, name.last) for name in person.names] == [(name.first, name.last) for name in named.names]
    assert set(person.ssns) <= set(named.ssns)
    assert {a.postal_code for a in person.addresses} == {a.postal_code for a in named.addresses}
    assert [e.name for e in person.employers] == [e.name for e in named.employers]
    asked = [i for i in merged.inquiries if i.bureau is bureau and i.hard is not False]
    assert {i.inquired_on for i in native.inquiries} == {i.inquired_on for i in asked}
    (record,) = native.public_records
    assert [(record.filed, record.reference_number)] == [
        (r.filed, r.reference_number) for r in merged.public_records if r.bureau is bureau
    ]


def fields_of(section: Any) -> dict[str, Any]:
    """What a section says of itself."""
    return section.model_dump(include={"present", "borrower_present", "score", "tradeline_count", "pulled_on"})
