"""How many accounts of which kinds an invented person has: from a thin file to a very thick one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from infrastructure.sandbox.report_generator import variety
from infrastructure.sandbox.report_generator.accounts import CARDS, COLLECTORS, LOANS, MORTGAGES, Account, Inventor
from infrastructure.sandbox.report_generator.records import Bankruptcy

FEWEST: Final = 5
MOST: Final = 80
_PROVIDERS: Final = ("BRIGHTWATER CLINIC", "PINEHURST DENTAL", "SAINT ORLA HOSPITAL", "RIVERBEND RADIOLOGY")
_OWED_TO: Final = (
    "NORTHSTAR WIRELESS", "VALLEY ELECTRIC", "CABLELINK", "HEARTH GAS", "BLUEBIRD FITNESS", "METRO WATER",
    "ALDINE APARTMENTS", "SUMMIT INSURANCE", "PAPERBOY NEWS", "EVERGREEN STORAGE", "CITYLINE TOLLS", "LUMEN INTERNET",
)  # fmt: skip
"""Companies that hand unpaid bills to collectors. No two debts of one person are owed to the same company."""


class Mixer:
    """Draws accounts of all kinds, each rightly reported."""

    def __init__(self, inventor: Inventor, court: Bankruptcy | None) -> None:
        self._inventor = inventor
        self._court = court
        self._rng = inventor.rng
        self._debts = self._rng.sample(_OWED_TO, len(_OWED_TO))
        self._sellers = self._rng.sample(variety.SELLERS, len(variety.SELLERS))
        self._lenders = self._rng.sample(CARDS, len(CARDS))
        self._providers = self._rng.sample(_PROVIDERS, len(_PROVIDERS))

    def accounts(self, count: int) -> list[Account]:
        """Exactly `count` accounts; the first is at every bureau, so that no bureau's section is empty."""
        if not FEWEST <= count <= MOST:
            raise ValueError(f"a report has {FEWEST} to {MOST} tradelines")
        accounts = [self._inventor.loan(LOANS[0], "loan", "I", "Auto loan", everywhere=True)]
        makers, weights = zip(*self._weighted(), strict=True)
        while len(accounts) < count:
            [maker] = self._rng.choices(makers, weights)
            accounts += maker()
        return accounts[:count]

    def _weighted(self) -> list[tuple[Callable[[], list[Account]], int]]:
        inventor, card = self._inventor, self._card
        return [
            (lambda: [inventor.card(card())], 22),
            (lambda: [self._loan()], 12),
            (lambda: [inventor.loan(MORTGAGES[0], "mortgage", "M", "Conventional mortgage", everywhere=True)], 4),
            (lambda: [inventor.late_loan(LOANS[0])], 4),
            (lambda: [inventor.paid(self._rng.choice(LOANS))], 7),
            (lambda: [inventor.charge_off(card())], 5),
            (lambda: [inventor.sold(card())], 2),
            (self._collection, 9),
            (self._medical, 3),
            (self._recent_card, 5),
            (lambda: [variety.cured_card(inventor, card())], 6),
            (lambda: [variety.quiet_card(inventor, card())], 3),
            (lambda: [variety.shared_card(inventor, card())], 4),
            (lambda: [variety.closed_card(inventor, card())], 5),
            (lambda: [variety.settled(inventor, card())], 2),
            (lambda: [variety.refinanced(inventor)], 2),
            (lambda: [*variety.transferred(inventor)], 2),
            (lambda: [*variety.student_loans(inventor, self._rng.choice(variety.SERVICERS))], 3),
            (self._bought_debt, 3),
            (self._included, 4),
        ]

    def _card(self) -> tuple[str, str, str]:
        return self._rng.choice(CARDS)

    def _recent_card(self) -> list[Account]:
        """No lender is applied at twice: two inquiries of one lender may be one counted twice."""
        if not self._lenders:
            return [self._inventor.card(self._card())]
        return [variety.recent_card(self._inventor, self._lenders.pop())]

    def _loan(self) -> Account:
        names, words = self._rng.choice(((LOANS[0], "Auto loan"), (LOANS[2], "Installment loan")))
        return self._inventor.loan(names, "loan", "I", words)

    def _collection(self) -> list[Account]:
        if not self._debts:
            return [self._inventor.card(self._card())]
        return [self._inventor.collection(self._rng.choice(COLLECTORS), self._debts.pop())]

    def _medical(self) -> list[Account]:
        if not self._providers:
            return [self._loan()]
        return [variety.medical_collection(self._inventor, self._rng.choice(COLLECTORS), self._providers.pop())]

    def _bought_debt(self) -> list[Account]:
        if not self._sellers:
            return [self._loan()]
        return [*variety.bought_debt(self._inventor, self._sellers.pop(), self._rng.choice(variety.BUYERS))]

    def _included(self) -> list[Account]:
        if self._court is None:
            return [self._loan()]
        return [variety.included(self._inventor, self._card(), self._court.filed, self._court.discharged)]
