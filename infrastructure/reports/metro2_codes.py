"""Account types and creditor classes of the Metro 2 format, in which creditors furnish to the bureaus.

Equifax and Experian pass them on as they come. The types are those Equifax documents for `accountTypeCode`; a code
not listed is kept as "other", never guessed.
"""

from __future__ import annotations

from typing import Final

from domain.credit_reports import AccountType

_REVOLVING: Final = {
    "07": "charge account",
    "0G": "flexible spending card",
    "15": "line of credit",
    "18": "credit card",
    "2A": "secured credit card",
    "37": "combined credit plan",
    "47": "secured credit line",
    "7A": "commercial line of credit",
    "89": "home equity line of credit",
    "8A": "business credit card",
    "9B": "business line of credit",
}
_INSTALLMENT: Final = {
    "00": "auto loan",
    "01": "unsecured loan",
    "02": "secured loan",
    "03": "partially secured loan",
    "04": "home improvement loan",
    "05": "FHA home improvement loan",
    "06": "installment sales contract",
    "0A": "time share loan",
    "10": "business loan",
    "11": "recreational merchandise loan",
    "12": "education loan",
    "13": "lease",
    "17": "manufactured housing loan",
    "1C": "household goods loan",
    "20": "note loan",
    "21": "note loan with co-maker",
    "22": "loan secured by household goods",
    "23": "loan secured by household goods and other collateral",
    "3A": "auto lease",
    "65": "government unsecured guaranteed loan",
    "66": "government secured guaranteed loan",
    "67": "government unsecured direct loan",
    "68": "government secured direct loan",
    "6A": "commercial installment loan",
    "78": "installment loan",
    "7B": "agricultural loan",
    "91": "debt consolidation loan",
    "9A": "secured home improvement loan",
}
_MORTGAGE: Final = {
    "08": "real estate loan",
    "0F": "construction loan",
    "19": "FHA mortgage",
    "25": "VA mortgage",
    "26": "conventional mortgage",
    "27": "real estate mortgage",
    "2C": "USDA mortgage",
    "5A": "junior real estate loan",
    "5B": "second mortgage",
    "6B": "commercial mortgage",
    "6D": "home equity loan",
    "85": "bi-monthly mortgage",
    "87": "semi-monthly mortgage",
}
_COLLECTION: Final = {"0C": "debt buyer account", "48": "collection"}
_OPEN: Final = {"29": "rental agreement", "4D": "telecommunications", "90": "medical debt", "92": "utility"}

ACCOUNT_TYPES: Final[dict[str, tuple[AccountType, str]]] = {
    code: (kind, words)
    for kind, listed in (
        (AccountType.REVOLVING, _REVOLVING),
        (AccountType.INSTALLMENT, _INSTALLMENT),
        (AccountType.MORTGAGE, _MORTGAGE),
        (AccountType.COLLECTION, _COLLECTION),
        (AccountType.OPEN, _OPEN),
    )
    for code, words in listed.items()
}
"""Kind and plain words of a type code."""

MEDICAL_TYPE: Final = "90"
MEDICAL_CLASS: Final = "02"


def is_medical(type_code: str | None, class_code: str | None) -> bool | None:
    """Whether the source calls it a medical debt, by its type or the original creditor's class; None if silent."""
    if type_code == MEDICAL_TYPE:
        return True
    return None if class_code is None else class_code.zfill(2) == MEDICAL_CLASS
