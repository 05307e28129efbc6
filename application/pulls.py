"""Fetching reports: one pull at a time for each connection, and none that was asked for is ever lost.

The pull's id is the key it is ordered under, so that whatever is repeated, by a lease that ran out, an append that
was refused or a second worker, is the same order. Each job is for one attempt; one that comes late finds the pull
over, or at another attempt, and stops.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from application.connection_tasks import settle_delay, settle_reauth
from application.connections import feed_of, party_of
from application.feeding import FeedBusy, FeedRefused, LinkRefused, RawReport
from application.kernel import Answer, Command, Work, handles
from application.ports import NotYet
from application.reports import archived, read_into, unreadable
from domain.connections import MANUAL_UPLOAD, Connection, ConnectionStatus, NotConnected, PullCause, PullInFlight
from domain.consumers import ConsentKind, ConsentMissing, Consumer
from domain.kernel import IllegalMove
from domain.permissions import Permission
from domain.reports import Report, ReportStatus

_FIRST_PAUSE_S = 30.0
_LONGEST_PAUSE_S = 6 * 3600.0
_LONGEST_ASKED_FOR_S = 24 * 3600.0
"""No provider is waited for longer than this before it is asked again, whatever it says."""


class FetchInstead(IllegalMove):
    """This provider's reports are fetched; only a connection for uploads takes any."""

    code = "fetch_instead"


class RequestPull(Command):
    """Ask for a new report; joins the pull in flight if there is one."""

    needs: ClassVar[Permission] = Permission.IMPORT_REPORTS

    connection_id: UUID


class UploadReport(Command):
    """Bring a report into a connection that nothing can be fetched from. `free_annual` as in `ImportReport`."""

    needs: ClassVar[Permission] = Permission.IMPORT_REPORTS

    connection_id: UUID
    content: Annotated[bytes, Field(repr=False, max_length=20 * 1024 * 1024)]
    media_type: Annotated[str, Field(max_length=100)] = "application/json"
    free_annual: bool = False


class PullReport(Command):
    """Order and fetch the report of a pull; `attempt` is how often the provider has put it off before."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "credit_pull"

    connection_id: UUID
    pull_id: UUID
    attempt: int = 0


class ResumePulls(Command):
    """The provider let us in, at this version: go on with the pull that waited for it, else fetch a first report."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "credit_pull"

    connection_id: UUID
    authorized_as: int


@handles(RequestPull)
def request_pull(command: RequestPull, work: Work) -> Answer:
    """Put the request on record; the pull follows by itself."""
    connection = work.load(Connection, command.connection_id)
    work.load(Consumer, connection.owner_id).check_consent(ConsentKind.CREDIT_PULL)
    pull_id = connection.request_pull(work.ports.new_id(), PullCause.REQUESTED, work.caller.actor_id, work.now)
    return {"connection_id": connection.id, "pull_id": pull_id, "version": connection.version}


@handles(UploadReport)
def upload_report(command: UploadReport, work: Work) -> Answer:
    """Archive, read and search as every import does, and let the upload stand in the connection's history."""
    connection = work.load(Connection, command.connection_id)
    if connection.provider != MANUAL_UPLOAD:
        raise FetchInstead("reports of this provider are fetched; request one, or upload to a connection for uploads")
    if connection.status is not ConnectionStatus.ACTIVE:
        raise NotConnected("the consumer has to connect this provider first")
    consumer = work.load(Consumer, connection.owner_id)
    if not consumer.agrees_to(ConsentKind.REPORT_IMPORT):
        consumer.check_consent(ConsentKind.CREDIT_PULL)
    report = archived(consumer.id, command.content, command.media_type, work)
    if command.free_annual:
        report.note_free_annual(work.caller.actor_id, work.now)
    read_into(report, command.content, consumer.known(), work)
    pull_id = connection.request_pull(work.ports.new_id(), PullCause.UPLOADED, work.caller.actor_id, work.now)
    _finish(connection, pull_id, report, len(command.content), work)
    if report.status is not ReportStatus.PARSED:
        work.save_now("refuse")
        raise unreadable(report)
    return {
        "connection_id": connection.id,
        "version": connection.version,
        "pull_id": pull_id,
        "report_id": report.id,
        "tradelines": len(set(report.tradeline_ids.values())),
        "findings": len(report.findings),
    }


