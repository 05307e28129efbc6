"""Looking for a newer report from time to time, while a dispute is open that it could say something about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from application.kernel import Answer, Command, Work, handles
from application.ports import snooze_until_reached
from domain.connections import MANUAL_UPLOAD, Connection, ConnectionStatus, PullCause
from domain.consumers import ConsentKind, Consumer
from domain.permissions import Permission
from domain.tenants import Tenant


class CheckSchedule(Command):
    """Look whether it is time for a report. `since`: the end of the pull, or the authorization, it is counted from."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE

    connection_id: UUID
    since: datetime


@handles(CheckSchedule)
def check_schedule(command: CheckSchedule, work: Work) -> Answer:
    """Only the newest count goes on: each pull's end starts another, and so does each authorization."""
    connection = work.load(Connection, command.connection_id)
    if _counts(connection, command.since, work):
        tenant_id = work.caller.tenant_id
        period = timedelta(days=work.load(Tenant, tenant_id).policies.pull_every_days)
        due = command.since + period
        if work.now >= due:
            if work.context.job is not None:
                snooze_until_reached(work.ports.reads, tenant_id, work.context.job.after_position)
            if work.ports.reads.open_disputes(tenant_id, connection.owner_id):
                connection.request_pull(work.ports.new_id(), PullCause.SCHEDULED, work.caller.actor_id, work.now)
                return {"connection_id": connection.id, "version": connection.version}
            due = work.now + period
        key = f"schedule:{connection.id}:{command.since.isoformat()}:{due.date()}"
        work.ask(CheckSchedule(connection_id=connection.id, since=command.since), key, due)
    return {"connection_id": connection.id, "version": connection.version}


def _counts(connection: Connection, since: datetime, work: Work) -> bool:
    return (
        connection.scheduled_from == since
        and connection.status is ConnectionStatus.ACTIVE
        and connection.provider != MANUAL_UPLOAD
        and connection.pull is None
        and work.load(Consumer, connection.owner_id).agrees_to(ConsentKind.CREDIT_PULL)
    )
