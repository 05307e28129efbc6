"""Comparing a new report with what was disputed; it proposes outcomes and closes nothing."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from application.kernel import Answer, Command, Work, handles
from application.ports import snooze_until_reached
from domain.disputes import Dispute
from domain.permissions import Permission
from domain.reconciliation import DisputedItem, reconcile
from domain.reports import Report


class ReconcileDisputes(Command):
    """A new report has come in, or it is known by now whose a row of it is: compare it with every open dispute.

    `cause` tells the second comparison with a report from the first.
    """

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "reconcile"

    consumer_id: UUID
    report_id: UUID
    cause: str = ""


class ReconcileDispute(Command):
    """Compare one dispute with one later report."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "reconcile"

    dispute_id: UUID
    report_id: UUID


@handles(ReconcileDisputes)
def reconcile_disputes(command: ReconcileDisputes, work: Work) -> Answer:
    """One job for each open dispute; the query tables must have seen the report first."""
    tenant_id = work.caller.tenant_id
    if work.context.job is not None:
        snooze_until_reached(work.ports.reads, tenant_id, work.context.job.after_position)
    dispute_ids = work.ports.reads.disputes_to_reconcile(tenant_id, command.consumer_id)
    for dispute_id in dispute_ids:
        work.ask(
            ReconcileDispute(dispute_id=dispute_id, report_id=command.report_id),
            f"reconcile:{dispute_id}:{command.report_id}{command.cause and ':' + command.cause}",
        )
    return {"disputes": len(dispute_ids)}


@handles(ReconcileDispute)
def reconcile_dispute(command: ReconcileDispute, work: Work) -> Answer:
    """Propose an outcome, or keep on record why the report settles nothing."""
    dispute = work.load(Dispute, command.dispute_id)
    answer: Answer = {"dispute_id": dispute.id}
    if dispute.report_id == command.report_id or dispute.challenge is None:
        return answer
    opened_on = work.load(Report, dispute.report_id)
    later = work.load(Report, command.report_id)
    before = opened_on.row(dispute.tradeline_id, dispute.bureau)
    pulled_on = later.pulled_from(dispute.bureau)
    if before is None or pulled_on <= opened_on.pulled_from(dispute.bureau):
        return answer
    found = reconcile(
        DisputedItem(
            tradeline_id=dispute.tradeline_id,
            bureau=dispute.bureau,
            asked=dispute.challenge.asked,
            received_on=dispute.received_on,
        ),
        before,
        later.row(dispute.tradeline_id, dispute.bureau),
        later.gate(dispute.bureau),
        pulled_on,
        identity_in_review=later.may_hold(dispute.tradeline_id),
    )
    if found.settles and found.outcome is not None:
        dispute.evaluate(
            found.outcome,
            provisional=found.provisional,
            rule=found.rule.value,
            report_id=later.id,
            compared_with=opened_on.id,
            changes=found.changes,
            at=work.now,
        )
    else:
        dispute.consider_report(later.id, opened_on.id, found.rule.value, found.outcome, work.now)
    return answer | {"status": dispute.status.value}
