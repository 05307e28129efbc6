"""Invented accounts, each seen by up to three bureaus with the differences real files have."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from domain.bureaus import Bureau

CARDS: Final = (
    ("CHASE CARD", "JPMCB CARD", "CHASE"),
    ("CAPITAL ONE BANK USA", "CAP1", "CAPITAL ONE"),
    ("SYNCB/HARBORVIEW", "SYNCB HARBORVIEW", "SYNCHRONY HARBORVIEW"),
    ("AMEX", "AMERICAN EXPRESS", "AMERICANEXPRESS"),
    ("CITI CARDS CBNA", "CITICARDS", "CITIBANK"),
    ("FIRST QUARRY BANK", "1ST QUARRY BK", "FIRST QUARRY BANK"),
    ("MERIDIAN FCU", "MERIDIAN FEDERAL CREDIT UNION", "MERIDIAN FCU"),
    ("LAKESHORE DEPT STORE", "LAKESHORE DEPT", "LAKESHORE DEPT STORE"),
)
LOANS: Final = (
    ("ALDERGATE AUTO FINANCE", "ALDERGATE AUTO FIN", "ALDERGATE AUTO FINANCE"),
    ("DEPT OF ED/NAVIGATOR", "NAVIGATOR EDUCATION", "DEPT OF ED NAVIGATOR"),
    ("COPPERFIELD LENDING", "COPPERFIELD LENDING LLC", "COPPERFIELD LENDING"),
)
MORTGAGES: Final = (("GRANITE HOME MTG", "GRANITE HOME MORTGAGE", "GRANITE HOME MTG"),)
COLLECTORS: Final = (
    ("MIDVALE RECOVERY", "MIDVALE RECOVERY LLC", "MIDVALE RECOVERY"),
    ("OAKBRIDGE COLL SVCS", "OAKBRIDGE COLLECTION", "OAKBRIDGE COLL SVCS"),
    ("TRISTATE CREDIT BUREAU", "TRISTATE CREDIT", "TRISTATE CREDIT BUREAU"),
)
DEBTS: Final = ("NORTHSTAR WIRELESS", "BRIGHTWATER CLINIC", "VALLEY ELECTRIC", "CABLELINK", "PINEHURST DENTAL")


@dataclass
class Column:
    """One bureau's column of an account; whole dollars, TrueLink symbols, history newest first.

    `first_delinquency` is printed only by encodings that have a field for it.
    """

    creditor: str
    number: str
    handle: str
    opened: date
    reported: date
    balance: int
    high_balance: int
    type_symbol: str
    type_words: str
    closed: date | None = None
    status_date: date | None = None
    last_payment: date | None = None
    credit_limit: int | None = None
    past_due: int | None = 0
    monthly_payment: int | None = None
    term_months: int | None = None
    condition: str = "O"
    open_closed: str = "O"
    pay_status: str = "C"
    designator: str = "I"
    remarks: list[str] = field(default_factory=list)
    original_creditor: str | None = None
    disputed: bool = False
    history: list[tuple[date, str]] = field(default_factory=list)
    first_delinquency: date | None = None
    miscounted: dict[str, int] = field(default_factory=dict)
    worst_told: str | None = None

    def late_count(self, symbol: str) -> int:
        """How many months of the grid carry `symbol`, and how many more the source counts by mistake."""
        return sum(1 for _, status in self.history if status == symbol) + self.miscounted.get(symbol, 0)

    @property
    def worst(self) -> str:
        """The worst symbol the account has had, of the grid or of its status now, unless the source tells another."""
        statuses = (self.pay_status, *(status for _, status in self.history))
        return self.worst_told or max((status for status in statuses if status.isdigit()), default="C")


@dataclass
class Account:
    """One account; `kind` is what it was invented as, `planted` whether an error was put into it."""

    kind: str
    columns: dict[Bureau, Column]
    planted: bool = False


def months_back(day: date, count: int) -> date:
    """The same day of the month `count` months earlier, at most the 28th."""
    index = day.year * 12 + day.month - 1 - count
    return date(index // 12, index % 12 + 1, min(day.day, 28))


def grid(newest: date, symbols: str) -> list[tuple[date, str]]:
    """A payment grid from `newest` backwards, one symbol a month."""
    return [(months_back(newest, index), symbol) for index, symbol in enumerate(symbols)]


def masked(number: str, bureau: Bureau) -> str:
    """A number as each bureau masks it: tail only, head only, or both."""
    hidden = "X" * (len(number) - 10)
    if bureau is Bureau.EQUIFAX:
        return f"{'X' * (len(number) - 4)}{number[-4:]}"
    return f"{number[:6]}{hidden}XXXX" if bureau is Bureau.EXPERIAN else f"{number[:6]}{hidden}{number[-4:]}"


class Inventor:
    """Makes accounts whose three columns agree as far as honest bureaus do."""

    def __init__(self, rng: random.Random, as_of: date) -> None:
        self.rng = rng
        self.as_of = as_of
        self._tails: set[str] = set()

    def with_chance(self, rng: random.Random) -> Inventor:
        """One that draws from another source of chance, and still repeats none of our account numbers."""
        other = Inventor(rng, self.as_of)
        other._tails = self._tails
        return other

    def number(self) -> str:
        """An account number whose last four digits no other account has."""
        while True:
            number = "".join(str(self.rng.randint(0, 9)) for _ in range(16))
            if number[-4:] not in self._tails and number[0] != "0":
                self._tails.add(number[-4:])
                return number

    def renumber(self, account: Account) -> None:
        """Give an account a number of its own, as each bureau masks it."""
        number = self.number()
        for bureau, column in account.columns.items():
            column.number = masked(number, bureau)

    def handle(self) -> str:
        """A vendor's id."""
        return f"H{self.rng.randint(10**9, 10**10 - 1)}"

    def spread(self, kind: str, names: tuple[str, ...], base: Column, everywhere: bool = False) -> Account:
        """The account as each bureau that reports it shows it."""
        absent = None if everywhere or self.rng.random() > 0.3 else self.rng.choice(list(Bureau))
        number = self.number()
        first_of_month = base.opened.replace(day=1)
        columns = {}
        for bureau, name in zip(Bureau, names, strict=True):
            column = replace(
                base,
                creditor=name,
                number=masked(number, bureau),
                handle=self.handle(),
                opened=first_of_month + timedelta(days=self.rng.randint(0, 27)),
                remarks=list(base.remarks),
                history=list(base.history),
            )
            if base.closed is None:
                column.reported = base.reported - timedelta(days=self.rng.randint(0, 9))
            if bureau is not absent:
                columns[bureau] = column
        return Account(kind, columns)

    def recent(self) -> date:
        """A day on which a furnisher reports that reports every month."""
        return self.as_of - timedelta(days=self.rng.randint(3, 16))

    def card(self, names: tuple[str, ...]) -> Account:
        """An open card, always paid on time."""
        limit = self.rng.randint(4, 60) * 250
        reported = self.recent()
        column = Column(
            names[0], "", "", months_back(reported, self.rng.randint(50, 110)), reported,
            self.rng.randint(5, limit // 2), limit - self.rng.randint(0, limit // 4), "R", "Credit card",
            last_payment=reported - timedelta(days=20), credit_limit=limit, monthly_payment=25,
            history=grid(months_back(reported, 1), "C" * 48),
        )  # fmt: skip
        return self.spread("card", names, column)

    def loan(self, names: tuple[str, ...], kind: str, symbol: str, words: str, everywhere: bool = False) -> Account:
        """An open loan or mortgage, always paid on time."""
        high = self.rng.randint(60, 300) * (1000 if kind == "mortgage" else 100)
        reported = self.recent()
        term = 360 if kind == "mortgage" else 72
        column = Column(
            names[0], "", "", months_back(reported, self.rng.randint(49, 58)), reported,
            high * self.rng.randint(30, 80) // 100, high, symbol, words,
            last_payment=reported - timedelta(days=18), monthly_payment=high // term, term_months=term,
            history=grid(months_back(reported, 1), "C" * 48),
        )  # fmt: skip
        return self.spread(kind, names, column, everywhere)

    def late_loan(self, names: tuple[str, ...]) -> Account:
        """An open loan, now 60 days late, rightly reported."""
        account = self.loan(names, "late_loan", "I", "Auto loan")
        for column in account.columns.values():
            column.pay_status, column.condition = "2", "F"
            column.past_due = 2 * (column.monthly_payment or 100)
            column.history = grid(column.history[0][0], "21" + "C" * 46)
        return account

    def paid(self, names: tuple[str, ...]) -> Account:
        """A loan closed and paid, with an old late month while it was open."""
        closed = self.as_of - timedelta(days=self.rng.randint(300, 900))
        high = self.rng.randint(20, 200) * 100
        column = Column(
            names[0], "", "", months_back(closed, self.rng.randint(26, 47)), closed, 0, high, "I", "Installment loan",
            closed=closed, status_date=closed, last_payment=closed, term_months=48, condition="P", open_closed="C",
            remarks=["Closed, paid satisfactorily"], history=grid(closed, "CCC1" + "C" * 20),
        )  # fmt: skip
        return self.spread("paid", names, column)

    def charge_off(self, names: tuple[str, ...]) -> Account:
        """A card charged off within the last five years, still owed to the same creditor."""
        reported = self.recent()
        months = self.rng.randint(10, 30)
        balance = self.rng.randint(6, 60) * 100
        opened = months_back(reported, 70)
        column = Column(
            names[0], "", "", opened, reported, balance, balance, "R", "Credit card",
            closed=months_back(reported, months), status_date=months_back(reported, months),
            last_payment=months_back(reported, months + 8), credit_limit=balance, past_due=balance,
            condition="F", open_closed="C", pay_status="9", remarks=["Charged off as bad debt"],
            history=grid(months_back(reported, 1), ("9" * months + "654321" + "C" * 48)[:48]),
            first_delinquency=months_back(reported, months + 6),
        )  # fmt: skip
        return self.spread("charge_off", names, column)

    def collection(self, names: tuple[str, ...], original: str) -> Account:
        """A collection placed within the last three years, for its original amount."""
        reported = self.recent()
        balance = self.rng.randint(90, 2400)
        placed = reported - timedelta(days=self.rng.randint(200, 1000))
        column = Column(
            names[0], "", "", placed, reported, balance, balance, "Y", "Collection account",
            status_date=placed, past_due=balance, condition="F", open_closed="O", pay_status="9",
            remarks=["Placed for collection"], original_creditor=original, first_delinquency=months_back(placed, 6),
        )  # fmt: skip
        return self.spread("collection", names, column, everywhere=True)

    def sold(self, names: tuple[str, ...]) -> Account:
        """A charge-off sold to another lender, rightly reported with nothing owed to the seller."""
        account = self.charge_off(names)
        for column in account.columns.values():
            column.balance, column.past_due, column.remarks = 0, 0, ["Account sold to another lender"]
        account.kind = "sold"
        return account


def invent_accounts(inventor: Inventor) -> list[Account]:
    """Twenty-four to thirty accounts of every kind, without errors."""
    rng = inventor.rng
    makers: list[Callable[[], Account]] = []
    makers += [lambda names=names: inventor.card(names) for names in CARDS]  # type: ignore[misc]
    makers += [lambda: inventor.loan(LOANS[0], "loan", "I", "Auto loan"), lambda: inventor.late_loan(LOANS[0])]
    makers += [lambda: inventor.loan(LOANS[1], "loan", "I", "Student loan")] * rng.randint(2, 5)
    makers += [lambda: inventor.loan(MORTGAGES[0], "mortgage", "M", "Conventional mortgage", True)]
    makers += [lambda: inventor.paid(LOANS[2]), lambda: inventor.paid(LOANS[0]), lambda: inventor.paid(LOANS[1])]
    makers += [lambda: inventor.charge_off(rng.choice(CARDS)) for _ in range(2)] + [lambda: inventor.sold(CARDS[5])]
    makers += [lambda: inventor.loan(LOANS[2], "loan", "I", "Installment loan")] * rng.randint(1, 4)
    debts = rng.sample(DEBTS, 5)
    makers += [
        lambda index=index, debt=debt: inventor.collection(COLLECTORS[index % 3], debt)  # type: ignore[misc]
        for index, debt in enumerate(debts)
    ]
    return [make() for make in makers]
