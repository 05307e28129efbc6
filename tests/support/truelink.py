"""A small TrueLink tree in plain names, to be bent in tests."""

from __future__ import annotations

import copy
import json
from typing import Any

_SOURCE = {"Bureau": {"symbol": "EQF", "description": "Equifax", "abbreviation": "Equifax"}}
_TREE: dict[str, Any] = {
    "Borrower": {
        "BorrowerName": {"Name": {"first": "AVERY", "last": "HOLLIS"}, "Source": _SOURCE},
        "BorrowerAddress": {
            "CreditAddress": {
                "unparsedStreet": "12 MAPLE ST",
                "city": "TRENTON",
                "stateCode": "NJ",
                "postalCode": "8608",
            },
            "dateReported": "2024-11",
            "Source": _SOURCE,
        },
        "Birth": {"BirthDate": {"year": "1980", "month": "4", "day": ""}, "Source": _SOURCE},
        "SocialPartition": {"Social": {"SocialSecurityNumber": "900123456", "Source": _SOURCE}},
        "Employer": {"name": "CALDER FREIGHT", "Source": _SOURCE},
        "CreditScore": {"riskScore": "650", "Source": _SOURCE},
    },
    "TradeLinePartition": {
        "accountTypeSymbol": "R",
        "accountTypeDescription": "Revolving",
        "Tradeline": {
            "creditorName": "FIRST QUARRY BANK",
            "accountNumber": "XXXXXXXX4321",
            "handle": "H1",
            "bureau": "Equifax",
            "currentBalance": "500",
            "highBalance": "900",
            "dateOpened": "2019-03-04",
            "dateReported": "2025-12-20",
            "AccountCondition": {"symbol": "O", "description": "Open"},
            "OpenClosed": {"symbol": "O", "description": "Open"},
            "PayStatus": {"symbol": "C", "description": "Current"},
            "AccountDesignator": {"symbol": "I", "description": "Individual"},
            "DisputeFlag": {"symbol": "F", "description": "Account not disputed"},
            "Remark": {"RemarkCode": {"symbol": "CBC", "description": "Closed by consumer"}, "customRemark": ""},
            "GrantedTrade": {
                "amountPastDue": "0",
                "CreditLimit": "2000",
                "late30Count": "1",
                "PayStatusHistory": {
                    "MonthlyPayStatus": [
                        {"date": "2025-12-01", "status": "C"},
                        {"date": "2025-11-01", "status": "1"},
                        {"date": "2025-10-01", "status": "U"},
                    ]
                },
            },
            "Source": _SOURCE,
        },
    },
    "InquiryPartition": {
        "Inquiry": {"subscriberName": "CHASE", "inquiryDate": "2025-06-07", "inquiryType": "I", "bureau": "Equifax"}
    },
    "PulblicRecordPartition": {
        "PublicRecord": {
            "Type": {"symbol": "7X", "description": "Chapter 7 bankruptcy"},
            "dateFiled": "2018-02-03",
            "Bankruptcy": {"assetAmount": "2500"},
            "Source": _SOURCE,
        }
    },
    "Subscriber": {"name": "CHASE", "CreditAddress": {"unparsedStreet": "PO BOX 1", "postalCode": "19850"}},
    "Sources": {"Source": {**_SOURCE, "InquiryDate": "2026-01-05-07:00"}},
}


def tree() -> dict[str, Any]:
    """A fresh copy of a one-account report."""
    return copy.deepcopy(_TREE)


def tradeline(report: dict[str, Any]) -> dict[str, Any]:
    """The one account row of `tree()`."""
    row: dict[str, Any] = report["TradeLinePartition"]["Tradeline"]
    return row


def raw(report: dict[str, Any]) -> bytes:
    """The tree without envelope, as bytes."""
    return json.dumps({"TrueLinkCreditReportType": report}).encode()
