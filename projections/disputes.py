"""Disputes and where they stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from domain.bureaus import Bureau
from domain.comparisons import Compared
from domain.consumers import Consumer
from domain.disputes import Challenge, Dispute, DisputeStatus
from domain.kernel import Event
from domain.reconciliation import Outcome
from projections.kernel import Change, Projection, Recorded, Table, on

DISPUTES = Table(
    "disputes",
    aggregate=Dispute,
    key={"dispute_id": "uuid"},
    columns={
        "consumer_id": "uuid",
        "tradeline_id": "uuid",
        "report_id": "uuid",
        "letter_id": "uuid",
        "mailing_id": "uuid",
        "created_at": "timestamptz",
        "bureau": "text",
        "round": "int",
        "reason": "text",
        "letter_type": "text",
        "status": "text",
        "furnisher": "text",
        "account_masked": "text",
        "item": "jsonb",
        "received_on": "date",
        "receipt_basis": "text",
        "statutory_due": "date",
        "results_due": "date",
        "breach_assertable_on": "date",
        "outcome": "text",
        "provisional": "boolean DEFAULT false",
        "outcome_rule": "text",
        "outcome_report_id": "uuid",
        "changes": "jsonb",
        "closed_at": "timestamptz",
    },
    indexes=("created_at, dispute_id", "consumer_id, created_at, dispute_id", "status, created_at", "letter_id"),
)

S = DisputeStatus


class DisputeRow(BaseModel):
    """One dispute; its dates exist once a receipt has been recorded."""

    dispute_id: UUID
    consumer_id: UUID
    tradeline_id: UUID
    report_id: UUID
    letter_id: UUID | None
    mailing_id: UUID | None
    created_at: datetime
    bureau: Bureau
    round: int
    reason: str
    letter_type: str
    status: DisputeStatus
    furnisher: str | None
    account_masked: str | None
    item: dict[str, Any] | None
    received_on: date | None
    receipt_basis: str | None
    statutory_due: date | None
    results_due: date | None
    breach_assertable_on: date | None
    outcome: Outcome | None
    provisional: bool
    outcome_rule: str | None
    outcome_report_id: UUID | None
    changes: list[dict[str, Any]] | None
    closed_at: datetime | None
    version: int


class DisputesProjection(Projection):
    """Every dispute's present state."""

    name = "disputes"
    version = 2
    tables = (DISPUTES,)

    @on(Dispute.Opened)
    def opened(self, r: Recorded[Dispute.Opened]) -> Iterable[Change]:
        yield DISPUTES.put(
            r.event.originator_id,
            consumer_id=r.event.subject_id,
            tradeline_id=r.event.tradeline_id,
            report_id=r.event.report_id,
            created_at=r.event.timestamp,
            bureau=r.event.bureau,
            round=r.event.round,
            reason=r.event.reason,
            letter_type=r.event.letter_type,
            status=S.SELECTED,
            **_item(r.event.challenge),
        )

    @on(Dispute.Drafted)
    def drafted(self, r: Recorded[Dispute.Drafted]) -> Iterable[Change]:
        yield DISPUTES.amend(r.event.originator_id, status=S.DRAFTED, letter_id=r.event.letter_id)

    @on(Dispute.ApprovalAwaited)
    def approval_awaited(self, r: Recorded[Dispute.ApprovalAwaited]) -> Iterable[Change]:
        yield DISPUTES.amend(r.event.originator_id, status=r.event.status)

    @on(Dispute.Approved)
    def approved(self, r: Recorded[Dispute.Approved]) -> Iterable[Change]:
        yield DISPUTES.amend(r.event.originator_id, status=S.APPROVED)

    @on(Dispute.LetterDropped)
    def letter_dropped(self, r: Recorded[Dispute.LetterDropped]) -> Iterable[Change]:
        yield DISPUTES.amend(r.event.originator_id, status=S.SELECTED, letter_id=None)

    @on(Dispute.Posted)
    def posted(self, r: Recorded[Dispute.Posted]) -> Iterable[Change]:
        yield DISPUTES.amend(r.event.originator_id, status=S.SENT, mailing_id=r.event.mailing_id)

    @on(Dispute.PostingFailed)
    def posting_failed(self, r: Recorded[Dispute.PostingFailed]) -> Iterable[Change]:
        yield DISPUTES.amend(r.event.originator_id, status=S.APPROVED)

    @on(Dispute.Received)
    def received(self, r: Recorded[Dispute.Received]) -> Iterable[Change]:
        yield DISPUTES.amend(
            r.event.originator_id,
            status=S.RECEIVED,
            received_on=r.event.received_on,
            receipt_basis=r.event.basis,
            **_dates(r.event),
        )

    @on(Dispute.DeadlineExtended)
    def extended(self, r: Recorded[Dispute.DeadlineExtended]) -> Iterable[Change]:
        yield DISPUTES.amend(r.event.originator_id, status=S.RECEIVED, **_dates(r.event))

    @on(Dispute.Evaluated)
    def evaluated(self, r: Recorded[Dispute.Evaluated]) -> Iterable[Change]:
        yield DISPUTES.amend(
            r.event.originator_id,
            status=S.EVALUATED,
            outcome=r.event.outcome,
            provisional=r.event.provisional,
            **_shown(r.event),
        )

    @on(Dispute.OutcomeContradicted)
    def contradicted(self, r: Recorded[Dispute.OutcomeContradicted]) -> Iterable[Change]:
        yield DISPUTES.amend(r.event.originator_id, status=r.event.back_to, outcome=None, provisional=False)

    @on(Dispute.Reinserted)
    def reinserted(self, r: Recorded[Dispute.Reinserted]) -> Iterable[Change]:
        yield DISPUTES.amend(r.event.originator_id, outcome=Outcome.REINSERTED, **_shown(r.event))

    @on(Dispute.OutcomeOverruled)
    def overruled(self, r: Recorded[Dispute.OutcomeOverruled]) -> Iterable[Change]:
        yield DISPUTES.amend(r.event.originator_id, status=r.event.back_to, outcome=None, provisional=False)

    @on(Dispute.Closed)
    def closed(self, r: Recorded[Dispute.Closed]) -> Iterable[Change]:
        yield DISPUTES.amend(
            r.event.originator_id,
            status=S.CLOSED,
            outcome=r.event.outcome,
            provisional=False,
            closed_at=r.event.timestamp,
        )

    @on(Dispute.BecameOverdue)
    def became_overdue(self, r: Recorded[Dispute.BecameOverdue]) -> Iterable[Change]:
        yield DISPUTES.amend(r.event.originator_id, status=S.OVERDUE)

    @on(Dispute.FrivolousNoticed)
    def frivolous_noticed(self, r: Recorded[Dispute.FrivolousNoticed]) -> Iterable[Change]:
        yield DISPUTES.amend(r.event.originator_id, status=S.FRIVOLOUS_NOTICED)

    @on(Dispute.Withdrawn)
    def withdrawn(self, r: Recorded[Dispute.Withdrawn]) -> Iterable[Change]:
        yield DISPUTES.amend(r.event.originator_id, status=S.WITHDRAWN, closed_at=r.event.timestamp)

    @on(Dispute.ReturnedUndelivered)
    def returned(self, r: Recorded[Dispute.ReturnedUndelivered]) -> Iterable[Change]:
        yield DISPUTES.amend(r.event.originator_id, status=S.RETURNED_UNDELIVERED, closed_at=r.event.timestamp)

    @on(Consumer.Erased, Consumer.Forgotten)
    def consumer_erased(self, r: Recorded[Event]) -> Iterable[Change]:
        yield DISPUTES.amend_where({"consumer_id": r.event.originator_id}, changes=None, **_item(None))


def _item(challenge: Challenge | None) -> dict[str, Any]:
    if challenge is None:
        return {"furnisher": None, "account_masked": None, "item": None}
    return {
        "furnisher": challenge.item.furnisher,
        "account_masked": challenge.item.account_masked,
        "item": challenge.item.model_dump(mode="json", exclude={"number"}),
    }


def _shown(event: Compared) -> dict[str, Any]:
    changes = event.changes
    return {
        "outcome_rule": event.rule,
        "outcome_report_id": event.report_id,
        "changes": None if changes is None else [change.model_dump(mode="json") for change in changes],
    }


def _dates(event: Dispute.Received | Dispute.DeadlineExtended) -> dict[str, date]:
    return {
        "statutory_due": event.deadlines.statutory_due.on,
        "results_due": event.deadlines.results_due.on,
        "breach_assertable_on": event.deadlines.breach_assertable_on.on,
    }
