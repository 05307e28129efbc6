"""What is known before a report is read: our own disputes, and whose account each of its rows is or may be."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain.bureaus import Bureau
from domain.kernel import Value
from domain.reconciliation import AskedField, Outcome


class OwnDispute(Value):
    """One challenge of ours, as far as a later report can answer it.

    `received_on` is the day the bureau had the letter (`receipt_proven`: the carrier says so, not we presume it),
    `ended_on` the day it was closed or withdrawn. `outcome` is how it ended, and `answered_by` the report that
    showed it, pulled on `answered_on`. `asked` is what the letter wanted put right, none if the item was to go. The
    account is quoted as it was printed when it was challenged.
    """

    dispute_id: UUID
    tradeline_id: UUID
    bureau: Bureau
    opened_on: date
    received_on: date | None = None
    receipt_proven: bool = False
    ended_on: date | None = None
    outcome: Outcome | None = None
    answered_by: UUID | None = None
    answered_on: date | None = None
    asked: tuple[AskedField, ...] = ()
    furnisher: str | None = None
    account_masked: str | None = None

    @property
    def account(self) -> str:
        """The account in a sentence, as it was then."""
        furnisher = self.furnisher or "an account"
        return f"{furnisher}, account {self.account_masked}" if self.account_masked else furnisher

    def open_on(self, day: date) -> bool:
        """Whether the bureau had the letter before `day` and the dispute had not ended by then."""
        received = self.received_on is not None and self.received_on < day
        return received and (self.ended_on is None or self.ended_on > day)


class Identity(Value):
    """Whose account a row is: the tier of the match that found it, and whether that settles it.

    Where it does not, a person has still to say whether the row is this account.
    """

    tradeline_id: UUID
    tier: str
    settled: bool
