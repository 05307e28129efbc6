"""Who looked at an invented file, what a court recorded about its person, and what became of earlier disputes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.bureaus import Bureau
from domain.findings.known import Identity, OwnDispute


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
