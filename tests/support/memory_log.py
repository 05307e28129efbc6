"""The event log in memory, with the refusals of the real one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from application import processes  # noqa: F401 reactions are registered by importing them
from application.kernel import (
    Append,
    Conflict,
    LeaseGone,
    NewJob,
    Repeated,
    Seen,
)
from domain.kernel import Aggregate, Event

A = TypeVar("A", bound=Aggregate)
START = datetime(2026, 1, 5, 15, tzinfo=UTC)


class MemoryLog:
    """Streams in a dictionary, with the refusals of the real log: stale versions, repeats, lost leases."""

    def __init__(self) -> None:
        self.streams: dict[tuple[UUID, UUID], list[Event]] = {}
        self.commands: dict[tuple[UUID, UUID], Seen] = {}
        self.jobs: dict[tuple[UUID, str], NewJob] = {}
        self.running: dict[UUID, UUID] = {}
        self.metadata: list[dict[str, Any]] = []
        self.position = 0
        self.before_append: list[Any] = []

    def load(self, tenant_id: UUID, kind: type[A], aggregate_id: UUID, version: int | None = None) -> A | None:
        events = self.streams.get((tenant_id, aggregate_id), [])[:version]
        if not events or getattr(events[0], "originator_topic", None) != kind.TOPIC:
            return None
        found: Any = None
        for event in events:
            found = event.mutate(found)
        return found if isinstance(found, kind) else None

    def append(self, aggregates: Sequence[Aggregate], what: Append) -> int:
        for act in list(self.before_append):
            if act in self.before_append:  # an earlier one may have appended itself, and used this one up
                self.before_append.remove(act)
                act()
        if what.job_id is not None and self.running.get(what.job_id) != what.job_token:
            raise LeaseGone
        if what.command_id is not None and (what.tenant_id, what.command_id) in self.commands:
            raise Repeated
        for aggregate in aggregates:
            stream = self.streams.get((what.tenant_id, aggregate.id), [])
            if aggregate.pending_events[0].originator_version != len(stream) + 1:
                raise Conflict
        for aggregate in aggregates:
            for event in aggregate.collect_events():
                self.position += 1
                assert isinstance(event, Event)
                self.streams.setdefault((what.tenant_id, aggregate.id), []).append(event)
        self.metadata.append(json.loads(what.metadata))
        for job in what.jobs:
            self.jobs.setdefault((what.tenant_id, job.dedupe), job)
        if what.command_id is not None:
            answer = json.loads(what.answer) if what.answer else {}
            self.commands[what.tenant_id, what.command_id] = Seen(self.position, what.fingerprint, answer)
        if what.job_id is not None:
            del self.running[what.job_id]
        return self.position

    def seen(self, tenant_id: UUID, command_id: UUID) -> Seen | None:
        return self.commands.get((tenant_id, command_id))
