"""A job is a stored command: carrying it out ends with the append that finishes it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from application import feed_webhooks as feed_webhooks
from application import processes as processes
from application import webhooks as webhooks
from application.kernel import Bus, Command, Context, JobTicket, LeaseGone, system
from application.ports import NotYet
from infrastructure.jobs import Job, LeaseLost, PermanentFailure, Snooze
from infrastructure.leases import Lease, Run
from infrastructure.settings import Settings
from infrastructure.telemetry import configure_logging
from infrastructure.wiring import wire


def run_with(bus: Bus) -> Run:
    """What a worker does with a job it holds."""

    def run(job: Job, lease: Lease) -> None:
        payload = json.loads(job.command)
        kind = Command.registry.get(payload["command"])
        if kind is None:
            raise PermanentFailure("unknown_command")
        correlation = payload.get("correlation_id")
        context = Context(
            correlation_id=UUID(correlation) if correlation else None,
            causation_id=payload.get("causation_id"),
            job=JobTicket(
                id=job.id, token=lease.token, renew=lease.renew, after_position=job.after_position, made_at=job.at
            ),
        )
        try:
            bus.handle(kind.model_validate(payload["data"]), system(job.tenant_id), context)
        except NotYet as later:
            raise Snooze(later.seconds) from None
        except LeaseGone:
            raise LeaseLost(str(job.id)) from None

    return run


@contextmanager
def opened(settings: Mapping[str, Any]) -> Iterator[Run]:
    """Build the product in a worker's own process; leaving closes it."""
    configure_logging()
    with wire(Settings.model_validate(settings["settings"]), settings["admin_url"]) as sfdify:
        yield run_with(sfdify.bus)
