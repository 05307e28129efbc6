"""Comparing a new report with what was disputed. One report proposes an outcome; one or two more, or the operator, end
the dispute; and whatever was deleted is watched in every report that follows."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from application.drafting import void
from application.kernel import Answer, Command, Work, handles
from application.moot_tasks import SettleDraftTasks
from application.ports import snooze_until_reached
from domain.comparisons import Comparison
from domain.credit_files import CreditFile
from domain.dispute_states import BEFORE_POSTING
from domain.disputes import Dispute, DisputeStatus
from domain.letters import Letter
from domain.permissions import Permission
from domain.reconciliation import DisputedItem, reconcile, reported_again
from domain.reports import Report


class ReconcileDisputes(Command):
    """A new report has come in, or it is known by now whose a row of it is: compare it with every dispute that it can
    tell something about.

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
    """One job for each dispute; the query tables must have seen the report first."""
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
    """Propose, confirm or take back an outcome, see a deleted item return, or keep why the report settles nothing.

    Before posting a report can only show that there is nothing left to write about.
    """
    dispute = work.load(Dispute, command.dispute_id)
    answer: Answer = {"dispute_id": dispute.id}
    if dispute.report_id == command.report_id or dispute.challenge is None:
        return answer
    opened_on = work.load(Report, dispute.report_id)
    later = work.load(Report, command.report_id)
    before = opened_on.row(dispute.tradeline_id, dispute.bureau)
    newest = _newest_compared(dispute, work) or opened_on
    if before is None or later.pulled_from(dispute.bureau) <= newest.pulled_from(dispute.bureau):
        return answer
    if dispute.status is not DisputeStatus.CLOSED and _is_overtaken(later, opened_on, dispute, work):
        return answer
    item = DisputedItem(
        tradeline_id=dispute.tradeline_id,
        bureau=dispute.bureau,
        asked=dispute.challenge.asked,
        received_on=dispute.received_on,
    )
    after = later.row(dispute.tradeline_id, dispute.bureau)
    if dispute.status is DisputeStatus.CLOSED:
        if after is None:
            return answer
        found = reported_again(item, before, after)
    else:
        found = reconcile(
            item,
            before,
            after,
            later.gate(dispute.bureau),
            later.pulled_from(dispute.bureau),
            identity_in_review=later.may_hold(dispute.tradeline_id),
            told_apart=all(
                (dispute.tradeline_id, dispute.bureau) in report.rows_by_tradeline() for report in (opened_on, later)
            ),
            same_format=later.read().source_format.family == opened_on.read().source_format.family,
        )
    comparison = Comparison(
        report_id=later.id,
        compared_with_report_id=opened_on.id,
        rule=found.rule.value,
        outcome=found.outcome,
        provisional=found.provisional,
        shown=after is not None,
        steady=later.gate(dispute.bureau).steady,
        counted=later.gate(dispute.bureau).counted,
        changes=found.changes,
    )
    if dispute.status not in BEFORE_POSTING:
        dispute.take_report(comparison, work.caller.actor_id, work.now)
    elif comparison.settles:
        _write_no_more(dispute, later, work)
        dispute.take_report(comparison, work.caller.actor_id, work.now)
    return answer | {"status": dispute.status.value}


def _write_no_more(dispute: Dispute, newer: Report, work: Work) -> None:
    """No letter goes out about what a newer report shows to be gone or put right; its other items get another one."""
    letter = work.find(Letter, dispute.letter_id) if dispute.letter_id else None
    if letter is not None:
        void(letter, "a newer report shows nothing left of an item to dispute", work)
    work.ask(SettleDraftTasks(dispute_ids=(dispute.id,)), f"nothing-left:{dispute.id}:{newer.id}")


def _is_overtaken(later: Report, opened_on: Report, dispute: Dispute, work: Work) -> bool:
    """Whether a report that can be compared, pulled after this one, came before it or was compared before it: that one
    has spoken. What any later one has is not gone, whenever it came: this one may have waited for a person.
    """
    file = work.find(CreditFile, CreditFile.identity(work.caller.tenant_id, later.owner_id))
    family = opened_on.read().source_format.family
    day = later.pulled_from(dispute.bureau)
    if file is None:
        return False
    seems_gone = later.row(dispute.tradeline_id, dispute.bureau) is None
    spoke_before = {*file.overtook(later.id, day), *dispute.considered}
    for newer in (work.load(Report, report_id) for report_id in file.pulled_after(day, file.report_ids)):
        if newer.pulled_from(dispute.bureau) <= day:
            continue
        if seems_gone and newer.row(dispute.tradeline_id, dispute.bureau) is not None:
            return True
        comparable = newer.gate(dispute.bureau).complete and newer.read().source_format.family == family
        if newer.id in spoke_before and comparable and not newer.may_hold(dispute.tradeline_id):
            return True
    return False


def _newest_compared(dispute: Dispute, work: Work) -> Report | None:
    """The report that the outcome on the table, or the end, rests on: only a later pull can say more."""
    report_id = dispute.confirmed_from or dispute.repeated_from or dispute.proposed_from
    over = dispute.status in (DisputeStatus.EVALUATED, DisputeStatus.CLOSED)
    return work.load(Report, report_id) if over and report_id is not None else None