@handles(PullReport)
def pull_report(command: PullReport, work: Work) -> Answer:
    """Whatever the provider does is on record with what follows from it; a pull nobody may make any more just stops."""
    connection = work.load(Connection, command.connection_id)
    consumer = work.load(Consumer, connection.owner_id)
    pull = connection.pull
    wanted = pull is not None and (pull.pull_id, pull.attempts) == (command.pull_id, command.attempt)
    if pull is None or not wanted or connection.status is not ConnectionStatus.ACTIVE or consumer.erased:
        return {"connection_id": connection.id, "version": connection.version}
    try:
        consumer.check_consent(ConsentKind.CREDIT_PULL)
        raw = _fetched(connection, pull, work)
    except ConsentMissing as missing:
        settle_delay(connection, "the consumer took their consent back", work)
        connection.fail_pull(pull.pull_id, missing.code, work.now)
    except LinkRefused as refused:
        connection.need_reauth(refused.code, work.now)
    except FeedBusy as busy:
        again_at = next_try_at(pull.pull_id, pull.attempts, busy.retry_after_seconds, work.now)
        connection.delay_pull(pull.pull_id, busy.reason, again_at, work.now)
    except FeedRefused as refused:
        settle_delay(connection, "the provider refused the pull for good", work)
        connection.fail_pull(pull.pull_id, refused.code, work.now)
    else:
        report = archived(consumer.id, raw.content, raw.media_type, work)
        read_into(report, raw.content, consumer.known(), work, raw.tradelines)
        settle_delay(connection, "the report was fetched", work)
        _finish(connection, pull.pull_id, report, len(raw.content), work)
    return {"connection_id": connection.id, "version": connection.version}


@handles(ResumePulls)
def resume_pulls(command: ResumePulls, work: Work) -> Answer:
    """Close what asked the consumer to connect again, and fetch; nothing is fetched from a connection for uploads."""
    connection = work.load(Connection, command.connection_id)
    settle_reauth(connection, command.authorized_as, "the consumer connected again", work)
    agrees = work.load(Consumer, connection.owner_id).agrees_to(ConsentKind.CREDIT_PULL)
    if agrees and connection.status is ConnectionStatus.ACTIVE and connection.provider != MANUAL_UPLOAD:
        if (pull := connection.pull) is not None:
            resumed = PullReport(connection_id=connection.id, pull_id=pull.pull_id, attempt=pull.attempts)
            work.ask(resumed, f"resume:{connection.id}:{command.authorized_as}")
        else:
            connection.request_pull(work.ports.new_id(), PullCause.CONNECTED, work.caller.actor_id, work.now)
    return {"connection_id": connection.id, "version": connection.version}


def next_try_at(pull_id: UUID, attempts: int, asked_for_s: float, now: datetime) -> datetime:
    """When a pull that was put off goes on: pauses double from 30 seconds to 6 hours, and are never shorter than the
    provider asked for. Up to a quarter more keeps pulls that were put off together from coming back together."""
    spread = int.from_bytes(sha256(pull_id.bytes + attempts.to_bytes(4, "big")).digest()[:2], "big") / 65536
    pause = min(_FIRST_PAUSE_S * 2.0 ** min(attempts, 20) * (1 + spread / 4), _LONGEST_PAUSE_S)
    return now + timedelta(seconds=max(pause, min(asked_for_s, _LONGEST_ASKED_FOR_S)))


def _fetched(connection: Connection, pull: PullInFlight, work: Work) -> RawReport:
    """The report's bytes. Its order is on record before they are asked for."""
    feed, party = feed_of(connection, work), party_of(connection, work.caller.tenant_id)
    order_id = pull.order_id
    if not order_id:
        work.renew_lease()
        order = feed.order(party, (), str(pull.pull_id))
        order_id = order.order_id
        connection.note_order(pull.pull_id, order_id, work.now)
        work.save_now(f"ordered-{pull.pull_id}-{connection.version}")
        if not order.ready:
            raise NotYet(order.retry_after_seconds)
    work.renew_lease()
    return feed.fetch_report(party, order_id)


def _finish(connection: Connection, pull_id: UUID, report: Report, size_bytes: int, work: Work) -> None:
    connection.finish_pull(
        pull_id,
        report_id=report.id,
        sha256=report.sha256,
        size_bytes=size_bytes,
        media_type=report.media_type,
        readable=report.status is ReportStatus.PARSED,
        at=work.now,
    )
