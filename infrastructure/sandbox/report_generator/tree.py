"""An invented report as TrueLink's tree, in plain names; the encodings are made from it."""

from __future__ import annotations

from datetime import date
from typing import Final

from domain.bureaus import Bureau
from infrastructure.sandbox.report_generator.accounts import Account, Column
from infrastructure.sandbox.report_generator.people import Home, Person
from infrastructure.sandbox.report_generator.plants import Draft
from infrastructure.sandbox.report_generator.records import Bankruptcy

SYMBOLS: Final = {Bureau.TRANSUNION: "TUC", Bureau.EXPERIAN: "EXP", Bureau.EQUIFAX: "EQF"}
_SUMMARIES: Final = {Bureau.TRANSUNION: "TransUnion", Bureau.EXPERIAN: "Experian", Bureau.EQUIFAX: "Equifax"}
_CONDITIONS: Final = {
    "O": "Open", "C": "Closed", "P": "Paid", "F": "Derogatory", "R": "Refinanced",
    "T": "Transferred",
}  # fmt: skip
_OPEN_CLOSED: Final = {"O": "Open", "C": "Closed"}
_PAY_STATUS: Final = {
    "C": "Current", "1": "Late 30 Days", "2": "Late 60 Days", "3": "Late 90 Days", "4": "Late 120 Days",
    "5": "Late 150 Days", "6": "Late 180 Days", "9": "Collection/Chargeoff", "U": "Unknown",
}  # fmt: skip
_DESIGNATORS: Final = {"I": "Individual", "J": "Joint", "A": "Authorized user", "X": "Deceased"}
_TYPES: Final = {"R": "Revolving", "I": "Installment", "M": "Mortgage", "Y": "Collection"}
_IN_DISPUTE: Final = {"symbol": "T", "description": "Account disputed", "abbreviation": "Disputed"}
_NOT_IN_DISPUTE: Final = {"symbol": "F", "description": "Account not disputed", "abbreviation": "Not disputed"}

Tree = dict[str, object]


def _code(symbol: str, words: dict[str, str]) -> Tree:
    return {"symbol": symbol, "description": words[symbol], "abbreviation": words[symbol], "rank": "100"}


def _source(bureau: Bureau) -> Tree:
    symbol = SYMBOLS[bureau]
    named = {"symbol": symbol, "description": bureau.display_name, "abbreviation": bureau.display_name}
    return {"BorrowerKey": "", "Bureau": named}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _amount(amount: int | None) -> str | None:
    return None if amount is None else str(amount)


def report_tree(
    draft: Draft, pulled_on: date, scores: dict[Bureau, int], *, first_delinquencies: bool = False
) -> Tree:
    """The `TrueLinkCreditReportType` of a draft. A bureau without a score is an empty section.

    TrueLink prints no date of first delinquency; `first_delinquencies` adds it for encodings that do.
    """
    return {
        "SB168Frozen": {"equifax": "false", "experian": "false", "transunion": "false"},
        "Borrower": _borrower(draft, scores),
        "TradeLinePartition": [_partition(account, scores, first_delinquencies) for account in draft.accounts],
        "InquiryPartition": [{"Inquiry": inquiry} for inquiry in _inquiries(draft, scores)],
        "PulblicRecordPartition": _public_records(draft, scores),
        "Subscriber": _subscribers(draft, scores),
        "Sources": {
            "Source": [{**_source(bureau), "InquiryDate": f"{pulled_on.isoformat()}-07:00"} for bureau in scores]
        },
        **({"Summary": {"TradelineSummary": _summary(draft.listed)}} if draft.listed else {}),
        "SafetyCheckPassed": "true",
        "DeceasedIndicator": "true" if draft.deceased else "false",
        "FraudIndicator": "false",
    }


def _summary(listed: dict[Bureau, int]) -> Tree:
    return {_SUMMARIES[bureau]: {"TotalAccounts": str(total)} for bureau, total in listed.items()}


