"""Sequences of pulls of one invented person: what bureaus answer to disputes, and how reports blur it.

What is really on file, and what a pull shows of it, are kept apart: a pull may leave a bureau out, or some of its
rows, and prints names, numbers and dates a little differently every time.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from domain.bureaus import Bureau
from domain.credit_reports import ReportFormat
from domain.reconciliation import AskedField
from infrastructure.sandbox.report_generator import write
from infrastructure.sandbox.report_generator.accounts import COLLECTORS, Account, Column, Inventor, masked
from infrastructure.sandbox.report_generator.accounts import invent_accounts as every_account
from infrastructure.sandbox.report_generator.blurring import blurred, thinned
from infrastructure.sandbox.report_generator.people import Person, invent_person
from infrastructure.sandbox.report_generator.plants import Draft

Place = tuple[int, Bureau]
"""One account, by its number in the sequence, at one bureau."""

FIRST_PULL: Final = date(2026, 1, 5)
_MONTHS_SHOWN: Final = 2
_APART: Final = 0.05
_TWINS: Final = 0.25
_LOOKALIKES: Final = 0.3
"""How often another debt to the same creditor, of about the same amount, turns up just where one is deleted."""
_NAMES: Final = {names[at] for names in COLLECTORS for at in range(3)}


class Answer(StrEnum):
    """What becomes of a disputed item."""

    DELETED = "deleted"
    REINSERTED = "reinserted"
    REINSERTED_ELSEWHERE = "reinserted_under_another_name"
    LEFT_OUT_ONCE = "left_out_once"
    CORRECTED = "corrected"
    TAKEN_BACK = "correction_taken_back"
    UPDATED_OTHERWISE = "updated_otherwise"
    VERIFIED = "verified"
    SILENT = "silent"


_OF_DELETIONS: Final = (
    Answer.DELETED, Answer.REINSERTED, Answer.REINSERTED_ELSEWHERE, Answer.LEFT_OUT_ONCE, Answer.VERIFIED,
    Answer.SILENT,
)  # fmt: skip
_OF_CORRECTIONS: Final = (
    Answer.CORRECTED, Answer.TAKEN_BACK, Answer.UPDATED_OTHERWISE, Answer.DELETED, Answer.VERIFIED, Answer.SILENT,
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One dispute of the sequence. `asked` empty: deletion is asked for. `answered`, `back`: numbers of pulls."""

    place: Place
    answer: Answer
    answered: int
    back: int
    asked: tuple[AskedField, ...] = ()


@dataclass(frozen=True)
class Pull:
    """One report, and the truth about it.

    `accounts`: the number of the account behind each of the report's groups. `partial`: bureaus whose section
    lacks rows. `on_file`: what each bureau really holds. `as_asked`: items whose fields really are as asked.
    """

    raw: bytes
    pulled_on: date
    accounts: dict[str, int]
    partial: frozenset[Bureau]
    on_file: frozenset[Place]
    as_asked: frozenset[Place]


@dataclass(frozen=True)
class Sequence:
    """The pulls, and what was disputed after the first of them."""

    received_on: date
    items: tuple[Item, ...]
    pulls: tuple[Pull, ...]


@dataclass
class _World:
    """What the bureaus really hold, from one pull to the next."""

    inventor: Inventor
    person: Person
    accounts: dict[int, Account]
    away: dict[Place, Column] = field(default_factory=dict)
    silent: set[Place] = field(default_factory=set)
    resold: set[Place] = field(default_factory=set)

    @property
    def rng(self) -> random.Random:
        return self.inventor.rng

    def column(self, place: Place) -> Column:
        """The account as the bureau holds it."""
        return self.accounts[place[0]].columns[place[1]]

    def places(self) -> Iterable[Place]:
        """Everything on file."""
        return [(number, bureau) for number, account in self.accounts.items() for bureau in account.columns]


