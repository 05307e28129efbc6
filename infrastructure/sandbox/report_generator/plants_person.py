"""Errors about the person, their inquiries, their bankruptcy and their earlier disputes, planted with the truth.

Each plant that needs an account invents its own, so that these errors never compete with others for one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from domain.bureaus import Bureau
from domain.findings.known import Identity, OwnDispute
from domain.reconciliation import Outcome
from infrastructure.sandbox.report_generator.accounts import CARDS, COLLECTORS, Account, grid, months_back
from infrastructure.sandbox.report_generator.plants import Bureaus, Draft, NoRoom, Planted, plant_each
from infrastructure.sandbox.report_generator.records import Bankruptcy, Look

Plant = Callable[[Draft, Bureaus | None], Planted]
PERSON_PLANTS: Final[dict[str, Plant]] = {}
_STRANGERS: Final = ("ORRIN AUTO SALES", "TALLGRASS FINANCE", "WINDROW JEWELERS", "HEDGEROW MOTORS")
_OWED_TO: Final = ("FERNHILL UTILITIES", "QUAYSIDE GYM", "ROWANBERRY RENTALS")


def _plants(identifier: str) -> Callable[[Plant], Plant]:
    def register(plant: Plant) -> Plant:
        PERSON_PLANTS[identifier] = plant
        return plant

    return register


def plant_person(
    draft: Draft, plan: Mapping[str, Bureaus | None], as_far_as_they_fit: bool = False
) -> list[Planted]:
    """Put the planned errors into the draft; a plan gives the bureaus, or None for chance.

    An error that contradicts the person's bankruptcy, or the lack of one, is refused (NoRoom), or left out if errors
    need only go as far as they fit.
    """
    planned = [identifier for identifier in PERSON_ORDER if identifier in plan]
    return plant_each(draft, PERSON_PLANTS, planned, plan, as_far_as_they_fit)


def _somewhere(draft: Draft, bureaus: Bureaus | None) -> Bureaus:
    return bureaus or (draft.rng.choice(list(Bureau)),)


def _only(identifier: str, account: Account | None, bureaus: Bureaus) -> Planted:
    return Planted(identifier, account, tuple(sorted(bureaus)))


def _everywhere(make: Callable[[], Account]) -> Account:
    """An account that every bureau reports, so that an error can be planted at any."""
    while len((account := make()).columns) < len(Bureau):
        pass
    return account


def _own(draft: Draft, account: Account) -> Account:
    account.planted = True
    draft.accounts.append(account)
    return account


def _card(draft: Draft) -> Account:
    names = draft.rng.choice(CARDS)
    return _own(draft, _everywhere(lambda: draft.inventor.card(names)))


def _collection(draft: Draft) -> Account:
    return _own(draft, draft.inventor.collection(draft.rng.choice(COLLECTORS), draft.rng.choice(_OWED_TO)))


@_plants("D03")
def _old_bankruptcy(draft: Draft, bureaus: Bureaus | None) -> Planted:
    bureaus = _somewhere(draft, bureaus)
    filed = draft.as_of - timedelta(days=draft.rng.randint(3660, 4400))
    draft.old_cases |= dict.fromkeys(bureaus, Bankruptcy(filed, filed + timedelta(days=120)))
    return _only("D03", None, bureaus)


@_plants("D31")
def _stale(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = _card(draft), _somewhere(draft, bureaus)
    for bureau in bureaus:
        column = account.columns[bureau]
        column.reported = draft.as_of - timedelta(days=draft.rng.randint(185, 420))
        column.last_payment = column.reported - timedelta(days=20)
        column.history = grid(months_back(column.reported, 1), "C" * len(column.history))
    return _only("D31", account, bureaus)


@_plants("D32")
def _flag_missing(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = _card(draft), _somewhere(draft, bureaus)
    for bureau in bureaus:
        received = draft.as_of - timedelta(days=draft.rng.randint(40, 60))
        _remember(draft, account, bureau, received_on=received)
    return _only("D32", account, bureaus)


@_plants("D33")
def _flag_stuck(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = _card(draft), _somewhere(draft, bureaus)
    for bureau in bureaus:
        account.columns[bureau].disputed = True
        ended = draft.as_of - timedelta(days=draft.rng.randint(61, 200))
        received = ended - timedelta(days=35)
        _remember(draft, account, bureau, received_on=received, ended_on=ended, outcome=Outcome.VERIFIED)
    return _only("D33", account, bureaus)


@_plants("D34")
def _included_but_owed(draft: Draft, _: Bureaus | None) -> Planted:
    if draft.bankruptcy is None:
        raise NoRoom("no bankruptcy that could include an account")
    names = draft.rng.choice(CARDS)
    account = _own(draft, _everywhere(lambda: draft.inventor.charge_off(names)))
    for column in account.columns.values():
        column.opened = min(column.opened, months_back(draft.bankruptcy.filed, 18))
        column.remarks = ["Included in Chapter 7 bankruptcy"]
    return _only("D34", account, tuple(account.columns))


@_plants("D35")
def _no_bankruptcy(draft: Draft, bureaus: Bureaus | None) -> Planted:
    if draft.old_cases or any(_speaks_of_one(account) for account in draft.accounts):
        raise NoRoom("the bankruptcy cannot be left out")
    draft.bankruptcy = None
    account, bureaus = _card(draft), _somewhere(draft, bureaus)
    for bureau in bureaus:
        account.columns[bureau].remarks.append("Included in Chapter 7 bankruptcy")
    return _only("D35", account, bureaus)


def _speaks_of_one(account: Account) -> bool:
    return any("bankruptcy" in remark for column in account.columns.values() for remark in column.remarks)


@_plants("D36")
def _user_derogatory(draft: Draft, _: Bureaus | None) -> Planted:
    account = _card(draft)
    for column in account.columns.values():
        column.designator, column.condition, column.pay_status = "A", "F", "1"
        column.past_due = min(column.balance, column.monthly_payment or 25)
        column.history[0] = (column.history[0][0], "1")
    return _only("D36", account, tuple(account.columns))


@_plants("D38")
def _minor(draft: Draft, _: Bureaus | None) -> Planted:
    account = _card(draft)
    born = draft.person.born
    opened = date(born.year + draft.rng.randint(9, 16), born.month, min(born.day, 28))
    for column in account.columns.values():
        column.opened = opened
    return _only("D38", account, tuple(account.columns))


@_plants("D39")
def _called_dead(draft: Draft, bureaus: Bureaus | None) -> Planted:
    if bureaus is None and draft.rng.random() < 0.5:
        draft.deceased = True
        return Planted("D39", None, tuple(Bureau), together=True)
    account, bureaus = _card(draft), _somewhere(draft, bureaus)
    for bureau in bureaus:
        account.columns[bureau].designator = "X"
    return _only("D39", account, bureaus)


@_plants("D40")
def _small_medical(draft: Draft, _: Bureaus | None) -> Planted:
    account = _collection(draft)
    owed = draft.rng.randint(40, 499)
    for column in account.columns.values():
        column.type_words = "Medical debt"
        column.balance = column.high_balance = column.past_due = owed
    return _only("D40", account, tuple(account.columns))


@_plants("D41")
def _stranger_looked(draft: Draft, bureaus: Bureaus | None) -> Planted:
    bureaus = _somewhere(draft, bureaus)
    name, on = draft.rng.choice(_STRANGERS), draft.as_of - timedelta(days=draft.rng.randint(5, 700))
    draft.looks += [Look(bureau, name, on, hard=True) for bureau in bureaus]
    return _only("D41", None, bureaus)


@_plants("D42")
def _looked_twice(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = _card(draft), _somewhere(draft, bureaus)
    on = draft.as_of - timedelta(days=draft.rng.randint(60, 300))
    for bureau in bureaus:
        name = account.columns[bureau].creditor
        draft.looks += [
            Look(bureau, name, on - timedelta(days=days), hard=True) for days in (0, draft.rng.randint(1, 14))
        ]
    return _only("D42", None, bureaus)


@_plants("D43")
def _old_look(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = _card(draft), _somewhere(draft, bureaus)
    on = draft.as_of - timedelta(days=draft.rng.randint(735, 1400))
    draft.looks += [Look(bureau, account.columns[bureau].creditor, on, hard=True) for bureau in bureaus]
    return _only("D43", None, bureaus)


@_plants("D46")
def _back_again(draft: Draft, bureaus: Bureaus | None) -> Planted:
    account, bureaus = _collection(draft), _somewhere(draft, bureaus)
    gone = draft.as_of - timedelta(days=draft.rng.randint(30, 300))
    resold = draft.rng.random() < 0.5
    for bureau in bureaus:
        column = account.columns[bureau]
        before = next(names[0] for names in COLLECTORS if names[0][:3] != column.creditor[:3])
        _remember(
            draft, account, bureau, received_on=gone - timedelta(days=40), ended_on=gone + timedelta(days=3),
            outcome=Outcome.DELETED, answered_on=gone, furnisher=before if resold else column.creditor,
            identity=("T5", False) if resold else ("T1", True),
        )  # fmt: skip
    return _only("D46", account, bureaus)


def _remember(
    draft: Draft,
    account: Account,
    bureau: Bureau,
    *,
    received_on: date,
    ended_on: date | None = None,
    outcome: Outcome | None = None,
    answered_on: date | None = None,
    furnisher: str | None = None,
    identity: tuple[str, bool] = ("T1", True),
) -> None:
    tier, settled = identity
    tradeline_id = UUID(int=draft.rng.getrandbits(128))
    dispute = OwnDispute(
        dispute_id=UUID(int=draft.rng.getrandbits(128)),
        tradeline_id=tradeline_id,
        bureau=bureau,
        opened_on=received_on - timedelta(days=9),
        received_on=received_on,
        receipt_proven=True,
        ended_on=ended_on,
        outcome=outcome,
        answered_by=UUID(int=draft.rng.getrandbits(128)) if answered_on else None,
        answered_on=answered_on,
        furnisher=furnisher or account.columns[bureau].creditor,
    )
    draft.past.append((account, dispute, Identity(tradeline_id=tradeline_id, tier=tier, settled=settled)))


PERSON_ORDER: Final = tuple(sorted(PERSON_PLANTS))
"""Every plant of this module."""