def _borrower(draft: Draft, scores: dict[Bureau, int]) -> Tree:
    person = draft.person
    homes = [(bureau, home) for bureau in scores for home in person.homes[:1]]
    former = [(bureau, home) for bureau in scores for home in person.homes[1:] if bureau in home.seen_by]
    former += [(bureau, home) for bureau, home in draft.extra_homes.items() if bureau in scores]
    ssns = [(bureau, person.ssn) for bureau in scores]
    ssns += [(bureau, ssn) for bureau, ssn in draft.other_ssns.items() if bureau in scores]
    return {
        "BorrowerName": [_name(person, bureau) for bureau in scores],
        "BorrowerAddress": [_address(home, bureau) for bureau, home in homes],
        "PreviousAddress": [_address(home, bureau) for bureau, home in former],
        "Birth": [_birth(person, bureau) for bureau in scores],
        "SocialPartition": [
            {"Social": [{"SocialSecurityNumber": ssn, "Source": _source(bureau)}]} for bureau, ssn in ssns
        ],
        "Employer": [
            {"name": person.employer.upper(), "dateReported": _day(person.homes[0].reported), "Source": _source(bureau)}
            for bureau in scores
        ],
        "CreditScore": [
            {
                "riskScore": str(score),
                "scoreName": "VantageScore 3.0",
                "populationRank": "48",
                "Source": _source(bureau),
            }
            for bureau, score in scores.items()
        ],
    }


def _name(person: Person, bureau: Bureau) -> Tree:
    middle = person.middle[:1] if bureau is Bureau.EXPERIAN else person.middle
    suffix = "" if bureau is Bureau.EQUIFAX else person.suffix
    name = {"first": person.given.upper(), "middle": middle.upper(), "last": person.family.upper(), "suffix": suffix}
    return {"Name": name, "NameType": {"symbol": "1", "description": "Primary"}, "Source": _source(bureau)}


def _birth(person: Person, bureau: Bureau) -> Tree:
    born = person.born
    if bureau is Bureau.TRANSUNION:
        return {"BirthDate": {"year": str(born.year), "month": "", "day": ""}, "Source": _source(bureau)}
    day = {"year": str(born.year), "month": str(born.month), "day": str(born.day)}
    return {"date": born.isoformat(), "BirthDate": day, "Source": _source(bureau)}


def _address(home: Home, bureau: Bureau) -> Tree:
    place: Tree = {"city": home.city.upper(), "stateCode": home.state, "postalCode": home.postal_code}
    if bureau is Bureau.EQUIFAX:
        place["unparsedStreet"] = home.line.upper()
    else:
        place |= {"houseNumber": home.number, "streetName": home.street.upper(), "streetType": home.kind[:2].upper()}
    return {"CreditAddress": place, "dateReported": _day(home.reported), "Source": _source(bureau)}


def _partition(account: Account, scores: dict[Bureau, int], dated: bool) -> Tree:
    first = next(iter(account.columns.values()))
    words = _TYPES[first.type_symbol]
    return {
        "accountTypeSymbol": first.type_symbol,
        "accountTypeDescription": words,
        "accountTypeAbbreviation": words,
        "Tradeline": [
            _tradeline(column, bureau, position)
            | ({"dateFirstDelinquency": _day(column.first_delinquency)} if dated else {})
            for position, (bureau, column) in enumerate(account.columns.items(), start=1)
            if bureau in scores
        ],
    }


def _tradeline(column: Column, bureau: Bureau, position: int) -> Tree:
    tree: Tree = {
        "subscriberCode": f"{SYMBOLS[bureau]}{sum(map(ord, column.creditor)) % 9000 + 1000}",
        "creditorName": column.creditor,
        "accountNumber": column.number,
        "handle": column.handle,
        "bureau": bureau.display_name,
        "position": str(position),
        "highBalance": _amount(column.high_balance),
        "currentBalance": _amount(column.balance),
        "dateOpened": _day(column.opened),
        "dateClosed": _day(column.closed),
        "dateReported": _day(column.reported),
        "dateVerified": None,
        "dateAccountStatus": _day(column.status_date),
        "AccountCondition": _code(column.condition, _CONDITIONS),
        "OpenClosed": _code(column.open_closed, _OPEN_CLOSED),
        "PayStatus": _code(column.pay_status, _PAY_STATUS),
        "AccountDesignator": _code(column.designator, _DESIGNATORS),
        "DisputeFlag": _IN_DISPUTE if column.disputed else _NOT_IN_DISPUTE,
        "IndustryCode": {"symbol": "B", "description": "Bank"},
        "VerificationIndicator": {},
        "Remark": [
            {"RemarkCode": {"symbol": remark[:3].upper(), "description": remark}, "customRemark": ""}
            for remark in column.remarks
        ],
        "GrantedTrade": _granted(column),
        "Source": _source(bureau),
    }
    if column.type_symbol == "Y":
        tree["CollectionTrade"] = {
            "originalCreditor": column.original_creditor,
            "creditType": {"symbol": "Y", "description": column.type_words},
        }
    return tree