def pull_sequence(seed: int, pulls: int = 7) -> Sequence:
    """The same seed makes the same person, disputes and pulls."""
    rng = random.Random(seed)  # noqa: S311 - reproducible test data, not a secret
    inventor = Inventor(rng, FIRST_PULL)
    person = invent_person(rng, FIRST_PULL)
    accounts = every_account(inventor)
    for account in accounts:
        for column in account.columns.values():
            column.history = column.history[:_MONTHS_SHOWN]
    many = len(accounts) if rng.random() < 0.15 else 13
    chosen = rng.sample(accounts, rng.randint(6, many))
    if rng.random() < _TWINS:
        chosen.append(_alike(inventor, rng.choice(chosen)))
    world = _World(inventor, person, dict(enumerate(chosen)))
    items = tuple(_disputes(world))
    days = [FIRST_PULL]
    for _ in range(pulls - 1):
        days.append(days[-1] + timedelta(days=rng.randint(24, 38)))
    made = []
    for number, day in enumerate(days):
        if number:
            _go_on(world, items, number, day)
        made.append(_pull(world, items, day, number))
    return Sequence(FIRST_PULL + timedelta(days=rng.randint(5, 12)), items, tuple(made))


def _disputes(world: _World) -> Iterable[Item]:
    """At most six, no two about one account."""
    rng = world.rng
    disputable = [n for n, a in world.accounts.items() if a.kind in ("collection", "charge_off", "late_loan")]
    for number in rng.sample(disputable, min(6, len(disputable))):
        account = world.accounts[number]
        place = number, rng.choice(sorted(account.columns))
        answered = rng.randint(1, 2)
        back = answered + rng.randint(2, 4)
        if account.kind == "late_loan" or (account.kind == "charge_off" and rng.random() < 0.5):
            asked = (AskedField(field="past_due", expected="0"),)
            yield Item(place, rng.choice(_OF_CORRECTIONS), answered, back, asked)
        else:
            answers = [a for a in _OF_DELETIONS if a is not Answer.REINSERTED_ELSEWHERE or account.kind == "collection"]
            yield Item(place, rng.choice(answers), answered, back)


def _go_on(world: _World, items: tuple[Item, ...], number: int, day: date) -> None:
    """A month passes: furnishers report, bureaus answer, accounts come and go."""
    for item in items:
        if number == item.answered:
            _answer(world, item)
        if number == (item.answered + 1 if item.answer is Answer.LEFT_OUT_ONCE else item.back):
            _return(world, item)
    disputed = {item.place[0] for item in items}
    _come_and_go(world, disputed)
    for place in world.places():
        if place not in world.silent:
            _furnish(world, place, day)


def _answer(world: _World, item: Item) -> None:
    number, bureau = item.place
    if item.answer is Answer.SILENT:
        world.silent.add(item.place)
    elif item.answer in (Answer.CORRECTED, Answer.TAKEN_BACK):
        world.column(item.place).past_due = 0
    elif item.answer is Answer.UPDATED_OTHERWISE:
        column = world.column(item.place)
        column.past_due = (column.past_due or 0) + world.rng.randint(20, 90)
    elif item.answer is not Answer.VERIFIED:
        column = world.away[item.place] = world.accounts[number].columns.pop(bureau)
        if column.original_creditor and world.rng.random() < _LOOKALIKES:
            other = replace(column, handle=world.inventor.handle())
            _resell(world, other)
            world.accounts[max(world.accounts) + 1] = Account("other_debt", {bureau: other})


def _return(world: _World, item: Item) -> None:
    """What was deleted or corrected is again as it was, perhaps in the hands of another collector."""
    number, bureau = item.place
    if item.answer is Answer.TAKEN_BACK:
        world.column(item.place).past_due = world.column(item.place).balance
    elif item.answer in (Answer.REINSERTED, Answer.REINSERTED_ELSEWHERE, Answer.LEFT_OUT_ONCE):
        column = world.away.pop(item.place)
        if item.answer is Answer.REINSERTED_ELSEWHERE:
            _resell(world, column)
            world.resold.add(item.place)
        world.accounts[number].columns[bureau] = column


def _resell(world: _World, column: Column) -> None:
    """Another collector has the debt: nothing but whose it was, and about how much, stays."""
    rng = world.rng
    column.creditor = rng.choice(sorted(_NAMES - {column.creditor}))
    column.number = f"XXXXXXXX{world.inventor.number()[-4:]}"
    column.handle = world.inventor.handle()
    column.opened = column.opened + timedelta(days=rng.randint(60, 300))
    column.high_balance = column.high_balance * rng.randint(99, 101) // 100


