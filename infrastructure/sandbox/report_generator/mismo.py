"""An invented report as a MISMO 2.x credit response: as XML, and as JSON with `@`, made from TrueLink's tree.

Both list each bureau's row on its own and say by an account id which rows are one account. The JSON form has, as
its vendor's has, one more row before those of an account that several bureaus report: it names all of them and
belongs to none. What MISMO has no place for is left out, as are looks that are no applications.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any, Final

from domain.bureaus import Bureau
from infrastructure.sandbox.report_generator.tree import SYMBOLS

Tree = dict[str, Any]
NAMES: Final = {SYMBOLS[bureau]: bureau.display_name for bureau in Bureau}
"""TrueLink's symbols and the repository names of MISMO."""

_FILE_IDS: Final = {"TUC": "TA01", "EXP": "RA01", "EQF": "EA01"}
_TYPES: Final = {"R": "Revolving", "I": "Installment", "M": "Mortgage", "Y": "Open", "O": "Open"}
_LOANS: Final = {
    "Credit card": "CreditCard",
    "Auto loan": "AutoLoan",
    "Student loan": "Educational",
    "Installment loan": "InstallmentLoan",
    "Conventional mortgage": "ConventionalRealEstateMortgage",
    "Collection account": "CollectionAttorney",
}
_OWNERS: Final = {"I": "Individual", "J": "JointContractualLiability", "A": "AuthorizedUser", "X": "Deceased"}
_RATINGS: Final = {
    "C": ("1", "AsAgreed"),
    "1": ("2", "Late30Days"),
    "2": ("3", "Late60Days"),
    "3": ("4", "Late90Days"),
    **dict.fromkeys("456", ("5", "LateOver120Days")),
    "9": ("9", "CollectionOrChargeOff"),
    "U": (None, "NoDataAvailable"),
}
_CONDITIONS: Final = {"P": "Paid", "T": "Transferred"}
_AMOUNTS: Final = {
    "_UnpaidBalanceAmount": "currentBalance",
    "_AccountIdentifier": "accountNumber",
    "_AccountOpenedDate": "dateOpened",
    "_AccountClosedDate": "dateClosed",
    "_AccountReportedDate": "dateReported",
    "_AccountStatusDate": "dateAccountStatus",
}
_GRANTED: Final = {
    "_CreditLimitAmount": "CreditLimit",
    "_PastDueAmount": "amountPastDue",
    "_MonthlyPaymentAmount": "monthlyPayment",
    "_TermsMonthsCount": "termMonths",
    "_MonthsReviewedCount": "monthsReviewed",
    "LastPaymentDate": "dateLastPayment",
}


def mismo_json(report: Tree, scores: dict[Bureau, int]) -> str:
    """The response as JSON, a list of one written as its only member."""
    return json.dumps({"CREDIT_RESPONSE": _unlisted(_response(report, scores, "2.4", merged_rows=True))})


def mismo_xml(report: Tree, scores: dict[Bureau, int]) -> str:
    """The response as XML, in the envelope that resellers send."""
    response = _element("CREDIT_RESPONSE", _response(report, scores, "2.3.1", merged_rows=False))
    opening = '<RESPONSE_GROUP MISMOVersionID="2.3.1"><RESPONSE><RESPONSE_DATA>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{opening}{response}</RESPONSE_DATA></RESPONSE></RESPONSE_GROUP>\n'


def _response(report: Tree, scores: dict[Bureau, int], version: str, merged_rows: bool) -> Tree:
    symbols = [SYMBOLS[bureau] for bureau in scores]
    pulled = min(source["InquiryDate"][:10] for source in report["Sources"]["Source"])
    included = {f"@_{NAMES[symbol]}Indicator": "Y" for symbol in symbols}
    subscribers = {row["name"]: row for row in report["Subscriber"]}
    return {
        "@MISMOVersionID": version,
        "@CreditResponseID": "CRRep0001",
        "@CreditReportFirstIssuedDate": f"{pulled}T19:10:09.076Z",
        "@CreditReportMergeTypeIndicator": "ListAndStack",
        "@CreditRatingCodeType": "Equifax",
        "CREDIT_REPOSITORY_INCLUDED": included,
        "BORROWER": {"@BorrowerID": "Borrower01", **_asked_for(report["Borrower"])},
        "CREDIT_LIABILITY": list(_liabilities(report["TradeLinePartition"], subscribers, merged_rows)),
        "CREDIT_FILE": [file for symbol in symbols for file in _files(report["Borrower"], symbol)],
        "CREDIT_SCORE": [
            {"@CreditRepositorySourceType": bureau.display_name, "@_Value": f"+{score}", "@_Date": pulled}
            for bureau, score in scores.items()
        ],
        "CREDIT_INQUIRY": [
            _inquiry(part["Inquiry"]) for part in report["InquiryPartition"] if part["Inquiry"]["inquiryType"] == "I"
        ],
        "CREDIT_PUBLIC_RECORD": [
            _public_record(row) for part in report["PulblicRecordPartition"] for row in part["PublicRecord"]
        ],
    }


