"""Watching every new report for what became of our own disputes: flags, and what was deleted and is back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar
from uuid import UUID

from application.kernel import Answer, Command, Work, handles
from application.ports import snooze_until_reached
from domain.credit_files import CreditFile
from domain.disputes import Dispute
from domain.findings import OwnDispute, detect_after_disputes, versions
from domain.permissions import Permission
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
    known = tuple(_in_full(disputes, work))
    found = detect_after_disputes(report.read(), today, known, file.identities.get(report.id, {}))
    report.note_findings(tuple(found), versions(after_disputes=True), today, work.now)
    return {"report_id": report.id, "findings": len(found)}


def _in_full(disputes: list[OwnDispute], work: Work) -> Iterator[OwnDispute]:
    """The same disputes, with what an open one asked for, and when the bureau's own part of an answer was pulled."""
    for dispute in disputes:
        if dispute.ended_on is None:
            challenge = work.load(Dispute, dispute.dispute_id).challenge
            yield dispute.model_copy(update={"asked": challenge.asked if challenge else ()})
            continue
        answer = work.find(Report, dispute.answered_by) if dispute.answered_by else None
        answered_on = answer.pulled_from(dispute.bureau) if answer is not None and answer.canonical else None
        yield dispute.model_copy(update={"answered_on": answered_on})