def _alike(inventor: Inventor, account: Account) -> Account:
    """A second account that only its number and handle tell from the first."""
    number = inventor.number()
    columns = {
        bureau: replace(column, number=masked(number, bureau), handle=inventor.handle())
        for bureau, column in account.columns.items()
    }
    return Account(account.kind, columns)


def _come_and_go(world: _World, disputed: set[int]) -> None:
    """Accounts nobody disputes: a new one, one no longer reported, a collection sold on."""
    rng = world.rng
    if rng.random() < 0.2:
        account = world.inventor.card(rng.choice([("NORTHERN ARC BANK",) * 3, ("ELMWOOD CARD",) * 3]))
        for column in account.columns.values():
            column.history = column.history[:_MONTHS_SHOWN]
        world.accounts[max(world.accounts) + 1] = account
    free = [number for number in world.accounts if number not in disputed and len(world.accounts) > 8]
    if free and rng.random() < 0.06:
        gone = rng.choice(free)
        if rng.random() < 0.5:
            del world.accounts[gone]
        elif len(world.accounts[gone].columns) > 1:
            del world.accounts[gone].columns[rng.choice(sorted(world.accounts[gone].columns))]
    for number in free:
        if number in world.accounts and world.accounts[number].kind == "collection" and rng.random() < 0.01:
            for column in world.accounts[number].columns.values():
                _resell(world, column)


def _furnish(world: _World, place: Place, day: date) -> None:
    column = world.column(place)
    column.reported = day - timedelta(days=world.rng.randint(2, 9))
    if world.accounts[place[0]].kind in ("card", "loan") and column.closed is None:
        column.balance = max(0, column.balance + world.rng.randint(-60, 40))


def _pull(world: _World, items: tuple[Item, ...], day: date, number: int) -> Pull:
    """What this pull shows; the first is always whole."""
    rng = world.rng
    shown = {n: Account(a.kind, dict(a.columns)) for n, a in world.accounts.items() if a.columns}
    on_file = Counter(bureau for account in shown.values() for bureau in account.columns)
    missing, partial = thinned(rng, shown) if number else (frozenset[Bureau](), frozenset[Bureau]())
    blurred(rng, shown.values(), world.inventor)
    groups = [group for n, account in shown.items() for group in _groups(world, n, account, missing)]
    rng.shuffle(groups)
    draft = Draft(world.inventor, world.person, [account for _, account in groups], day, {}, {})
    draft.listed = {bureau: count for bureau, count in on_file.items() if bureau not in missing}
    scores = {bureau: 600 + rng.randint(-40, 40) for bureau in Bureau if bureau not in missing}
    return Pull(
        raw=write(draft, [], day, ReportFormat.TRUELINK_SMARTCREDIT, scores).raw,
        pulled_on=day,
        accounts={str(position): n for position, (n, _) in enumerate(groups, start=1)},
        partial=missing | partial,
        on_file=frozenset(world.places()),
        as_asked=frozenset(item.place for item in items if item.asked and _is_as_asked(world, item.place)),
    )


def _groups(
    world: _World, number: int, account: Account, missing: frozenset[Bureau]
) -> Iterable[tuple[int, Account]]:
    """The account as the source groups it: what was sold on at one bureau only, or now and then any, stands apart."""
    rest = {bureau: column for bureau, column in account.columns.items() if bureau not in missing}
    apart = {bureau for bureau in rest if (number, bureau) in world.resold}
    if rest and world.rng.random() < _APART:
        apart.add(world.rng.choice(sorted(rest)))
    for bureau in sorted(apart):
        yield number, Account(account.kind, {bureau: rest.pop(bureau)})
    if rest:
        yield number, Account(account.kind, rest)


def _is_as_asked(world: _World, place: Place) -> bool:
    number, bureau = place
    column = world.accounts[number].columns.get(bureau)
    return column is not None and column.past_due == 0
