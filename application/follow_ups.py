"""Watching every new report for what became of our own disputes: flags, and what was deleted and is back."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from application.kernel import Answer, Command, Work, handles
from application.ports import snooze_until_reached
from domain.credit_files import CreditFile
from domain.dispute_states import DisputeStatus
from domain.disputes import Dispute
from domain.findings import OwnDispute, detect_after_disputes, versions
from domain.permissions import Permission
from domain.reconciliation import Outcome
from domain.reports import Report


class FollowUpDisputes(Command):
    """A new report has come in: look in it for what became of everything this consumer has ever disputed."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "reconcile"

    consumer_id: UUID
    report_id: UUID


@handles(FollowUpDisputes)
def follow_up_disputes(command: FollowUpDisputes, work: Work) -> Answer:
    """Add to the report's findings; that nothing was found is kept on record too. The tables must have seen it."""
    tenant_id = work.caller.tenant_id
    if work.context.job is not None:
        snooze_until_reached(work.ports.reads, tenant_id, work.context.job.after_position)
    disputes = work.ports.reads.own_disputes(tenant_id, command.consumer_id)
    report = work.load(Report, command.report_id)
    if not disputes or report.canonical is None:
        return {"report_id": report.id, "findings": 0}
    file = work.load(CreditFile, CreditFile.identity(tenant_id, report.owner_id))
    today = work.now.date()
    known = tuple(_before(report, dispute, work) for dispute in disputes)
    found = detect_after_disputes(report.read(), today, known, file.identities.get(report.id, {}))
    report.note_findings(tuple(found), versions(after_disputes=True), today, work.now)
    return {"report_id": report.id, "findings": len(found)}


def _before(report: Report, known: OwnDispute, work: Work) -> OwnDispute:
    """The dispute as it stood before this report: the same, whichever of its readers is quicker.

    A dispute that this report has ended was open; one that it, or a later one, reopened had ended as deleted; one that
    was withdrawn has no outcome, whatever a report had proposed.
    """
    dispute = work.load(Dispute, known.dispute_id)
    asked = dispute.challenge.asked if dispute.challenge else ()
    if known.ended_on is None or dispute.confirmed_from == report.id:
        return known.model_copy(update={"asked": asked, "ended_on": None})
    if dispute.status is not DisputeStatus.CLOSED:
        return known.model_copy(update={"asked": asked})
    answer = work.find(Report, dispute.proposed_from) if dispute.proposed_from else None
    return known.model_copy(
        update={
            "asked": asked,
            "outcome": Outcome.DELETED if dispute.outcome is Outcome.REINSERTED else dispute.outcome,
            "answered_by": dispute.proposed_from,
            "answered_on": answer.pulled_from(known.bureau) if answer is not None and answer.canonical else None,
        }
    )