def _symbol(row: Tree) -> str:
    return str(row["Source"]["Bureau"]["symbol"])


def _asked_for(borrower: Tree) -> Tree:
    """Whom the report was ordered for: what the first bureau calls them."""
    names = borrower["BorrowerName"]
    return _name(names[0]["Name"]) if names else {}


def _name(name: Tree) -> Tree:
    return {
        "@_FirstName": name["first"],
        "@_MiddleName": name["middle"],
        "@_LastName": name["last"],
        "@_NameSuffix": name["suffix"],
    }


def _files(borrower: Tree, symbol: str) -> Iterator[Tree]:
    """A bureau's file; each further Social Security number it shows is a further borrower element."""
    own = {
        part: [row for row in borrower[part] if _symbol(row) == symbol]
        for part in ("BorrowerName", "BorrowerAddress", "PreviousAddress", "Birth", "Employer")
    }
    ssns = [
        row["SocialSecurityNumber"]
        for part in borrower["SocialPartition"]
        for row in part["Social"]
        if _symbol(row) == symbol
    ]
    person: Tree = {
        **(_name(own["BorrowerName"][0]["Name"]) if own["BorrowerName"] else {}),
        "@_BirthDate": next((row.get("date") or row["BirthDate"]["year"] for row in own["Birth"]), None),
        "_ALIAS": [_name(row["Name"]) for row in own["BorrowerName"][1:]],
        "_RESIDENCE": [
            _residence(row, kind)
            for part, kind in (("BorrowerAddress", "Current"), ("PreviousAddress", "Prior"))
            for row in own[part]
        ],
        "EMPLOYER": [
            {"@_Name": row["name"], "@EmploymentReportedDate": row["dateReported"]} for row in own["Employer"]
        ],
    }
    yield {
        "@CreditFileID": _FILE_IDS[symbol],
        "@BorrowerID": "Borrower01",
        "@CreditRepositorySourceType": NAMES[symbol],
        "@_InfileDate": "1998-07-01",
        "@_ResultStatusType": "FileReturned",
        "_BORROWER": [{**person, "@_SSN": next(iter(ssns), None)}, *({"@_SSN": ssn} for ssn in ssns[1:])],
    }


def _residence(row: Tree, kind: str) -> Tree:
    address = row["CreditAddress"]
    parts = [address.get(name) for name in ("houseNumber", "streetName", "streetType")]
    return {
        "@BorrowerResidencyType": kind,
        "@_StreetAddress": address.get("unparsedStreet") or " ".join(part for part in parts if part),
        "@_City": address["city"],
        "@_State": address["stateCode"],
        "@_PostalCode": address["postalCode"],
        "@_DateReported": row["dateReported"],
    }


def _liabilities(partitions: list[Tree], subscribers: dict[str, Tree], merged_rows: bool) -> Iterator[Tree]:
    number = 0
    for position, partition in enumerate(partitions, start=1):
        rows = [_liability(row, partition, position, subscribers) for row in partition["Tradeline"]]
        if merged_rows and len(rows) > 1:
            together = {
                "@CreditFileID": " ".join(row["@CreditFileID"] for row in rows),
                "CREDIT_REPOSITORY": [row["CREDIT_REPOSITORY"] for row in rows],
            }
            rows.insert(0, {**rows[0], **together, "@CreditTradeReferenceID": "Primary"})
        for row in rows:
            number += 1
            yield {"@CreditLiabilityID": f"TRADE{number:03d}", **row}


