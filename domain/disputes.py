"""One consumer's challenge to one tradeline at one recipient, from selection to outcome."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from domain import comparisons, frivolous_notices
from domain.bureaus import Bureau
from domain.comparisons import Compared, Comparison
from domain.deadlines import Deadlines, ReceiptBasis, breach_assertable, reinvestigation
from domain.dispute_states import BEFORE_POSTING, WAITING, AlreadyClosed, Challenge, DisputeStatus
from domain.frivolous_notices import FrivolousNotice
from domain.kernel import PII, Aggregate, Created, Event, IllegalMove, Invalid, Sealed
from domain.letter_facts import ANNUAL_REPORT_DISPUTE
from domain.reconciliation import Outcome, Rule

__all__ = ["AlreadyClosed", "Challenge", "Dispute", "DisputeStatus"]

S = DisputeStatus


class Dispute(Aggregate):
    """One consumer's challenge to one tradeline at one recipient.

    The recipient's clock starts when it receives our letter, not when we post it,
    so a dispute has no deadline until a receipt has been recorded.
    """

    TOPIC: ClassVar[str] = "dispute"

    class Opened(Created):
        TOPIC: ClassVar[str] = "dispute.opened.v1"
        subject_id: UUID
        tradeline_id: UUID
        bureau: Bureau
        round: int
        report_id: UUID
        reason: str
        letter_type: str
        selection_id: UUID
        drafted_with: tuple[UUID, ...]
        challenge: Annotated[Challenge | None, PII]

    class Drafted(Event):
        TOPIC: ClassVar[str] = "dispute.drafted.v1"
        letter_id: UUID

        def apply(self, aggregate: Dispute) -> None:
            aggregate.letter_id = self.letter_id
            aggregate.status = S.DRAFTED

    class ApprovalAwaited(Event):
        TOPIC: ClassVar[str] = "dispute.approval_awaited.v1"
        status: DisputeStatus
        pdf_sha256: str

        def apply(self, aggregate: Dispute) -> None:
            aggregate.status = self.status

    class Approved(Event):
        TOPIC: ClassVar[str] = "dispute.approved.v1"
        pdf_sha256: str

        def apply(self, aggregate: Dispute) -> None:
            aggregate.status = S.APPROVED

    class LetterDropped(Event):
        TOPIC: ClassVar[str] = "dispute.letter_dropped.v1"
        letter_id: UUID

        def apply(self, aggregate: Dispute) -> None:
            aggregate.letter_id = None
            aggregate.status = S.SELECTED

    class Posted(Event):
        TOPIC: ClassVar[str] = "dispute.posted.v1"
        mailing_id: UUID

        def apply(self, aggregate: Dispute) -> None:
            aggregate.mailing_id = self.mailing_id
            aggregate.status = S.SENT

    class PostingFailed(Event):
        TOPIC: ClassVar[str] = "dispute.posting_failed.v1"
        mailing_id: UUID

        def apply(self, aggregate: Dispute) -> None:
            aggregate.status = S.APPROVED

    class Received(Event):
        TOPIC: ClassVar[str] = "dispute.received.v1"
        subject_id: UUID
        received_on: date
        basis: ReceiptBasis
        time_zone: str
        mailing_id: UUID | None
        deadlines: Deadlines

        def apply(self, aggregate: Dispute) -> None:
            aggregate.received_on = self.received_on
            aggregate.receipt_basis = self.basis
            aggregate.time_zone = self.time_zone
            aggregate.deadlines = self.deadlines
            aggregate.status = S.RECEIVED

    class DeadlineExtended(Event):
        TOPIC: ClassVar[str] = "dispute.deadline_extended.v1"
        subject_id: UUID
        information_sent_on: date
        time_zone: str
        deadlines: Deadlines

        def apply(self, aggregate: Dispute) -> None:
            aggregate.deadlines = self.deadlines
            aggregate.status = S.RECEIVED

    Evaluated: TypeAlias = comparisons.Evaluated
    ReportConsidered: TypeAlias = comparisons.ReportConsidered
    OutcomeRepeated: TypeAlias = comparisons.OutcomeRepeated
    OutcomeConfirmed: TypeAlias = comparisons.OutcomeConfirmed
    FrivolousNoticed: TypeAlias = frivolous_notices.FrivolousNoticed
    OutcomeContradicted: TypeAlias = comparisons.OutcomeContradicted
    Reinserted: TypeAlias = comparisons.Reinserted

    class OutcomeOverruled(Event):
        TOPIC: ClassVar[str] = "dispute.outcome_overruled.v1"
        outcome: Outcome
        report_id: UUID
        back_to: DisputeStatus
        subject_id: UUID
        reason: Sealed
        actor_id: UUID

        def apply(self, aggregate: Dispute) -> None:
            aggregate.overruled.add(self.outcome)
            aggregate.outcome = None
            aggregate.provisional = False
            aggregate.status = self.back_to

    class Closed(Event):
        TOPIC: ClassVar[str] = "dispute.closed.v1"
        outcome: Outcome
        report_id: UUID
        confirmed_by: UUID

        def apply(self, aggregate: Dispute) -> None:
            aggregate.outcome = self.outcome
            aggregate.provisional = False
            aggregate.status = S.CLOSED

    class BecameOverdue(Event):
        TOPIC: ClassVar[str] = "dispute.became_overdue.v1"
        subject_id: UUID
        breach_assertable_on: date

        def apply(self, aggregate: Dispute) -> None:
            aggregate.overdue_since.append(self.breach_assertable_on)
            aggregate.status = S.OVERDUE

    class Withdrawn(Event):
        TOPIC: ClassVar[str] = "dispute.withdrawn.v1"
        after_posting: bool

        def apply(self, aggregate: Dispute) -> None:
            aggregate.status = S.WITHDRAWN

    class ReturnedUndelivered(Event):
        TOPIC: ClassVar[str] = "dispute.returned_undelivered.v1"
        subject_id: UUID
        mailing_id: UUID

        def apply(self, aggregate: Dispute) -> None:
            aggregate.status = S.RETURNED_UNDELIVERED

    def __init__(
        self,
        subject_id: UUID,
        tradeline_id: UUID,
        bureau: Bureau,
        round: int,  # noqa: A002 the field's own word for one turn of a dispute
        report_id: UUID,
        letter_type: str,
        challenge: Challenge | None,
    ) -> None:
        self.owner_id = subject_id
        self.tradeline_id = tradeline_id
        self.bureau = bureau
        self.round = round
        self.report_id = report_id
        self.letter_type = letter_type
        self.free_annual = letter_type == ANNUAL_REPORT_DISPUTE
        self.challenge = challenge
        self.status = S.SELECTED
        self.letter_id: UUID | None = None
        self.mailing_id: UUID | None = None
        self.received_on: date | None = None
        self.receipt_basis = ReceiptBasis.UNKNOWN
        self.time_zone = "UTC"
        self.deadlines: Deadlines | None = None
        self.outcome: Outcome | None = None
        self.provisional = False
        self.considered: dict[UUID, str] = {}
        self.proposed_from: UUID | None = None
        self.repeated_from: UUID | None = None
        self.proposal_counted = False
        self.confirmed_from: UUID | None = None
        self.reinserted_in: UUID | None = None
        self.overruled: set[Outcome] = set()
        self.overdue_since: list[date] = []
        self.status_before_evaluation: DisputeStatus | None = None

    @staticmethod
    def identity(tenant_id: UUID, consumer_id: UUID, tradeline_id: UUID, bureau: Bureau, round_: int) -> UUID:
        """The one id of this challenge: asking for it twice meets the first as a version conflict."""
        return uuid5(tenant_id, f"dispute:{consumer_id}:{tradeline_id}:{bureau.value}:{round_}")

    @classmethod
    def open(
        cls,
        dispute_id: UUID,
        at: datetime,
        *,
        consumer_id: UUID, tradeline_id: UUID, bureau: Bureau, round_: int, report_id: UUID, letter_type: str,
        selection_id: UUID, drafted_with: tuple[UUID, ...], challenge: Challenge,
    ) -> Dispute:  # fmt: skip
        """The consumer has chosen to challenge this tradeline at this bureau."""
        return cls._create(
            cls.Opened, id=dispute_id, timestamp=at, subject_id=consumer_id, tradeline_id=tradeline_id,
            bureau=bureau, round=round_, report_id=report_id, reason=challenge.reason, letter_type=letter_type,
            selection_id=selection_id, drafted_with=drafted_with, challenge=challenge,
        )

    def note_letter(self, letter_id: UUID, at: datetime) -> None:
        """The item stands in this letter, and in no other open one."""
        self._require("put into a letter", S.SELECTED)
        self.record(self.Drafted, at, letter_id=letter_id)

    def await_approval(self, letter_id: UUID, status: DisputeStatus, pdf_sha256: str, at: datetime) -> None:
        """The letter has exact bytes, and somebody must approve them."""
        if self.letter_id == letter_id and self.status in BEFORE_POSTING:
            self.record(self.ApprovalAwaited, at, status=status, pdf_sha256=pdf_sha256)

    def approve(self, letter_id: UUID, pdf_sha256: str, at: datetime) -> None:
        """Everybody who must approve the letter has done so."""
        if self.letter_id == letter_id and self.status in BEFORE_POSTING:
            self.record(self.Approved, at, pdf_sha256=pdf_sha256)

    def drop_letter(self, letter_id: UUID, at: datetime) -> None:
        """The letter was voided before posting; the item may go into another."""
        if self.letter_id == letter_id and self.status in BEFORE_POSTING:
            self.record(self.LetterDropped, at, letter_id=letter_id)

    def post(self, mailing_id: UUID, at: datetime) -> None:
        """The letter is being handed to the post; from here a withdrawal cannot stop it."""
        self._require("posted", S.APPROVED)
        self.record(self.Posted, at, mailing_id=mailing_id)

    def note_posting_failed(self, mailing_id: UUID, at: datetime) -> None:
        """The print provider refused the piece: nothing was mailed."""
        if self.status is S.SENT and self.mailing_id == mailing_id:
            self.record(self.PostingFailed, at, mailing_id=mailing_id)

    def record_receipt(
        self, received_on: date, basis: ReceiptBasis, time_zone: str, mailing_id: UUID | None, at: datetime
    ) -> None:
        """Start the clock. A second delivery scan changes nothing."""
        if self.deadlines is not None or self.status is not S.SENT:
            return
        self.record(
            self.Received, at, subject_id=self.owner_id, received_on=received_on, basis=basis, time_zone=time_zone,
            mailing_id=mailing_id, deadlines=reinvestigation(received_on, free_annual=self.free_annual),
        )

    def send_information(self, sent_on: date, at: datetime) -> None:
        """The consumer sent relevant information; inside the 30 days that extends the period, once (R02).

        A dispute already called overdue waits again: nobody is accused by the shorter period.
        """
        if self.received_on is None or self.deadlines is None:
            raise IllegalMove("information can extend a period only after the letter was received")
        self._require("extended", *WAITING)
        if sent_on > at.astimezone(ZoneInfo(self.time_zone)).date():
            raise Invalid("information extends the period once it has been sent: give a day that has come")
        deadlines = reinvestigation(self.received_on, sent_on, free_annual=self.free_annual)
        if deadlines.statutory_due.on > self.deadlines.statutory_due.on:
            self.record(
                self.DeadlineExtended, at, subject_id=self.owner_id, information_sent_on=sent_on,
                time_zone=self.time_zone, deadlines=deadlines,
            )

    def take_report(self, found: Comparison, actor_id: UUID, at: datetime) -> None:
        """What a later report shows: an outcome to confirm, one confirmed or contradicted, or why it settles nothing.

        A deletion is watched for ever: the tradeline shown again after it reopens the matter.
        """
        if self.status is S.CLOSED:
            if self.outcome is Outcome.DELETED and found.shown:
                self._note(self.Reinserted, found, at, bureau=self.bureau, tradeline_id=self.tradeline_id)
        elif self.status is S.EVALUATED:
            self._weigh(found, actor_id, at)
        elif found.settles:
            self.evaluate(found, at)
        else:
            self.consider_report(found, at)

    def evaluate(self, found: Comparison, at: datetime) -> None:
        """A later report, or the bureau's answer, shows an outcome; the operator or another report confirms it."""
        may_end = self.status in (S.SENT, *WAITING) or (self.status is S.SELECTED and found.outcome is Outcome.MOOT)
        if may_end and not self._has_decided_from(found.report_id):
            proposal = {"outcome": found.outcome, "provisional": found.provisional, "counted": found.counted}
            self._note(self.Evaluated, found, at, **proposal)

    def consider_report(self, found: Comparison, at: datetime) -> None:
        """A later report was compared and settles nothing; why is kept on record."""
        known = self._has_decided_from(found.report_id) or self.considered.get(found.report_id) == found.rule
        if not known and self.status in (S.SENT, *WAITING, S.EVALUATED):
            self._note(self.ReportConsidered, found, at, outcome=found.outcome)

    def _weigh(self, found: Comparison, actor_id: UUID, at: datetime) -> None:
        """Another report beside the one that proposed the outcome on the table.

        The first that counts ends the dispute if the accounts of both were counted; else it repeats the proposal, and
        the second ends it: nobody can tell whether the one that proposed it lacked just what was disputed.
        What an operator has overruled once, no report ends by itself.
        """
        if self._has_decided_from(found.report_id) or self.outcome is None:
            return
        proposal = {"outcome": self.outcome, "proposed_from": self.proposed_from}
        if found.contradicts(self.outcome):
            back_to = self.status_before_evaluation
            self._note(self.OutcomeContradicted, found, at, back_to=back_to, **proposal)
            self.take_report(found, actor_id, at)
        elif not found.counts_for(self.outcome) or self.outcome in self.overruled:
            self.consider_report(found, at)
        elif self.repeated_from is None and not (found.counted and self.proposal_counted):
            self._note(self.OutcomeRepeated, found, at, **proposal)
        else:
            self._note(self.OutcomeConfirmed, found, at, **proposal)
            self.confirm(actor_id, at)

    def _note(self, event: type[Compared], found: Comparison, at: datetime, **more: Any) -> None:
        self.record(
            event, at, subject_id=self.owner_id, report_id=found.report_id, rule=found.rule, changes=found.changes,
            compared_with_report_id=found.compared_with_report_id, **more,
        )  # fmt: skip

    def confirm(self, actor_id: UUID, at: datetime) -> None:
        """The operator agrees with the proposed outcome, or enough reports show it too: the dispute is over."""
        self._require("closed", S.EVALUATED)
        self.record(self.Closed, at, outcome=self.outcome, report_id=self.proposed_from, confirmed_by=actor_id)

    def overrule(self, reason: str, actor_id: UUID, at: datetime) -> None:
        """The operator disagrees with the proposed outcome: the dispute goes on as before."""
        self._require("overruled", S.EVALUATED)
        self.record(
            self.OutcomeOverruled, at, subject_id=self.owner_id, outcome=self.outcome, report_id=self.proposed_from,
            back_to=self.status_before_evaluation, reason=reason, actor_id=actor_id,
        )

    def check_overdue(self, at: datetime) -> None:
        """Call the answer overdue once silence may be asserted as a breach; too early decides nothing."""
        if self.status is not S.RECEIVED or self.deadlines is None:
            return
        if breach_assertable(self.deadlines, self.receipt_basis, at.astimezone(ZoneInfo(self.time_zone)).date()):
            day = self.deadlines.breach_assertable_on.on
            self.record(self.BecameOverdue, at, subject_id=self.owner_id, breach_assertable_on=day)

    def note_frivolous(self, notice: FrivolousNotice, actor_id: UUID, at: datetime) -> None:
        """The bureau says that it will not look into this (R05): silence is no longer what we wait to see end."""
        self._require("called frivolous", S.SENT, *WAITING)
        notice.check(at.astimezone(ZoneInfo(self.time_zone)).date(), self.received_on)
        self.record(self.FrivolousNoticed, at, actor_id=actor_id, **notice.recorded(self))

    def withdraw(self, at: datetime) -> None:
        """The consumer takes the challenge back; after posting that is a note, the letter is on its way."""
        if self.status in (S.CLOSED, S.WITHDRAWN):
            raise AlreadyClosed("this dispute is already over")
        self.record(self.Withdrawn, at, after_posting=self.status not in BEFORE_POSTING)

    def return_undelivered(self, mailing_id: UUID, at: datetime) -> None:
        """The post brought the letter back: no clock was ever started."""
        if self.status is S.SENT and self.mailing_id == mailing_id:
            self.record(self.ReturnedUndelivered, at, subject_id=self.owner_id, mailing_id=mailing_id)

    def _has_decided_from(self, report_id: UUID) -> bool:
        """Whether the report was compared; while a row's account was in question that decided nothing."""
        return self.considered.get(report_id, Rule.IDENTITY_IN_REVIEW) != Rule.IDENTITY_IN_REVIEW

    def _require(self, act: str, *allowed: DisputeStatus) -> None:
        if self.status in (S.CLOSED, S.WITHDRAWN):
            raise AlreadyClosed(f"a {self.status.value} dispute cannot be {act}; open a new round instead")
        if self.status not in allowed:
            wanted = " or ".join(status.value for status in allowed)
            raise IllegalMove(f"a dispute that is {self.status.value} cannot be {act}; it must be {wanted}")
