"""What MISMO's enumerated words mean. A word not listed here is kept as "other" or left unread, never guessed.

Two scales look alike and differ by one step: a rating of 1 is "as agreed" and 2 is 30 days late, while in a
payment pattern 1 is already 30 days late.
"""

from __future__ import annotations

import re
from typing import Final

from domain.credit_reports import AccountType, Condition, Designator, OpenClosed, PaymentLevel

_LATE: Final = {
    "late30days": PaymentLevel.LATE_30,
    "late60days": PaymentLevel.LATE_60,
    "late90days": PaymentLevel.LATE_90,
    "lateover120days": PaymentLevel.LATE_120,
}
RATING_WORDS: Final = {
    "asagreed": PaymentLevel.CURRENT,
    **_LATE,
    "bankruptcyorwageearnerplan": PaymentLevel.DEROGATORY,
    "wageearnerplan": PaymentLevel.DEROGATORY,
    "foreclosure": PaymentLevel.DEROGATORY,
    "repossession": PaymentLevel.DEROGATORY,
    "foreclosureorrepossession": PaymentLevel.DEROGATORY,
    "chargeoff": PaymentLevel.CHARGE_OFF,
    "collection": PaymentLevel.CHARGE_OFF,
    "collectionorchargeoff": PaymentLevel.CHARGE_OFF,
}
"""A rating's `_Type`. "Too new" and "no data available" have no level; over 120 days is at least 120."""

RATING_CODES: Final = {
    "1": PaymentLevel.CURRENT,
    "2": PaymentLevel.LATE_30,
    "3": PaymentLevel.LATE_60,
    "4": PaymentLevel.LATE_90,
    "5": PaymentLevel.LATE_120,
    "6": PaymentLevel.LATE_120,
    "7": PaymentLevel.DEROGATORY,
    "8": PaymentLevel.DEROGATORY,
    "9": PaymentLevel.CHARGE_OFF,
}
"""A rating's `_Code`, read only where the `_Type` says nothing."""

RATING_CODE_OWNERS: Final = frozenset({"", "equifax", "transunion"})
"""Whose codes `RATING_CODES` are. Experian's and others' are scales of their own and are not read."""

PATTERN: Final = {
    "C": PaymentLevel.CURRENT,
    **{str(months): PaymentLevel(f"late_{30 * months}") for months in range(1, 7)},
    "7": PaymentLevel.DEROGATORY,
    "8": PaymentLevel.DEROGATORY,
    "9": PaymentLevel.CHARGE_OFF,
}
"""One month of a payment pattern; X, N, - and blanks are months without data."""

CONDITIONS: Final = {
    "open": Condition.OPEN,
    "closed": Condition.CLOSED,
    "paid": Condition.PAID,
    "transferred": Condition.TRANSFERRED,
    "refinanced": Condition.REFINANCED,
}
OPEN_CLOSED: Final = {"open": OpenClosed.OPEN, "closed": OpenClosed.CLOSED}
DESIGNATORS: Final = {
    "individual": Designator.INDIVIDUAL,
    "joint": Designator.JOINT,
    "jointcontractualliability": Designator.JOINT,
    "authorizeduser": Designator.AUTHORIZED_USER,
    "terminated": Designator.TERMINATED,
    "comaker": Designator.CO_MAKER,
    "maker": Designator.MAKER,
    "deceased": Designator.DECEASED,
}
_ACCOUNT_TYPES: Final = {
    "revolving": AccountType.REVOLVING,
    "creditline": AccountType.REVOLVING,
    "installment": AccountType.INSTALLMENT,
    "mortgage": AccountType.MORTGAGE,
    "open": AccountType.OPEN,
    "collection": AccountType.COLLECTION,
}
_YES: Final = frozenset({"y", "yes", "true", "1"})
_NO: Final = frozenset({"n", "no", "false", "0"})


def plain(word: str | None) -> str:
    """A word as the tables above spell it: `Trans Union` and `TransUnion` are one."""
    return re.sub(r"[^a-z0-9]", "", (word or "").lower())


def flag(word: str | None) -> bool | None:
    """An indicator; None when it is absent or says neither yes nor no."""
    said = plain(word)
    return True if said in _YES else False if said in _NO else None


def account_type(printed: str | None, is_collection: bool | None, *hints: str | None) -> AccountType:
    """The kind of account. A collector's account is one whatever type it is filed under; where no indicator says
    so, the kind of loan and the creditor's line of business may."""
    said = any(plain(hint).startswith("collection") for hint in hints)
    if is_collection or (is_collection is None and said):
        return AccountType.COLLECTION
    return _ACCOUNT_TYPES.get(plain(printed), AccountType.OTHER)


def is_medical(*words: str | None) -> bool | None:
    """Whether the source calls it a medical debt; None when it does not say.

    "PersonalServicesNotMedical" is a line of business too, so only what begins with the word counts.
    """
    return True if any(plain(word).startswith("medical") for word in words) else None
