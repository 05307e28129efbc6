"""Errors put into an invented report on purpose, with the truth about each.

Each plant changes one account, or the personal data, so that just the detector it is named for has something to find.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from domain.bureaus import Bureau
from domain.findings.known import Identity, OwnDispute
from domain.findings.obsolete import years_after
from infrastructure.sandbox.report_generator.accounts import Account, Column, Inventor, grid, months_back
from infrastructure.sandbox.report_generator.people import Home, Person, invent_home
from infrastructure.sandbox.report_generator.records import Bankruptcy, Look

Bureaus = tuple[Bureau, ...]


class NoRoom(ValueError):
    """The report has no account left that could carry an error of this kind."""


@dataclass(frozen=True)
class Planted:
    """The truth about one error: which detector must find it, on which account (None: none), where.

    `together`: the whole report says it, so that one finding names every bureau that answered.
    `implied` names the other detectors for which the same error is one too, with their bureaus: a month that was made
    late at one bureau only is also a month in which the bureaus differ. What a plant does not say is not true.
    """

    detector: str
    account: Account | None
    bureaus: tuple[Bureau, ...]
    together: bool = False
    implied: tuple[tuple[str, Bureaus], ...] = ()


@dataclass
class Draft:
    """A report being made up. Experian masks the tail of account numbers, so no duplicate shows there.

    `before` holds, by the identity of an account, its columns as the pull before showed them, where they differ;
    `listed` how many accounts the summary counts at each bureau, if the report has one.
    """

    inventor: Inventor
    person: Person
    accounts: list[Account]
    as_of: date
    extra_homes: dict[Bureau, Home]
    other_ssns: dict[Bureau, str]
    looks: list[Look] = field(default_factory=list)
    bankruptcy: Bankruptcy | None = None
    old_cases: dict[Bureau, Bankruptcy] = field(default_factory=dict)
    deceased: bool = False
    past: list[tuple[Account, OwnDispute, Identity]] = field(default_factory=list)
    before: dict[int, dict[Bureau, Column]] = field(default_factory=dict)
    listed: dict[Bureau, int] = field(default_factory=dict)

    @property
    def rng(self) -> random.Random:
        """The one source of chance."""
        return self.inventor.rng

    def take(self, kinds: tuple[str, ...], bureaus: Bureaus | None) -> tuple[Account, Bureaus]:
        """An account of one of the kinds that carries no error yet, and where the error goes.

        Without `bureaus` the place is one bureau that reports the account.
        """
        fit = [
            account
            for account in self.accounts
            if account.kind in kinds and not account.planted and len(account.columns) >= 2
            if set(bureaus or ()) <= account.columns.keys()
        ]
        if not fit:
            raise NoRoom(f"no free account of kind {', '.join(kinds)}")
        account = self.rng.choice(fit)
        account.planted = True
        return account, bureaus or (self.rng.choice(sorted(account.columns)),)


Plant = Callable[[Draft, Bureaus | None], Planted]
PLANTS: Final[dict[str, Plant]] = {}


def _plants(identifier: str) -> Callable[[Plant], Plant]:
    def register(plant: Plant) -> Plant:
        PLANTS[identifier] = plant
        return plant

    return register


def _all(identifier: str, account: Account) -> Planted:
    return Planted(identifier, account, tuple(sorted(account.columns)))


def _only(identifier: str, account: Account, bureaus: Bureaus) -> Planted:
    return Planted(identifier, account, tuple(sorted(bureaus)))


@_plants("D01")
def _obsolete(draft: Draft, _: Bureaus | None) -> Planted:
    account, _everywhere = draft.take(("collection",), None)
    placed = draft.as_of - timedelta(days=2960)
    for column in account.columns.values():
        column.opened = column.status_date = placed
        column.first_delinquency = months_back(placed, 6)
        column.history = grid(months_back(column.reported, 1), "9" * 96)
    return _all("D01", account)


@_plants("D02")
def _old_late(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = draft.take(("mortgage",), bureaus)
    for bureau, column in account.columns.items():
        column.opened = months_back(draft.as_of, 118).replace(day=3)
        if bureau in bureaus:
            column.history = grid(column.history[0][0], "C" * 88 + "1" + "C" * 7)
    return _only("D02", account, bureaus)


@_plants("D09")
def _opened(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = draft.take(("card",), bureaus)
    for bureau in bureaus:
        column = account.columns[bureau]
        shift = draft.rng.randint(5, 20)
        earlier = months_back(column.opened, shift)
        of_age = earlier >= years_after(draft.person.born, 18)
        column.opened = earlier if of_age else months_back(column.opened, -shift)
    return _all("D09", account)


@_plants("D10")
def _closed(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = draft.take(("card",), bureaus)
    for bureau in bureaus:
        column = account.columns[bureau]
        column.open_closed = column.condition = "C"
        column.closed = column.reported - timedelta(days=30)
    return _all("D10", account)


@_plants("D11")
def _balance(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = draft.take(("card", "loan"), bureaus)
    for bureau in bureaus:
        column = account.columns[bureau]
        column.balance += column.balance // 3 + draft.rng.randint(120, 700)
    return _all("D11", account)


@_plants("D12")
def _limit(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = draft.take(("card",), bureaus)
    for bureau in bureaus:
        column = account.columns[bureau]
        column.credit_limit = (column.credit_limit or 0) + draft.rng.randint(4, 20) * 500
    return _all("D12", account)


@_plants("D13")
def _status(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = draft.take(("card", "loan"), bureaus)
    for bureau in bureaus:
        column = account.columns[bureau]
        column.pay_status = "1"
        column.past_due = min(column.balance, column.monthly_payment or 25)
        column.history[0] = (column.history[0][0], "1")
    return _all("D13", account)


@_plants("D15")
def _late_after_closing(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = draft.take(("paid",), bureaus)
    for bureau in bureaus:
        column = account.columns[bureau]
        newest = months_back(column.history[0][0], -3)
        column.history = [*grid(newest, "C1C"), *column.history]
    return _only("D15", account, bureaus)


@_plants("D17")
def _jump(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = draft.take(("card", "loan"), bureaus)
    index = draft.rng.randint(5, 30)
    for bureau in bureaus:
        column = account.columns[bureau]
        column.history[index] = (column.history[index][0], draft.rng.choice("234"))
    return _only("D17", account, bureaus)


@_plants("D19")
def _past_due_while_current(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = draft.take(("loan",), bureaus)
    amount = draft.rng.randint(40, 95)
    for bureau in bureaus:
        account.columns[bureau].past_due = amount
    return _only("D19", account, bureaus)


@_plants("D20")
def _past_due_over_balance(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = draft.take(("late_loan",), bureaus)
    for bureau in bureaus:
        column = account.columns[bureau]
        column.past_due = column.balance + draft.rng.randint(50, 400)
    return _only("D20", account, bureaus)


@_plants("D21")
def _paid_but_owed(draft: Draft, _: Bureaus | None) -> Planted:
    account, _everywhere = draft.take(("paid",), None)
    owed = draft.rng.randint(80, 900)
    for column in account.columns.values():
        column.balance = owed
    return _all("D21", account)


@_plants("D22")
def _sold_but_owed(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = draft.take(("charge_off",), bureaus)
    for bureau in bureaus:
        account.columns[bureau].remarks.append("Account transferred or sold")
    return _only("D22", account, bureaus)


@_plants("D25")
def _twice(draft: Draft, bureaus: Bureaus | None) -> Planted:
    original, seen = draft.take(("loan",), bureaus or (draft.rng.choice((Bureau.EQUIFAX, Bureau.TRANSUNION)),))
    columns = {bureau: copy.deepcopy(original.columns[bureau]) for bureau in seen}
    for column in columns.values():
        column.handle = draft.inventor.handle()
    twin = Account("loan", columns, planted=True)
    draft.accounts.append(twin)
    return Planted("D25", twin, tuple(sorted(seen)))


@_plants("D26")
def _grown(draft: Draft, _: Bureaus | None) -> Planted:
    account, _everywhere = draft.take(("collection",), None)
    growth = draft.rng.randint(60, 500)
    for column in account.columns.values():
        column.balance += growth
        column.past_due = column.balance
    return _all("D26", account)


@_plants("D27")
def _whose_debt(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = draft.take(("collection",), bureaus)
    for bureau in bureaus:
        account.columns[bureau].original_creditor = None
    return _only("D27", account, bureaus)


@_plants("D30")
def _impossible_date(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = draft.take(("card", "loan"), bureaus)
    future = draft.rng.random() < 0.5
    for bureau in bureaus:
        column = account.columns[bureau]
        column.last_payment = (
            draft.as_of + timedelta(days=draft.rng.randint(40, 300)) if future else months_back(column.opened, 9)
        )
    return _only("D30", account, bureaus)


@_plants("D37")
def _responsibility(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = draft.take(("card", "loan"), bureaus)
    for bureau in bureaus:
        account.columns[bureau].designator = draft.rng.choice("JA")
    return _all("D37", account)


@_plants("D44")
def _other_ssn(draft: Draft, bureaus: Bureaus | None) -> Planted:
    bureaus = bureaus or (draft.rng.choice(list(Bureau)),)
    own = draft.person.ssn
    for bureau in bureaus:
        draft.other_ssns[bureau] = own[:8] + str((int(own[8]) + draft.rng.randint(1, 9)) % 10)
    return Planted("D44", None, tuple(sorted(bureaus)))


@_plants("D45")
def _other_home(draft: Draft, bureaus: Bureaus | None) -> Planted:
    bureaus = bureaus or (draft.rng.choice(list(Bureau)),)
    for bureau in bureaus:
        home = invent_home(draft.rng, draft.as_of - timedelta(days=700))
        draft.extra_homes[bureau] = replace(home, number=str(int(home.number) + 10_000))
    return Planted("D45", None, tuple(sorted(bureaus)))


ORDER: Final = (
    "D19", "D25", "D09", "D10", "D12", "D02", "D20", "D15", "D21", "D22", "D01", "D26", "D27",
    "D11", "D13", "D17", "D30", "D37", "D44", "D45",
    "D04", "D05", "D06", "D07", "D08", "D14", "D16", "D18", "D23", "D24", "D28", "D29", "D47", "D48",
)  # fmt: skip
"""Every plant, those with the fewest fitting accounts first."""


def plant(draft: Draft, plan: Mapping[str, Bureaus | None], as_far_as_they_fit: bool = False) -> list[Planted]:
    """Put the planned errors into the draft; a plan gives the bureaus, or None for chance.

    An error for which there is no account is refused (NoRoom), or left out if errors need only go as far as they fit.
    """
    unknown = plan.keys() - set(ORDER)
    if unknown:
        raise ValueError(f"no such error: {', '.join(sorted(unknown))}")
    return plant_each(draft, PLANTS, [name for name in ORDER if name in plan], plan, as_far_as_they_fit)


def plant_each(
    draft: Draft,
    plants: Mapping[str, Plant],
    planned: Sequence[str],
    plan: Mapping[str, Bureaus | None],
    as_far_as_they_fit: bool,
) -> list[Planted]:
    """Put errors into the draft in the order planned."""
    planted = []
    for identifier in planned:
        try:
            planted.append(plants[identifier](draft, plan[identifier]))
        except NoRoom:
            if not as_far_as_they_fit:
                raise
    return planted
