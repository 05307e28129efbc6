"""The one application of the event-sourcing library: the log as the bus uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import (
    InfrastructureFactory,
    NotSupportedError,
    Recording,
    StoredEvent,
    TrackingRecorder,
)
from eventsourcing.persistence import Mapper as LibraryMapper
from eventsourcing.utils import Environment, EnvType
from psycopg_pool import ConnectionPool

from application.kernel import Append, Seen
from domain.kernel import Aggregate, Event
from infrastructure.event_store.mapper import PydanticMapper, Sealer
from infrastructure.event_store.recorder import HorizonRecorder, PoolDatastore
from infrastructure.event_store.tenancy import as_tenant
from infrastructure.event_store.wakeup import Wakeup
from infrastructure.postgres import Connection, tenant_transaction

A = TypeVar("A", bound=Aggregate)
Parts = tuple[ConnectionPool[Connection], Sealer, Wakeup | None]


class StoreFactory(InfrastructureFactory[TrackingRecorder]):
    """Makes the parts of the log that the product uses; the library's other recorders are refused."""

    def __init__(self, env: Environment, parts: Parts) -> None:
        super().__init__(env)
        self._pool, self._sealer, self._wakeup = parts

    def mapper(self, transcoder: Any = None, mapper_class: Any = None) -> LibraryMapper[Any]:
        """The mapper that seals personal data."""
        return PydanticMapper(self._sealer)

    def application_recorder(self) -> HorizonRecorder:
        """The recorder of the log."""
        return HorizonRecorder(PoolDatastore(self._pool), self._wakeup)

    def aggregate_recorder(self, purpose: str = "events") -> NoReturn:
        """Refused: there are no snapshots."""
        raise NotSupportedError("the log is the only recorder; snapshots are not kept")

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> NoReturn:
        """Refused: projections keep their own positions."""
        raise NotSupportedError("projections move their position in their own transaction")

    def process_recorder(self) -> NoReturn:
        """Refused: next steps are jobs, stored with the events."""
        raise NotSupportedError("next steps are jobs, stored with the events that call for them")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the log as an auditor sees it; `state` is as stored, personal data sealed."""

    position: int
    recorded_at: datetime
    tenant_id: UUID
    originator_id: UUID
    version: int
    topic: str
    metadata: dict[str, Any]
    hash: bytes
    state: bytes

    @property
    def stored(self) -> StoredEvent:
        """The library's form of it."""
        return StoredEvent(self.originator_id, self.version, self.topic, self.state)


class Engine(Application[UUID]):
    """Loads aggregates and appends what they decided; no cache, no snapshots."""

    name = "sfdify"
    mapper: PydanticMapper
    recorder: HorizonRecorder

    def __init__(self, pool: ConnectionPool[Connection], sealer: Sealer, wakeup: Wakeup | None = None) -> None:
        self._pool = pool
        self._parts = (pool, sealer, wakeup)
        super().__init__()

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Nothing is configured by the process's environment."""
        return Environment(name, {})

    def construct_factory(self, env: Environment) -> StoreFactory:
        """The factory of our recorder and mapper."""
        return StoreFactory(env, self._parts)

    def load(self, tenant_id: UUID, kind: type[A], aggregate_id: UUID, version: int | None = None) -> A | None:
        """The aggregate as it is, or as it was at `version`; None when this tenant has no such `kind`."""
        with as_tenant(tenant_id):
            try:
                found: object = self.repository.get(aggregate_id, version=version)
            except AggregateNotFoundError:
                return None
        if not isinstance(found, kind) or (version is not None and found.version != version):
            return None
        return found

    def append(self, aggregates: Sequence[Aggregate], what: Append) -> int:
        """Append what the aggregates decided, with its jobs and answer; the last event's position, 0 without events.

        Errors: Conflict, Repeated, LeaseGone (of the bus), or the library's PersistenceError.
        """
        recorded = self.save(
            *sorted(aggregates, key=lambda a: a.id.bytes),
            tenant_id=what.tenant_id,
            metadata=what.metadata,
            command_id=what.command_id,
            fingerprint=what.fingerprint,
            answer=what.answer,
            jobs=what.jobs,
            job=what.job_id,
            token=what.job_token,
        )
        return recorded[-1].notification.id if recorded else 0

    def save(self, *objs: Any, **kwargs: Any) -> list[Recording[UUID]]:
        """The library's save, for `tenant_id`; keywords reach the recorder, each recording knows its position."""
        with as_tenant(kwargs["tenant_id"]):
            return super().save(*objs, **kwargs)

    def seen(self, tenant_id: UUID, command_id: UUID) -> Seen | None:
        """What a command of this id came to, or None."""
        found = self.recorder.seen(tenant_id, command_id)
        if found is None:
            return None
        return Seen(found.position, found.fingerprint, json.loads(found.answer) if found.answer else {})

    def read_stream(self, tenant_id: UUID, originator_id: UUID) -> list[Entry]:
        """Every event of one aggregate, oldest first."""
        return self._entries(tenant_id, "originator_id = %s ORDER BY originator_version", (originator_id,))

    def read_log(self, tenant_id: UUID, after: int = 0, limit: int = 100) -> list[Entry]:
        """The tenant's final events above a position, in order; none that commits later can come before them."""
        where = "position > %s AND position < es.horizon() ORDER BY position LIMIT %s"
        return self._entries(tenant_id, where, (after, limit))

    def decode(self, entries: Sequence[Entry]) -> Iterator[Event]:
        """The events of these rows; fields of an erased person read None."""
        for entry in entries:
            yield self.mapper.decode(entry.tenant_id, entry.stored)

    def _entries(self, tenant_id: UUID, where: str, parameters: tuple[object, ...]) -> list[Entry]:
        query = (
            "SELECT position, recorded_at, tenant_id, originator_id, originator_version, topic, "
            f"convert_from(metadata, 'UTF8')::jsonb, hash, state FROM es.event WHERE tenant_id = %s AND {where}"
        )
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            rows = conn.execute(query.encode(), (tenant_id, *parameters)).fetchall()
        return [Entry(*row) for row in rows]
