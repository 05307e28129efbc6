"""What Equifax's codes mean. A code not listed is kept as "other", or as a month without data."""

from __future__ import annotations

from typing import Final

from domain.credit_reports import AccountType, Condition, Designator, OpenClosed, PaymentLevel

RATES: Final = {
    "1": PaymentLevel.CURRENT,
    "2": PaymentLevel.LATE_30,
    "3": PaymentLevel.LATE_60,
    "4": PaymentLevel.LATE_90,
    "5": PaymentLevel.LATE_120,
    "6": PaymentLevel.CHARGE_OFF,
    "7": PaymentLevel.DEROGATORY,
    "8": PaymentLevel.DEROGATORY,
    "9": PaymentLevel.CHARGE_OFF,
}
"""Rate and status codes; 5 is 120 days or more, 6 a collection, 7 in Chapter 13, 8 repossessed, 0 too new to rate."""

CELLS: Final = {**RATES, "E": PaymentLevel.CURRENT}
SPANS: Final = {
    "paymentHistory1to24": (0, 24),
    "24MonthPaymentHistory": (0, 24),
    "paymentHistory25to36": (24, 12),
    "paymentHistory37to48": (36, 12),
}
"""Where each piece of the history begins, in months before the newest, and how many months it has."""

PORTFOLIOS: Final = {
    "C": AccountType.REVOLVING,
    "I": AccountType.INSTALLMENT,
    "M": AccountType.MORTGAGE,
    "O": AccountType.OPEN,
    "R": AccountType.REVOLVING,
}
"""C is a line of credit, paid by what is owed like R."""

DESIGNATORS: Final = {
    "A": Designator.AUTHORIZED_USER,
    "C": Designator.CO_MAKER,
    "I": Designator.INDIVIDUAL,
    "J": Designator.JOINT,
    "M": Designator.MAKER,
    "T": Designator.TERMINATED,
    "X": Designator.DECEASED,
}
"""C is a co-maker here and S merely "shared", other than in TrueLink; B, S and U are kept as other."""

ACTIVITY: Final[dict[str, tuple[Condition, OpenClosed | None]]] = {
    "B": (Condition.PAID, OpenClosed.CLOSED),
    "C": (Condition.CLOSED, OpenClosed.CLOSED),
    "D": (Condition.TRANSFERRED, None),
    "L": (Condition.OTHER, None),
    "P": (Condition.PAID, None),
    "R": (Condition.REFINANCED, OpenClosed.CLOSED),
    "T": (Condition.TRANSFERRED, None),
}
