"""How a pull blurs what is on file: sections that are missing or thin, and rows printed differently every time."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from domain.bureaus import Bureau
from infrastructure.sandbox.report_generator.accounts import Account, Column, Inventor

_EMPTY: Final = 0.04
_THIN: Final = 0.05
_NEW_HANDLES: Final = 0.1
_NAME: Final = 0.12
_NUMBER: Final = 0.1
_OPENED: Final = 0.1
_AMOUNT: Final = 0.03


def thinned(rng: random.Random, accounts: Mapping[int, Account]) -> tuple[frozenset[Bureau], frozenset[Bureau]]:
    """Leave sections out, or some of their rows: the bureaus that do not answer, and those that answer in part."""
    missing, partial = set(), set()
    for bureau in Bureau:
        fate = rng.random()
        if fate < _EMPTY:
            missing.add(bureau)
        elif fate < _EMPTY + _THIN:
            rows = [number for number, account in accounts.items() if bureau in account.columns]
            left_out = rng.sample(rows, max(1, round(len(rows) * rng.uniform(0.05, 0.8)))) if rows else []
            for number in left_out:
                del accounts[number].columns[bureau]
            partial |= {bureau} if left_out else set()
    return frozenset(missing), frozenset(partial)


def blurred(rng: random.Random, accounts: Iterable[Account], inventor: Inventor) -> None:
    """Print every row as sources do: mostly as the time before, now and then with another spelling or mask."""
    renewed = [bureau for bureau in Bureau if rng.random() < _NEW_HANDLES]
    for account in accounts:
        names = [column.creditor for column in account.columns.values()]
        for bureau, column in account.columns.items():
            account.columns[bureau] = _row(rng, column, names, inventor.handle() if bureau in renewed else None)


def _row(rng: random.Random, column: Column, names: list[str], handle: str | None) -> Column:
    shown = replace(column, handle=handle or column.handle)
    if rng.random() < _NAME:
        shown.creditor = rng.choice([*names, spelt(rng, column.creditor)])
    if rng.random() < _NUMBER:
        shown.number = remasked(rng, column.number)
    if rng.random() < _OPENED:
        shown.opened = column.opened + timedelta(days=rng.randint(-20, 20))
    if rng.random() < _AMOUNT:
        shown.high_balance = column.high_balance + rng.randint(0, max(1, column.high_balance // 100))
    return shown


def spelt(rng: random.Random, name: str) -> str:
    """The name as another clerk types it."""
    kind = rng.randrange(5)
    if kind == 0:
        return f"{name} {rng.choice(('NA', 'LLC', 'INC'))}"
    if kind == 1:
        return name.replace("/", " ").replace("BANK", "BK").replace("CREDIT", "CRED")
    if kind == 2:
        return name[: max(8, len(name) - 4)]
    at = rng.randrange(1, max(2, len(name) - 2))
    if kind == 3:
        return name[:at] + name[at + 1 :]
    return name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :]


def remasked(rng: random.Random, number: str) -> str:
    """The number with fewer of its visible digits, or none at either end; never with others."""
    head = number[: len(number) - len(number.lstrip("0123456789"))]
    tail = number[len(number.rstrip("0123456789")) :] if len(head) < len(number) else ""
    kept = rng.choice(
        [f"{head[:4]}XXXXXX", f"XXXXXX{tail[-3:]}", "XXXXXXXXXX", f"****{tail}" if tail else f"{head}****"]
    )
    return kept if len(kept) > 4 else number
