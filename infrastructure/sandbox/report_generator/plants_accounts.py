"""Errors about delinquencies, payment grids and debts told twice, each on accounts invented for it.

An account made for one error can carry no other, and its company's name is found nowhere else in the report, so no
detector links it to an account that has nothing to do with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from domain.bureaus import Bureau
from infrastructure.sandbox.report_generator.accounts import Account, Column, grid, months_back
from infrastructure.sandbox.report_generator.plants import PLANTS, Bureaus, Draft, Planted

BETWEEN_PULLS: Final = timedelta(days=30)
"""How long before a report the pull before it was made."""

PRINTED_ONLY: Final = frozenset({"D06", "D07", "D08"})
"""Errors in the date of first delinquency that only show where an encoding prints it."""

SINCE_THE_PULL_BEFORE: Final = frozenset({"D04"})
"""Errors that only show beside the pull before."""


def as_before(draft: Draft) -> Draft:
    """The report as it was pulled `BETWEEN_PULLS` ago: a month less in every grid, and no error made since."""
    accounts = [
        Account(account.kind, {bureau: _a_month_ago(column) for bureau, column in _columns(draft, account).items()})
        for account in draft.accounts
    ]
    return replace(draft, accounts=accounts, as_of=draft.as_of - BETWEEN_PULLS, before={})


def _columns(draft: Draft, account: Account) -> dict[Bureau, Column]:
    return draft.before.get(id(account), account.columns)


def _a_month_ago(column: Column) -> Column:
    if column.open_closed == "C" and column.balance == 0:
        return column
    return replace(column, reported=column.reported - BETWEEN_PULLS, history=column.history[1:])


def _names(name: str) -> tuple[str, str, str]:
    return name, f"{name} NA", name


def _fresh(draft: Draft, make: Callable[[], Account], bureaus: Bureaus | None = None) -> tuple[Account, Bureaus]:
    """A new account that the bureaus asked for report, and where the error goes: there, or at one bureau by chance."""
    account = make()
    while not set(bureaus or ()) <= account.columns.keys():
        account = make()
    account.planted = True
    draft.accounts.append(account)
    return account, bureaus or (draft.rng.choice(sorted(account.columns)),)


def _symbols(column: Column) -> str:
    return "".join(symbol for _, symbol in column.history)


def _told(identifier: str, account: Account, bureaus: Iterable[Bureau]) -> Planted:
    return Planted(identifier, account, tuple(sorted(bureaus)))


def _reaged_since_before(draft: Draft, _: Bureaus | None) -> Planted:
    account, _one = _fresh(draft, lambda: draft.inventor.charge_off(_names("TAMARACK CARD SERVICES")))
    draft.before[id(account)] = {
        bureau: replace(column, history=list(column.history)) for bureau, column in account.columns.items()
    }
    later = draft.rng.randint(3, 6)
    for column in account.columns.values():
        column.history = grid(column.history[0][0], (_symbols(column)[later:] + "C" * later))
        column.first_delinquency = _later(column.first_delinquency, later)
    return _told("D04", account, account.columns)


def _later(day: date | None, months: int) -> date:
    if day is None:
        raise ValueError("the account has no first delinquency to move")
    return months_back(day, -months)


def _collected(draft: Draft, original: Account, collector: str) -> Account:
    """The collection of another account's debt, placed three months after it was charged off."""
    collection, _one = _fresh(
        draft, lambda: draft.inventor.collection(_names(collector), next(iter(original.columns.values())).creditor)
    )
    owed = next(iter(original.columns.values()))
    for column in collection.columns.values():
        column.opened = column.status_date = _later(owed.closed, 3)
        column.balance = column.high_balance = column.past_due = owed.high_balance
        column.first_delinquency = owed.first_delinquency
    return collection


def _reaged_by_collector(draft: Draft, _: Bureaus | None) -> Planted:
    original, _one = _fresh(draft, lambda: draft.inventor.sold(_names("STONEBRIDGE CREDIT")))
    collection = _collected(draft, original, "HARROWGATE RECEIVABLES")
    seen = next(iter(original.columns.values()))
    charged_off = _symbols(seen).count("9")
    for column in collection.columns.values():
        column.history = grid(seen.history[0][0], "9" * (charged_off - 3) + "CC")
        column.first_delinquency = months_back(column.opened, 2)
    return _told("D05", collection, original.columns.keys() & collection.columns.keys())


def _collection(draft: Draft, collector: str, debt: str) -> Account:
    account, _one = _fresh(draft, lambda: draft.inventor.collection(_names(collector), debt))
    return account


def _first_late_at_placement(draft: Draft, _: Bureaus | None) -> Planted:
    account = _collection(draft, "PEMBERTON RECOVERY", "LANTERN BROADBAND")
    later = draft.rng.choice((0, draft.rng.randint(35, 90)))
    for column in account.columns.values():
        column.first_delinquency = column.opened + timedelta(days=later)
    return _told("D06", account, account.columns)


