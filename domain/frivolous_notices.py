"""A bureau's word that it will not look into a dispute: "frivolous or irrelevant" (15 U.S.C. 1681i(a)(3), R05)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from domain.deadlines import ComputedDate, frivolous_notice_due
from domain.dispute_states import DisputeStatus
from domain.kernel import Event, IllegalMove, Invalid, Sealed, Value

if TYPE_CHECKING:
    from domain.disputes import Dispute


class DecidedTooEarly(IllegalMove):
    """The notice's decision is older than the dispute's arrival at the bureau."""

    code = "decided_before_receipt"


class FrivolousNotice(Value):
    """What the bureau's notice says: its reasons, and what information it asks for.

    `determined_on` is the day the notice gives for the bureau's decision. A notice that gives none counts as
    decided on its own date: nobody is called late by a day that was never told.
    """

    noticed_on: date
    determined_on: date | None = None
    reasons: str
    needed: str | None = None

    @property
    def due(self) -> ComputedDate:
        """When the bureau had to send it: five business days after its decision."""
        return frivolous_notice_due(self.determined_on or self.noticed_on)

    def recorded(self, dispute: Dispute) -> dict[str, Any]:
        """What the dispute keeps of it: whether it came late, and whether silence had been called a breach by then."""
        late = dispute.deadlines if dispute.status is DisputeStatus.OVERDUE else None
        return {
            "subject_id": dispute.owner_id,
            "overdue_since": late.breach_assertable_on.on if late else None,
            "noticed_on": self.noticed_on,
            "determined_on": self.determined_on or self.noticed_on,
            "notice_due": self.due,
            "late": self.noticed_on > self.due.on,
            "reasons": self.reasons,
            "needed": self.needed,
        }

    def check(self, today: date, received_on: date | None) -> None:
        """Refuse days that cannot be: those to come, and decisions before the letter or after the notice."""
        determined_on = self.determined_on or self.noticed_on
        if self.noticed_on > today or determined_on > self.noticed_on:
            raise Invalid("the bureau decides first, then writes, and not in the future: correct the days")
        if received_on is not None and determined_on < received_on:
            raise DecidedTooEarly("the bureau cannot have decided before it received the letter: correct the days")


class FrivolousNoticed(Event):
    """The bureau has refused to look into the dispute; its clock for an answer has stopped."""

    TOPIC: ClassVar[str] = "dispute.frivolous_noticed.v1"
    subject_id: UUID
    noticed_on: date
    determined_on: date
    notice_due: ComputedDate
    late: bool
    reasons: Sealed
    needed: Sealed
    actor_id: UUID
    overdue_since: date | None

    def apply(self, aggregate: Dispute) -> None:
        aggregate.status = DisputeStatus.FRIVOLOUS_NOTICED
