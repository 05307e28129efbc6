"""Saying whose row it is where two reports alone do not tell."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from application.kernel import Answer, Command, Work, handles
from domain.credit_files import CreditFile
from domain.permissions import Permission
from domain.reports import Report


class SettleMatch(Command):
    """An operator names the tradeline that a doubtful row of a report is, or says that it is a new one."""

    needs: ClassVar[Permission] = Permission.SETTLE_MATCHES
    target: ClassVar[str | None] = "report_id"

    report_id: UUID
    ref: Annotated[str, Field(min_length=1, max_length=100)]
    tradeline_id: UUID | Literal["new"]


@handles(SettleMatch)
def settle_match(command: SettleMatch, work: Work) -> Answer:
    """The row, the rows of its account that only waited for it, and the same row in other reports get their account."""
    report = work.load(Report, command.report_id)
    canonical = report.read()
    file = work.load(CreditFile, CreditFile.identity(work.caller.tenant_id, report.owner_id))
    choice = None if command.tradeline_id == "new" else command.tradeline_id
    found = file.settle_match(
        report.id, canonical, report.tradeline_ids, command.ref, choice, work.caller.actor_id, work.now
    )
    tradeline_id = found[command.ref]
    _note(report, found, file, work)
    others = {question.report_id for question in file.questions.values()} - {report.id}
    for other in (work.load(Report, report_id) for report_id in sorted(others)):
        alike = file.settle_alike(
            other.id, other.read(), other.tradeline_ids, tradeline_id, work.caller.actor_id, work.now
        )
        if alike:
            _note(other, alike, file, work)
    return {
        "report_id": report.id,
        "version": report.version,
        "tradeline_id": tradeline_id,
        "waiting": len(file.waiting(report.id)),
    }


def _note(report: Report, found: dict[str, UUID], file: CreditFile, work: Work) -> None:
    doubtful = {candidate for review in file.waiting(report.id).values() for candidate in review.candidates}
    report.settle_match(found, tuple(sorted(doubtful)), work.caller.actor_id, work.now)
