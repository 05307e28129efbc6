"""Who looked at an invented file, what a court recorded about its person, and what became of earlier disputes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from domain.bureaus import Bureau
from domain.findings.known import Identity, OwnDispute
from infrastructure.sandbox.report_generator.accounts import Account

_SHOWN_DAYS: Final = 700
"""Bureaus show inquiries for two years."""

_REVIEWERS: Final = ("CITI CARDS CBNA", "AMEX", "FIRST QUARRY BANK", "HARBOR MUTUAL INSURANCE")


@dataclass(frozen=True)
class Look:
    """One inquiry: who, when, and whether it was for an application (`hard`) or a lender's own review."""

    bureau: Bureau
    name: str
    on: date
    hard: bool


@dataclass(frozen=True)
class Bankruptcy:
    """A Chapter 7 case that ended with a discharge."""

    filed: date
    discharged: date


@dataclass(frozen=True)
class KnownBefore:
    """What we knew of one account at one bureau before this report: our dispute, and how it is recognised."""

    group: str
    dispute: OwnDispute
    identity: Identity


def hard_looks(rng: random.Random, accounts: Sequence[Account]) -> list[Look]:
    """An application stands behind each card opened lately: its lender looked shortly before, at some bureaus."""
    looks = []
    for account in accounts:
        if account.kind != "recent_card":
            continue
        for bureau in sorted(rng.sample(sorted(account.columns), rng.randint(1, len(account.columns)))):
            column = account.columns[bureau]
            looks.append(Look(bureau, column.creditor, column.opened - timedelta(days=rng.randint(0, 20)), hard=True))
    return looks


def soft_looks(rng: random.Random, as_of: date) -> list[Look]:
    """Reviews by lenders and insurers, which only the consumer sees and nobody may hold against them."""
    return [
        Look(
            rng.choice(list(Bureau)),
            rng.choice(_REVIEWERS),
            as_of - timedelta(days=rng.randint(5, _SHOWN_DAYS)),
            hard=False,
        )
        for _ in range(rng.randint(0, 6))
    ]


def invent_bankruptcy(rng: random.Random, as_of: date) -> Bankruptcy:
    """A case of six to seven years ago: before any charge-off of ours, with lates still within their seven years."""
    filed = as_of - timedelta(days=rng.randint(2200, 2440))
    return Bankruptcy(filed, filed + timedelta(days=rng.randint(95, 140)))