def _granted(column: Column) -> Tree:
    history = [{"date": day.isoformat(), "status": status} for day, status in column.history]
    grid: Tree = {"startDate": history[0]["date"], "status": "".join(s for _, s in column.history)} if history else {}
    return {
        "monthsReviewed": str(len(history)),
        "monthlyPayment": _amount(column.monthly_payment),
        "late30Count": str(column.late_count("1")),
        "late60Count": str(column.late_count("2")),
        "late90Count": str(sum(column.late_count(symbol) for symbol in "3456")),
        "dateLastPayment": _day(column.last_payment),
        "termMonths": _amount(column.term_months),
        "collateral": "",
        "amountPastDue": _amount(column.past_due),
        "worstPatStatusCount": "0",
        "AccountType": {"symbol": column.type_symbol, "description": _TYPES[column.type_symbol]},
        "CreditType": {"symbol": "CC" if column.type_symbol == "R" else "I", "description": column.type_words},
        "PaymentFrequency": {"symbol": "M", "description": "Monthly"},
        "TermType": {},
        "WorstPayStatus": _code(column.worst, _PAY_STATUS),
        "CreditLimit": _amount(column.credit_limit),
        "PayStatusHistory": {**grid, "MonthlyPayStatus": history} if history else {},
    }


def _inquiries(draft: Draft, scores: dict[Bureau, int]) -> list[Tree]:
    return [
        {
            "subscriberName": look.name,
            "subscriberNumber": str(1000 + index),
            "inquiryDate": _day(look.on),
            "inquiryType": "I" if look.hard else {"symbol": "AR", "description": "Account review"},
            "bureau": look.bureau.display_name,
            "IndustryCode": {"symbol": "B", "description": "Bank"},
            "Source": _source(look.bureau),
        }
        for index, look in enumerate(draft.looks)
        if look.bureau in scores
    ]


def _public_records(draft: Draft, scores: dict[Bureau, int]) -> list[Tree]:
    cases = [(bureau, draft.bankruptcy) for bureau in scores if draft.bankruptcy is not None]
    cases += [(bureau, case) for bureau, case in draft.old_cases.items() if bureau in scores]
    if not cases:
        return []
    return [{"PublicRecord": [_bankruptcy(case, draft.person, bureau) for bureau, case in cases]}]


def _bankruptcy(case: Bankruptcy, person: Person, bureau: Bureau) -> Tree:
    return {
        "Classification": {"symbol": "1", "description": "Bankruptcy"},
        "Type": {"symbol": "7X", "description": "Chapter 7 bankruptcy"},
        "Status": {"symbol": "B", "description": "Discharged"},
        "dateFiled": _day(case.filed),
        "referenceNumber": f"{case.filed.year % 100:02d}-{sum(map(ord, person.family)):05d}",
        "courtName": "US BANKRUPTCY COURT",
        "bureau": bureau.display_name,
        "Bankruptcy": {"dateResolved": _day(case.discharged), "assetAmount": "2500", "liabilityAmount": "31200"},
        "Source": _source(bureau),
    }


def _subscribers(draft: Draft, scores: dict[Bureau, int]) -> list[Tree]:
    seen: dict[str, Tree] = {}
    for account in draft.accounts:
        for bureau, column in account.columns.items():
            if bureau in scores and column.creditor not in seen:
                box = sum(map(ord, column.creditor))
                seen[column.creditor] = {
                    "name": column.creditor,
                    "telephone": f"(800) 555-01{box % 100:02d}",
                    "subscriberCode": f"{SYMBOLS[bureau]}{box % 9000 + 1000}",
                    "CreditAddress": {
                        "unparsedStreet": f"PO BOX {box}",
                        "city": "WILMINGTON",
                        "stateCode": "DE",
                        "postalCode": "19850",
                    },
                    "Source": _source(bureau),
                }
    return list(seen.values())
