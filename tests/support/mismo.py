"""A small MISMO response in JSON's names, to be bent in tests and written as JSON or as XML."""

from __future__ import annotations

import copy
import json
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_RESPONSE: dict[str, Any] = {
    "@MISMOVersionID": "2.4",
    "@CreditReportFirstIssuedDate": "2026-01-05T19:10:09.076Z",
    "@CreditReportMergeTypeIndicator": "ListAndStack",
    "@CreditRatingCodeType": "Equifax",
    "CREDIT_REPOSITORY_INCLUDED": {"@_EquifaxIndicator": "Y"},
    "BORROWER": {"@BorrowerID": "B1", "@_FirstName": "AVERY", "@_LastName": "ASKED"},
    "CREDIT_LIABILITY": {
        "@CreditLiabilityID": "TRADE001",
        "@CreditFileID": "EA01",
        "@_AccountIdentifier": "XXXXXXXX4321",
        "@_AccountOpenedDate": "2019-03-04",
        "@_AccountReportedDate": "2025-12",
        "@_AccountStatusType": "Open",
        "@_AccountType": "Revolving",
        "@_AccountOwnershipType": "Individual",
        "@_ConsumerDisputeIndicator": "N",
        "@_UnpaidBalanceAmount": "500",
        "@_HighCreditAmount": "900",
        "@_CreditLimitAmount": "2000",
        "@_PastDueAmount": "0",
        "@_TermsMonthsCount": "12",
        "@LastPaymentDate": "2025-12-01",
        "@_LastActivityDate": "2025-12-19",
        "@CreditBusinessType": "Banking",
        "@CreditLoanType": "CreditCard",
        "_CREDITOR": {"@_Name": "FIRST QUARRY BANK", "@_StreetAddress": "PO BOX 1", "@_PostalCode": "19850"},
        "_CURRENT_RATING": {"@_Code": "1", "@_Type": "AsAgreed"},
        "_LATE_COUNT": {"@_30Days": "01", "@_60Days": "00"},
        "_PAYMENT_PATTERN": {"@_Data": "C1X", "@_StartDate": "2025-12"},
        "CREDIT_COMMENT": {"@_SourceType": "Equifax", "@_Type": "BureauRemarks", "_Text": "Closed by consumer"},
        "CREDIT_REPOSITORY": {"@_SourceType": "Equifax", "@_SubscriberCode": "682BB1"},
    },
    "CREDIT_FILE": {
        "@CreditFileID": "EA01",
        "@CreditRepositorySourceType": "Equifax",
        "@_InfileDate": "1998-07-01",
        "@_ResultStatusType": "FileReturned",
        "_BORROWER": {
            "@_FirstName": "AVERY",
            "@_LastName": "HOLLIS",
            "@_BirthDate": "1980-04",
            "@_SSN": "900123456",
            "_ALIAS": {"@_FirstName": "AVA", "@_LastName": "HOLLIS"},
            "_RESIDENCE": {
                "@BorrowerResidencyType": "Current",
                "@_StreetAddress": "12 MAPLE ST",
                "@_City": "TRENTON",
                "@_State": "NJ",
                "@_PostalCode": "08608",
                "@_DateReported": "2024-11",
            },
            "EMPLOYER": {"@_Name": "CALDER FREIGHT", "@EmploymentReportedDate": "2024-11-02"},
        },
    },
    "CREDIT_SCORE": {"@CreditRepositorySourceType": "Equifax", "@_Value": "+650"},
    "CREDIT_INQUIRY": {
        "@_Name": "CHASE",
        "@_Date": "2025-06-07",
        "@CreditBusinessType": "Banking",
        "CREDIT_REPOSITORY": {"@_SourceType": "Equifax", "@_SubscriberCode": "155BB2"},
    },
    "CREDIT_PUBLIC_RECORD": {
        "@_Type": "BankruptcyChapter7",
        "@_FiledDate": "2018-02-03",
        "@_DispositionType": "Discharged",
        "@_BankruptcyAssetsAmount": "2500",
        "CREDIT_REPOSITORY": {"@_SourceType": "Equifax"},
    },
}


def response() -> dict[str, Any]:
    """A fresh copy of a response with one account."""
    return copy.deepcopy(_RESPONSE)


def liability(tree: dict[str, Any]) -> dict[str, Any]:
    """The one account row of `response()`."""
    row: dict[str, Any] = tree["CREDIT_LIABILITY"]
    return row


def as_json(tree: object) -> bytes:
    """The response as JSON."""
    return json.dumps({"CREDIT_RESPONSE": tree}).encode()


def as_xml(tree: object) -> bytes:
    """The response as XML: names with `@` as attributes, `_Text` and all else as elements."""
    return f'<?xml version="1.0"?>\n{_element("CREDIT_RESPONSE", tree)}'.encode()


def _element(name: str, node: object) -> str:
    if isinstance(node, list):
        return "".join(_element(name, item) for item in node)
    if not isinstance(node, dict):
        return "" if node is None else f"<{name}>{escape(str(node))}</{name}>"
    marks = "".join(
        f" {key[1:]}={quoteattr(str(value))}" for key, value in node.items() if key[:1] == "@" and value is not None
    )
    inner = "".join(_element(key, value) for key, value in node.items() if key[:1] != "@")
    return f"<{name}{marks}>{inner}</{name}>"
