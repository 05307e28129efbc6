"""Accounts of less common kinds, each rightly reported: what looks odd in them is no error.

They are the neighbours of real errors: lates that were cured, balances that moved elsewhere, remarks that go with
a court record. A detector that fires on one of them fires wrongly.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from infrastructure.sandbox.report_generator.accounts import Account, Column, Inventor, grid, months_back

Names = tuple[str, str, str]

SERVICERS: Final[tuple[Names, ...]] = (
    ("DEPT OF ED/NAVIGATOR", "NAVIGATOR EDUCATION", "DEPT OF ED NAVIGATOR"),
    ("STATE HIGHER ED AUTH", "STATE HIGHER EDUCATION AUTHORITY", "STATE HIGHER ED"),
)
HOME_LENDERS: Final[tuple[Names, ...]] = (
    ("GRANITE HOME MTG", "GRANITE HOME MORTGAGE", "GRANITE HOME MTG"),
    ("PILGRIM SAVINGS", "PILGRIM SAVINGS BANK", "PILGRIM SAVINGS"),
    ("CASCADIA LOAN SVCG", "CASCADIA LOAN SERVICING", "CASCADIA LOAN SVCG"),
)
BUYERS: Final[tuple[Names, ...]] = (
    ("HALCYON FUNDING", "HALCYON FUNDING LLC", "HALCYON FUNDING"),
    ("EASTGATE ASSET MGMT", "EASTGATE ASSET MANAGEMENT", "EASTGATE ASSET MGMT"),
)
SELLERS: Final[tuple[Names, ...]] = (
    ("TAMSIN BANK", "TAMSIN BANK NA", "TAMSIN BANK"),
    ("CORNICE CREDIT", "CORNICE CREDIT CORP", "CORNICE CREDIT"),
    ("VESPER RETAIL CARD", "VESPER RETAIL CARD SVCS", "VESPER RETAIL CARD"),
)
"""Lenders that sell debts. Nothing else on a report is theirs, so a sold debt is like no other."""

_CURED: Final = ("1", "1C1", "21", "321", "11", "1CCCCC21")


def months_between(older: date, newer: date) -> int:
    """Whole months from the month of one day to the month of another."""
    return (newer.year - older.year) * 12 + newer.month - older.month


def recent_card(inventor: Inventor, names: Names) -> Account:
    """A card opened within the last eighteen months: its grid is as short as its life."""
    rng, reported = inventor.rng, inventor.recent()
    opened = months_back(reported, rng.randint(3, 18))
    limit = rng.randint(2, 20) * 500
    column = Column(
        names[0], "", "", opened, reported, rng.randint(0, limit // 2), limit // 2, "R", "Credit card",
        last_payment=reported - timedelta(days=12), credit_limit=limit, monthly_payment=25,
        history=grid(months_back(reported, 1), "C" * (months_between(opened, reported) - 1)),
    )  # fmt: skip
    return inventor.spread("recent_card", names, column)


def cured_card(inventor: Inventor, names: Names) -> Account:
    """An open card that was late once or twice and has been current since."""
    account = inventor.card(names)
    since = inventor.rng.randint(4, 30)
    lates = inventor.rng.choice(_CURED)
    for column in account.columns.values():
        column.history = grid(column.history[0][0], ("C" * since + lates + "C" * 48)[:48])
    account.kind = "cured_card"
    return account


def quiet_card(inventor: Inventor, names: Names) -> Account:
    """A card without a balance, whose lender reports only some months and one bureau keeps a shorter history."""
    account = inventor.card(names)
    shorter = inventor.rng.choice(sorted(account.columns))
    months = "".join("U" if inventor.rng.random() < 0.2 else "C" for _ in range(48))
    for bureau, column in account.columns.items():
        column.balance, column.monthly_payment = 0, 0
        column.history = grid(column.history[0][0], months[:24] if bureau is shorter else months)
    account.kind = "quiet_card"
    return account


def shared_card(inventor: Inventor, names: Names) -> Account:
    """A joint account, or one the person may use and does not owe; every bureau says the same."""
    account = inventor.card(names)
    designator = inventor.rng.choice("JA")
    for column in account.columns.values():
        column.designator = designator
    account.kind = "shared_card"
    return account


def closed_card(inventor: Inventor, names: Names) -> Account:
    """A card closed at the consumer's request with nothing owed."""
    closed = inventor.as_of - timedelta(days=inventor.rng.randint(200, 1100))
    limit = inventor.rng.randint(4, 40) * 250
    column = Column(
        names[0], "", "", months_back(closed, inventor.rng.randint(40, 70)), closed, 0, limit // 2, "R", "Credit card",
        closed=closed, status_date=closed, last_payment=months_back(closed, 2), credit_limit=limit, monthly_payment=0,
        condition="C", open_closed="C", remarks=["Account closed at consumer's request"],
        history=grid(closed, "C" * 36),
    )  # fmt: skip
    return inventor.spread("closed_card", names, column)