def _liability(row: Tree, partition: Tree, position: int, subscribers: dict[str, Tree]) -> Tree:
    granted, symbol = row["GrantedTrade"], _symbol(row)
    collection = row.get("CollectionTrade")
    status = row["PayStatus"]["symbol"]
    worst = granted["WorstPayStatus"]["symbol"]
    loan = granted["CreditType"]["description"]
    closed = row["OpenClosed"]["symbol"] == "C"
    return {
        "@BorrowerID": "Borrower01",
        "@CreditFileID": _FILE_IDS[symbol],
        "@CreditTradeReferenceID": "Secondary",
        "@ArrayAccountIdentifier": f"account-{position}",
        **{f"@{name}": row[source] for name, source in _AMOUNTS.items()},
        **{f"@{name}": granted[source] for name, source in _GRANTED.items()},
        f"@{'_HighCreditAmount' if partition['accountTypeSymbol'] == 'R' else '_HighBalanceAmount'}": row[
            "highBalance"
        ],
        "@_AccountType": _TYPES[partition["accountTypeSymbol"]],
        "@_AccountOwnershipType": _OWNERS[row["AccountDesignator"]["symbol"]],
        "@_AccountStatusType": _CONDITIONS.get(row["AccountCondition"]["symbol"], "Closed" if closed else "Open"),
        "@IsClosedIndicator": "Y" if closed else "N",
        "@IsCollectionIndicator": "Y" if collection else "N",
        "@_ConsumerDisputeIndicator": "N" if row["DisputeFlag"]["symbol"] == "F" else "Y",
        "@_DerogatoryDataIndicator": "N" if worst == "C" else "Y",
        "@_OriginalCreditorName": collection and collection["originalCreditor"],
        "@CreditBusinessType": "CollectionServices" if collection else "Banking",
        "@CreditLoanType": _LOANS.get(loan, "".join(loan.title().split())),
        **({"@TUI_Handle": row["handle"]} if symbol == "TUC" else {}),
        "@_FirstDelinquencyDate": row.get("dateFirstDelinquency"),
        **(_charge_off(row) if status == "9" and not collection else {}),
        "_CREDITOR": _creditor(row["creditorName"], subscribers.get(row["creditorName"])),
        "_CURRENT_RATING": _rating(status),
        **({} if worst == "C" else {"_HIGHEST_ADVERSE_RATING": _rating(worst)}),
        "_LATE_COUNT": {f"@_{days}Days": granted[f"late{days}Count"] for days in (30, 60, 90)},
        "_PAYMENT_PATTERN": _pattern(granted["PayStatusHistory"]),
        "CREDIT_COMMENT": [
            {"@_SourceType": NAMES[symbol], "@_Type": "BureauRemarks", "_Text": remark["RemarkCode"]["description"]}
            for remark in row["Remark"]
        ],
        "CREDIT_REPOSITORY": {"@_SourceType": NAMES[symbol], "@_SubscriberCode": row["subscriberCode"]},
    }


def _charge_off(row: Tree) -> Tree:
    """When the account was charged off, and for how much."""
    return {
        "@_ChargeOffDate": row["dateAccountStatus"],
        "@_ChargeOffAmount": row["highBalance"],
        "@IsChargeoffIndicator": "Y",
    }


def _creditor(name: str, subscriber: Tree | None) -> Tree:
    if subscriber is None:
        return {"@_Name": name}
    address = subscriber["CreditAddress"]
    return {
        "@_Name": name,
        "@_StreetAddress": address["unparsedStreet"],
        "@_City": address["city"],
        "@_State": address["stateCode"],
        "@_PostalCode": address["postalCode"],
        "@_Phone": subscriber["telephone"],
    }


def _rating(symbol: str) -> Tree:
    code, words = _RATINGS[symbol]
    return {"@_Code": code, "@_Type": words}


def _pattern(history: Tree) -> Tree | None:
    months = history.get("MonthlyPayStatus")
    if not months:
        return None
    return {"@_Data": "".join(month["status"] for month in months), "@_StartDate": months[0]["date"][:7]}


def _inquiry(row: Tree) -> Tree:
    return {
        "@_Name": row["subscriberName"],
        "@_Date": row["inquiryDate"],
        "@CreditBusinessType": "Banking",
        "CREDIT_REPOSITORY": {"@_SourceType": NAMES[_symbol(row)], "@_SubscriberCode": row["subscriberNumber"]},
    }


def _public_record(row: Tree) -> Tree:
    return {
        "@_Type": "BankruptcyChapter7",
        "@_DispositionType": row["Status"]["description"],
        "@_FiledDate": row["dateFiled"],
        "@_DispositionDate": row["Bankruptcy"]["dateResolved"],
        "@_DocketIdentifier": row["referenceNumber"],
        "@_CourtName": row["courtName"],
        "@_BankruptcyAssetsAmount": row["Bankruptcy"]["assetAmount"],
        "@_BankruptcyLiabilitiesAmount": row["Bankruptcy"]["liabilityAmount"],
        "CREDIT_REPOSITORY": {"@_SourceType": NAMES[_symbol(row)]},
    }


def _unlisted(node: object) -> object:
    if isinstance(node, list):
        return _unlisted(node[0]) if len(node) == 1 else [_unlisted(item) for item in node]
    if isinstance(node, dict):
        return {name: _unlisted(value) for name, value in node.items() if value is not None}
    return node


def _element(name: str, node: object) -> str:
    if node is None:
        return ""
    if isinstance(node, list):
        return "".join(_element(name, item) for item in node)
    if not isinstance(node, dict):
        return f"<{name}>{escape(str(node))}</{name}>"
    marks = "".join(
        f' {key[1:]}="{escape(str(value))}"' for key, value in node.items() if key[0] == "@" and value is not None
    )
    inner = "".join(_element(key, value) for key, value in node.items() if key[0] != "@")
    return f"<{name}{marks}>{inner}</{name}>"
