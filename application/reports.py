"""Bringing a report in: archived first, then read, matched and searched for errors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from application.kernel import Answer, Command, Work, handles
from domain.bureaus import Bureau
from domain.consumers import ConsentKind, Consumer, Profile
from domain.credit_files import CreditFile
from domain.findings import ConsumerProfile, detect, versions
from domain.kernel import Invalid
from domain.permissions import Permission
from domain.reports import Report, ReportStatus

A_DAY = timedelta(days=1)
"""It may be tomorrow already where a report was pulled, and nowhere later than that."""


class UnreadableReport(Invalid):
    """The report was archived but could not be read; the message names it and the place."""

    code = "unreadable_report"


class ImportReport(Command):
    """Bring in one report of a consumer, as the bytes that were exported.

    `free_annual`: the consumer had it free of charge from the centralized source (AnnualCreditReport.com).
    """

    needs: ClassVar[Permission] = Permission.IMPORT_REPORTS

    consumer_id: UUID
    content: Annotated[bytes, Field(repr=False, max_length=20 * 1024 * 1024)]
    media_type: Annotated[str, Field(max_length=100)] = "application/json"
    free_annual: bool = False


@handles(ImportReport)
def import_report(command: ImportReport, work: Work) -> Answer:
    """The same bytes make one report; a report that cannot be read stays archived and says where it broke.

    Brought again it is read again: by then there may be a better reader, or the day it names may have come.
    """
    consumer = work.load(Consumer, command.consumer_id)
    consumer.check_consent(ConsentKind.REPORT_IMPORT)
    report = archived(consumer.id, command.content, command.media_type, work)
    if command.free_annual:
        report.note_free_annual(work.caller.actor_id, work.now)
    read_into(report, command.content, consumer.known(), work)
    if report.status is not ReportStatus.PARSED:
        work.save_now("refuse")
        raise unreadable(report)
    return {
        "report_id": report.id,
        "version": report.version,
        "tradelines": len(set(report.tradeline_ids.values())),
        "findings": len(report.findings),
    }


def archived(consumer_id: UUID, content: bytes, media_type: str, work: Work) -> Report:
    """The report of these bytes, kept before anybody reads it; the one it has been made already, if there is one."""
    tenant_id = work.caller.tenant_id
    sha256 = hashlib.sha256(content).hexdigest()
    report_id = Report.identity(consumer_id, work.ports.keys.digest(tenant_id, f"report:{sha256}"))
    report = work.find(Report, report_id)
    if report is not None:
        return report
    key = f"reports/{report_id}.json"
    work.ports.store.put(tenant_id, consumer_id, key, content)
    report = Report.archive(
        report_id,
        work.now,
        consumer_id=consumer_id,
        sha256=sha256,
        size_bytes=len(content),
        media_type=media_type,
        object_key=key,
    )
    work.add(report)
    work.save_now(f"archive-{report_id}")
    return report


def read_into(
    report: Report, content: bytes, profile: Profile, work: Work, listed: Mapping[Bureau, int] | None = None
) -> None:
    """Read an archived report that was not read yet, match it and search it; one that cannot be read says where.

    `listed`: how many tradelines its provider lists at each bureau, where it says so.
    """
    if report.status is ReportStatus.PARSED:
        return
    try:
        canonical = work.ports.reports.read(content, latest=work.now.date() + A_DAY)
    except Invalid as refused:
        report.refuse(str(refused.context.get("place") or "/"), refused.message, work.now)
        return
    file_id = CreditFile.identity(work.caller.tenant_id, report.owner_id)
    file = work.find(CreditFile, file_id) or work.add(CreditFile.open(file_id, work.now, report.owner_id))
    previous = _pull_before(file, canonical.pulled_on, work)
    counts_before = dict(file.counts)
    matched = file.match_pull(report.id, canonical, work.now, listed)
    report.parse(
        canonical,
        tradeline_ids=matched.tradeline_ids,
        in_review=matched.in_review,
        gates=matched.gates,
        at=work.now,
    )
    today = work.now.date()
    found = detect(
        canonical,
        today,
        ConsumerProfile.of(profile),
        counts_before,
        previous=previous.read() if previous else None,
        earlier=report.rows_before(previous) if previous else None,
    )
    report.note_findings(tuple(found), versions(after_disputes=False), today, work.now)


def _pull_before(file: CreditFile, day: date, work: Work) -> Report | None:
    """The newest report pulled before this one, which detectors compare it with."""
    report_id = file.pull_before(day)
    return None if report_id is None else work.load(Report, report_id)


def unreadable(report: Report) -> UnreadableReport:
    """Why a report that was refused could not be read."""
    return UnreadableReport(
        f"{report.refused_reason}; the bytes are archived as report {report.id}",
        report_id=str(report.id),
        place=report.refused_place,
    )