def _ended(kind: str, account: Account, condition: str, remark: str, on: date) -> Account:
    """An open account turned into one that has ended with nothing owed to this lender."""
    for column in account.columns.values():
        column.closed = column.status_date = column.last_payment = column.reported = on
        column.balance, column.monthly_payment = 0, 0
        column.condition, column.open_closed, column.remarks = condition, "C", [remark]
        column.history = [cell for cell in column.history if cell[0] <= on]
    account.kind = kind
    return account


def refinanced(inventor: Inventor) -> Account:
    """A mortgage paid by a new one."""
    account = inventor.loan(HOME_LENDERS[1], "mortgage", "M", "Conventional mortgage")
    on = inventor.as_of - timedelta(days=inventor.rng.randint(100, 700))
    return _ended("refinanced", account, "R", "Refinanced", on)


def transferred(inventor: Inventor) -> tuple[Account, Account]:
    """A loan whose servicing moved: the old servicer owns nothing of it, the new one shows the same opening."""
    new = inventor.loan(HOME_LENDERS[2], "transferred_in", "M", "Conventional mortgage")
    on = inventor.as_of - timedelta(days=inventor.rng.randint(100, 700))
    old_columns = {
        bureau: replace(column, creditor=name, handle=inventor.handle(), remarks=[], history=list(column.history))
        for (bureau, column), name in zip(new.columns.items(), HOME_LENDERS[0], strict=False)
    }
    old = _ended("transferred_out", Account("", old_columns), "T", "Transferred to another lender", on)
    inventor.renumber(old)
    for column in new.columns.values():
        column.history = [cell for cell in column.history if cell[0] > on]
    return old, new


def student_loans(inventor: Inventor, names: Names) -> tuple[Account, Account]:
    """Two disbursements of one servicer, opened in the same month; nothing is due before the studies end."""
    first = inventor.loan(names, "student_loan", "I", "Student loan")
    second = inventor.loan(names, "student_loan", "I", "Student loan")
    for account in (first, second):
        for bureau, column in account.columns.items():
            column.opened = first.columns.get(bureau, next(iter(first.columns.values()))).opened
            column.monthly_payment, column.last_payment = 0, None
            column.remarks = ["Payment deferred"]
    return first, second


def medical_collection(inventor: Inventor, names: Names, provider: str) -> Account:
    """An unpaid medical debt of more than $500, more than a year old: bureaus still show these."""
    account = inventor.collection(names, provider)
    placed = inventor.as_of - timedelta(days=inventor.rng.randint(500, 1000))
    owed = inventor.rng.randint(620, 4800)
    for column in account.columns.values():
        column.opened = column.status_date = placed
        column.first_delinquency = months_back(placed, 6)
        column.balance = column.high_balance = column.past_due = owed
        column.type_words = "Medical debt"
    account.kind = "medical_collection"
    return account


def bought_debt(inventor: Inventor, seller: Names, buyer: Names) -> tuple[Account, Account]:
    """A charge-off sold to a debt buyer: the seller shows nothing owed, the buyer names the seller."""
    sold = inventor.sold(seller)
    old = next(iter(sold.columns.values()))
    bought = inventor.collection(buyer, seller[0])
    bought.kind = "bought_debt"
    placed = min(months_back(old.status_date or inventor.as_of, -4), inventor.as_of - timedelta(days=60))
    for column in bought.columns.values():
        column.opened = column.status_date = placed
        column.first_delinquency = old.first_delinquency
        column.balance = column.high_balance = column.past_due = old.high_balance
        column.remarks = ["Placed for collection"]
    return sold, bought


def settled(inventor: Inventor, names: Names) -> Account:
    """A charge-off paid for less than the full balance, with nothing owed any more."""
    account = inventor.charge_off(names)
    for column in account.columns.values():
        column.balance, column.past_due, column.condition = 0, 0, "P"
        column.remarks = ["Settled for less than full balance"]
    account.kind = "settled"
    return account


def included(inventor: Inventor, names: Names, filed: date, discharged: date) -> Account:
    """A card included in the person's own bankruptcy, and zeroed by it."""
    opened = months_back(filed, inventor.rng.randint(25, 28))
    high = inventor.rng.randint(6, 60) * 100
    column = Column(
        names[0], "", "", opened, discharged, 0, high, "R", "Credit card",
        closed=discharged, status_date=discharged, last_payment=months_back(filed, 3), credit_limit=high,
        condition="C", open_closed="C", pay_status="U", remarks=["Included in Chapter 7 bankruptcy"],
        history=grid(months_back(filed, 1), "21" + "C" * 22),
    )  # fmt: skip
    return inventor.spread("included", names, column)
