"""What comparing a dispute with a later report came to, as the dispute keeps it.

Every decision names its rule, both reports, and the values before and after: of each disputed field whether it
changed or not, and of every other field that did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final
from uuid import UUID

from domain.bureaus import Bureau
from domain.dispute_states import DisputeStatus
from domain.kernel import PII, Event, Value
from domain.reconciliation import FieldChange, Outcome

if TYPE_CHECKING:
    from domain.disputes import Dispute

CONFIRMED_BY_A_REPORT: Final = (Outcome.DELETED, Outcome.CORRECTED)
"""Everything that was asked has been done: further whole reports that show it too end the dispute."""

_SAME: Final = {Outcome.MOOT: (Outcome.MOOT, Outcome.DELETED, Outcome.CORRECTED)}
"""What was settled before the letter arrived looks, from then on, as if the letter had done it."""


class Comparison(Value):
    """One report compared with the report that a dispute was opened on.

    `shown`: whether it has the tradeline; `steady`: whether its section lacks just what the last one lacked;
    `counted`: whether somebody counted the section's accounts, and they are all there.
    """

    report_id: UUID
    compared_with_report_id: UUID
    rule: str
    outcome: Outcome | None
    provisional: bool = True
    shown: bool = True
    steady: bool = False
    counted: bool = False
    changes: tuple[FieldChange, ...] = ()

    @property
    def settles(self) -> bool:
        """Whether the report proposes an end to the dispute."""
        return self.outcome not in (None, Outcome.INDETERMINATE)

    def repeats(self, proposed: Outcome) -> bool:
        """Whether this report shows what an earlier one proposed."""
        return self.outcome in _SAME.get(proposed, (proposed,))

    def counts_for(self, proposed: Outcome) -> bool:
        """Whether this report is evidence of what an earlier one proposed: all that was asked is done, here as there.

        Only a steady section is: a thin one, even where it shows what was asked, proves nothing.
        """
        return proposed in CONFIRMED_BY_A_REPORT and self.settles and self.repeats(proposed) and self.steady

    def contradicts(self, proposed: Outcome) -> bool:
        """Whether what an earlier report proposed does not hold: this one shows another end, or none any more.

        A section that cannot be believed about what it lacks is believed about what it shows: it has what seemed gone.
        """
        if proposed is Outcome.DELETED and self.shown:
            return True
        if self.outcome is Outcome.INDETERMINATE or self.repeats(proposed):
            return False
        return self.settles or proposed in CONFIRMED_BY_A_REPORT


class Compared(Event):
    """The part that all events about a comparison share."""

    subject_id: UUID | None
    report_id: UUID
    compared_with_report_id: UUID
    rule: str
    changes: Annotated[tuple[FieldChange, ...] | None, PII]


class Evaluated(Compared):
    """A report shows an outcome, to be confirmed by an operator or by another report."""

    TOPIC: ClassVar[str] = "dispute.evaluated.v1"
    outcome: Outcome
    provisional: bool
    counted: bool = False

    def apply(self, aggregate: Dispute) -> None:
        aggregate.proposal_counted = self.counted
        aggregate.outcome = self.outcome
        aggregate.provisional = self.provisional
        aggregate.considered[self.report_id] = self.rule
        aggregate.proposed_from, aggregate.repeated_from = self.report_id, None
        aggregate.status_before_evaluation = aggregate.status
        aggregate.status = DisputeStatus.EVALUATED


class ReportConsidered(Compared):
    """A report was compared and settles nothing."""

    TOPIC: ClassVar[str] = "dispute.report_considered.v1"
    class_version: ClassVar[int] = 2
    outcome: Outcome | None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["subject_id"] = None  # the first version kept no values, and so named nobody

    def apply(self, aggregate: Dispute) -> None:
        aggregate.considered[self.report_id] = self.rule


class OutcomeRepeated(Compared):
    """A whole report shows the proposed outcome too; the one that proposed it may have been thin, so one more must."""

    TOPIC: ClassVar[str] = "dispute.outcome_repeated.v1"
    outcome: Outcome
    proposed_from: UUID

    def apply(self, aggregate: Dispute) -> None:
        aggregate.considered[self.report_id] = self.rule
        aggregate.repeated_from = self.report_id


class OutcomeConfirmed(Compared):
    """As many whole reports as it takes have shown the outcome: it is final."""

    TOPIC: ClassVar[str] = "dispute.outcome_confirmed.v1"
    outcome: Outcome
    proposed_from: UUID

    def apply(self, aggregate: Dispute) -> None:
        aggregate.considered[self.report_id] = self.rule
        aggregate.confirmed_from = self.report_id


class OutcomeContradicted(Compared):
    """A second report shows that the proposed outcome does not hold."""

    TOPIC: ClassVar[str] = "dispute.outcome_contradicted.v1"
    outcome: Outcome
    proposed_from: UUID
    back_to: DisputeStatus

    def apply(self, aggregate: Dispute) -> None:
        aggregate.outcome = None
        aggregate.provisional = False
        aggregate.status = self.back_to


class Reinserted(Compared):
    """The tradeline was deleted, and a later report shows it again."""

    TOPIC: ClassVar[str] = "dispute.reinserted.v1"
    bureau: Bureau
    tradeline_id: UUID

    def apply(self, aggregate: Dispute) -> None:
        aggregate.outcome = Outcome.REINSERTED
        aggregate.reinserted_in = self.report_id
        aggregate.considered[self.report_id] = self.rule
