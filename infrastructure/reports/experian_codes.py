"""What Experian's codes mean, and where in a tradeline each of our fields is: change a table, not the parser.

A code not listed here has no meaning for us: it is kept as "other", or as a month without data.
"""

from __future__ import annotations

from typing import Final

from domain.credit_reports import AccountType, Condition, Designator, OpenClosed, PaymentLevel

ABSENT: Final = frozenset({"UNKNOWN", "UNK"})
"""Words that stand where an amount would, when there is none."""

MONEY: Final = {
    "balance": "balanceAmount",
    "past_due": "amountPastDue",
    "monthly_payment": "monthlyPaymentAmount",
}
ENHANCED_MONEY: Final = {
    "credit_limit": "creditLimitAmount",
    "high_balance": "highBalanceAmount",
    "charge_off_amount": "chargeoffAmount",
}
DATES: Final = {
    "opened": "openDate",
    "reported": "balanceDate",
    "status_date": "statusDate",
    "last_payment": "lastPaymentDate",
}
COUNTS: Final = {
    "months_reviewed": "monthsHistory",
    "late_30": "delinquencies30Days",
    "late_60": "delinquencies60Days",
    "late_90": "delinquencies90to180Days",
}
QUALIFIERS: Final = {"L": "credit_limit", "H": "high_balance", "O": "high_balance", "C": "charge_off_amount"}
"""What `amount1` and `amount2` are: a limit, a high balance, the original amount of a loan, or a charge-off."""

_LATE: Final = {
    "1": PaymentLevel.LATE_30,
    "2": PaymentLevel.LATE_60,
    "3": PaymentLevel.LATE_90,
    "4": PaymentLevel.LATE_120,
    "5": PaymentLevel.LATE_150,
    "6": PaymentLevel.LATE_180,
}
GRID: Final = {
    "C": PaymentLevel.CURRENT,
    "0": PaymentLevel.CURRENT,
    "N": PaymentLevel.CURRENT,
    **_LATE,
    **dict.fromkeys("789DHJK", PaymentLevel.DEROGATORY),
    "G": PaymentLevel.CHARGE_OFF,
    "L": PaymentLevel.CHARGE_OFF,
}
"""One month. 9 stands for bankruptcies and settlements as well as charge-offs, so it is only "derogatory"; B (the
account's condition changed) and - are months without data."""

STATUSES: Final = {
    "11": PaymentLevel.CURRENT,
    "12": PaymentLevel.CURRENT,
    "71": PaymentLevel.LATE_30,
    "78": PaymentLevel.LATE_60,
    "80": PaymentLevel.LATE_90,
    "82": PaymentLevel.LATE_120,
    "83": PaymentLevel.LATE_150,
    "84": PaymentLevel.LATE_180,
    "93": PaymentLevel.CHARGE_OFF,
    "97": PaymentLevel.CHARGE_OFF,
}
CONDITIONS: Final = {
    "A1": Condition.OPEN,
    "A2": Condition.PAID,
    "A3": Condition.CLOSED,
    "05": Condition.TRANSFERRED,
    "10": Condition.REFINANCED,
    "12": Condition.PAID,
    "13": Condition.PAID,
    **dict.fromkeys(
        ("66", "67", "69", "87", "88", "89", "91", "92", "93", "94", "95", "96", "97"), Condition.DEROGATORY
    ),
}
SAYS_NOTHING: Final = frozenset({"11", "71", "78", "80", "82", "83", "84"})
"""Statuses that tell how an account is paid and nothing of its condition."""

DESIGNATORS: Final = {
    "1": Designator.INDIVIDUAL,
    "2": Designator.JOINT,
    "3": Designator.AUTHORIZED_USER,
    "5": Designator.CO_MAKER,
    "7": Designator.MAKER,
    "T": Designator.TERMINATED,
    "X": Designator.DECEASED,
}
"""The ECOA code. 0, 4 and 6 are obsolete; they and all else are kept as other."""

BILLING: Final = {
    "R": AccountType.REVOLVING,
    "I": AccountType.INSTALLMENT,
    "M": AccountType.MORTGAGE,
    "O": AccountType.OPEN,
}
OPEN_CLOSED: Final = {"O": OpenClosed.OPEN, "C": OpenClosed.CLOSED}
DISPUTED: Final = {
    "Y": True,
    "N": False,
    **dict.fromkeys(("XB", "XC", "XD", "XE", "XF", "XG", "XJ"), True),
    "XH": False,
}
"""The dispute flag, and the compliance conditions of Metro 2 of which XH is a dispute that has ended."""