def _first_late_missing(draft: Draft, bureaus: Bureaus | None) -> Planted:
    _collection(draft, "WILLOWMERE COLLECTIONS", "TIDEWATER PROPANE")
    account, bureaus = _fresh(
        draft, lambda: draft.inventor.collection(_names("KESTREL CLAIMS"), "ORCHARD LANE STORAGE"), bureaus
    )
    for bureau in bureaus:
        account.columns[bureau].first_delinquency = None
    return _told("D07", account, bureaus)


def _first_late_differs(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = _fresh(
        draft, lambda: draft.inventor.collection(_names("GOSHAWK ASSIGNEES"), "MILLPOND GYM"), bureaus
    )
    earlier = draft.rng.randint(2, 12)
    for bureau in bureaus:
        account.columns[bureau].first_delinquency = _later(account.columns[bureau].first_delinquency, -earlier)
    return _told("D08", account, account.columns)


def _one_month_differs(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = _fresh(draft, lambda: draft.inventor.card(_names("FERNDALE SAVINGS")), bureaus)
    index = draft.rng.randint(5, 30)
    for bureau in bureaus:
        column = account.columns[bureau]
        column.history[index] = (column.history[index][0], "1")
    return _told("D14", account, account.columns)


def _miscounted(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = _fresh(draft, lambda: draft.inventor.card(_names("ROOKWOOD TRUST")), bureaus)
    for bureau in bureaus:
        account.columns[bureau].miscounted = {draft.rng.choice("123"): draft.rng.randint(1, 4)}
    return _told("D16", account, bureaus)


def _frozen(draft: Draft, _: Bureaus | None) -> Planted:
    account, _one = _fresh(draft, lambda: draft.inventor.late_loan(_names("BELLWETHER FINANCE")))
    months = draft.rng.randint(4, 9)
    for column in account.columns.values():
        column.history = grid(column.history[0][0], "2" * months + "1" + "C" * (47 - months))
    return _told("D18", account, account.columns)


def _owed_twice(draft: Draft, _: Bureaus | None) -> Planted:
    original, _one = _fresh(draft, lambda: draft.inventor.charge_off(_names("CINDER HOLLOW BANCORP")))
    collection = _collected(draft, original, "ALDERMOOR PORTFOLIO")
    return _told("D23", collection, original.columns.keys() & collection.columns.keys())


def _collected_twice(draft: Draft, _: Bureaus | None) -> Planted:
    one = _collection(draft, "VANTREE RECEIVABLE", "PEBBLE CREEK DAYCARE")
    other = _collection(draft, "JUNO & HARTE LAW", "PEBBLE CREEK DAYCARE")
    for bureau, column in other.columns.items():
        twin = one.columns[bureau]
        column.opened, column.status_date, column.first_delinquency = twin.opened, twin.opened, twin.first_delinquency
        column.balance = column.high_balance = column.past_due = twin.balance
    return _told("D24", other, other.columns.keys() & one.columns.keys())


def _charged_off_and_open(draft: Draft, _: Bureaus | None) -> Planted:
    account, _one = _fresh(draft, lambda: draft.inventor.charge_off(_names("SABLE RIDGE CREDIT")))
    as_agreed = draft.rng.random() < 0.5
    for column in account.columns.values():
        column.condition, column.open_closed, column.closed = "O", "O", None
        if as_agreed:
            column.pay_status, column.past_due = "C", 0
    return _told("D28", account, account.columns)


def _current_after_charge_off(draft: Draft, _: Bureaus | None) -> Planted:
    account, _one = _fresh(draft, lambda: draft.inventor.charge_off(_names("OSPREY POINT BANK")))
    charged_off = _symbols(next(iter(account.columns.values()))).count("9")
    index = draft.rng.randint(2, charged_off - 3)
    for column in account.columns.values():
        column.history[index] = (column.history[index][0], "C")
    return _told("D29", account, account.columns)


def _worse_than_ever(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = _fresh(draft, lambda: draft.inventor.card(_names("MARIGOLD MUTUAL")), bureaus)
    for bureau in bureaus:
        account.columns[bureau].worst_told = draft.rng.choice("1234")
    return _told("D47", account, bureaus)


def _paying_nothing(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = _fresh(draft, lambda: draft.inventor.paid(_names("THISTLEDOWN LOANS")), bureaus)
    for bureau in bureaus:
        account.columns[bureau].monthly_payment = draft.rng.randint(25, 400)
    return _told("D48", account, bureaus)


PLANTS.update(
    {
        "D04": _reaged_since_before,
        "D05": _reaged_by_collector,
        "D06": _first_late_at_placement,
        "D07": _first_late_missing,
        "D08": _first_late_differs,
        "D14": _one_month_differs,
        "D16": _miscounted,
        "D18": _frozen,
        "D23": _owed_twice,
        "D24": _collected_twice,
        "D28": _charged_off_and_open,
        "D29": _current_after_charge_off,
        "D47": _worse_than_ever,
        "D48": _paying_nothing,
    }
)
