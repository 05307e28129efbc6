"""What TrueLink's symbols mean. A symbol not listed here is kept as "other", never guessed."""

from __future__ import annotations

import re
from typing import Final

from domain.bureaus import Bureau
from domain.credit_reports import AccountType, Condition, Designator, OpenClosed, PaymentLevel

BUREAUS: Final = {
    "TUC": Bureau.TRANSUNION,
    "TU": Bureau.TRANSUNION,
    "TRANSUNION": Bureau.TRANSUNION,
    "EXP": Bureau.EXPERIAN,
    "XPN": Bureau.EXPERIAN,
    "EXPERIAN": Bureau.EXPERIAN,
    "EQF": Bureau.EQUIFAX,
    "EFX": Bureau.EQUIFAX,
    "EQUIFAX": Bureau.EQUIFAX,
}
_LATE: Final = {
    "1": PaymentLevel.LATE_30,
    "2": PaymentLevel.LATE_60,
    "3": PaymentLevel.LATE_90,
    "4": PaymentLevel.LATE_120,
    "5": PaymentLevel.LATE_150,
    "6": PaymentLevel.LATE_180,
    "7": PaymentLevel.DEROGATORY,
    "8": PaymentLevel.DEROGATORY,
    "9": PaymentLevel.CHARGE_OFF,
}
PAY_STATUS: Final = {"C": PaymentLevel.CURRENT, "0": PaymentLevel.CURRENT, **_LATE}
"""The status of the account now; U (unknown) has no level."""

GRID: Final = {"C": PaymentLevel.CURRENT, "0": PaymentLevel.CURRENT, **_LATE}
"""One month of the payment grid; U, N and blanks are months without data."""

CONDITIONS: Final = {
    "O": Condition.OPEN,
    "C": Condition.CLOSED,
    "P": Condition.PAID,
    "F": Condition.DEROGATORY,
    "R": Condition.REFINANCED,
    "T": Condition.TRANSFERRED,
}
OPEN_CLOSED: Final = {"O": OpenClosed.OPEN, "C": OpenClosed.CLOSED}
DESIGNATORS: Final = {
    "I": Designator.INDIVIDUAL,
    "J": Designator.JOINT,
    "C": Designator.JOINT,
    "A": Designator.AUTHORIZED_USER,
    "T": Designator.TERMINATED,
    "S": Designator.CO_MAKER,
    "M": Designator.MAKER,
    "X": Designator.DECEASED,
}
ACCOUNT_TYPES: Final = {
    "R": AccountType.REVOLVING,
    "I": AccountType.INSTALLMENT,
    "M": AccountType.MORTGAGE,
    "Y": AccountType.COLLECTION,
    "C": AccountType.COLLECTION,
    "O": AccountType.OPEN,
}
_APPLICATION: Final = frozenset({"I", "J", "C", "INDIVIDUAL", "JOINT", "HARD", "REGULAR"})
_NO_APPLICATION: Final = frozenset(
    {"S", "SOFT", "AR", "ACCOUNT REVIEW", "AM", "PRM", "PROMOTIONAL", "PROMOTION", "CONSUMER DISCLOSURE"}
)
_YES: Final = frozenset({"TRUE", "T", "Y", "YES", "1"})
_NO: Final = frozenset({"FALSE", "F", "N", "NO", "0"})
_MEDICAL: Final = re.compile(
    r"\b(medical|medicine|health ?care|hospitals?|dental|dentists?|physicians?|doctors?|health services)\b", re.I
)
_TYPE_WORDS: Final = (
    ("collection", AccountType.COLLECTION),
    ("mortgage", AccountType.MORTGAGE),
    ("revolving", AccountType.REVOLVING),
    ("credit card", AccountType.REVOLVING),
    ("charge account", AccountType.REVOLVING),
    ("installment", AccountType.INSTALLMENT),
    ("auto", AccountType.INSTALLMENT),
    ("student", AccountType.INSTALLMENT),
    ("open account", AccountType.OPEN),
)


def bureau_named(symbol: str | None) -> Bureau | None:
    """The bureau a symbol or a name stands for, if it stands for one."""
    return BUREAUS.get("".join((symbol or "").upper().split()))


def account_type(symbol: str | None, words: str | None) -> AccountType:
    """The kind of account: the words decide, since symbols are reused between vendors."""
    spoken = (words or "").lower()
    for word, kind in _TYPE_WORDS:
        if word in spoken:
            return kind
    return ACCOUNT_TYPES.get((symbol or "").upper(), AccountType.OTHER)


def is_hard(symbol: str | None, words: str | None) -> bool | None:
    """Whether an inquiry was for an application: those name who applied. None where the type says neither."""
    named = {" ".join(text.upper().split()) for text in (symbol, words) if text}
    if named & _NO_APPLICATION:
        return False
    return True if named & _APPLICATION else None


def flag(text: str | None) -> bool | None:
    """Yes or no, however the vendor spells it; None for anything else."""
    plain = (text or "").upper()
    return True if plain in _YES else False if plain in _NO else None


def medical_words(*words: str | None) -> str | None:
    """The words by which the source calls a debt medical: its kind or its industry, never a creditor's name."""
    return next((text for text in words if text and _MEDICAL.search(text)), None)
