"""Writes and reads the log through the library's own seam, in one statement each way.

Positions are the transaction's id and an ordinal, so they are sparse; readers stop below `es.horizon()`,
under which no open transaction can still write, and so never pass over an event that commits late.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    Notification,
    NotSupportedError,
    OperationalError,
    StoredEvent,
    Subscription,
)
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg import pq
from psycopg_pool import ConnectionPool, PoolTimeout

from infrastructure.event_store.errors import CommandRepeated, OutcomeUnknown, Seen, is_repeat, refusal
from infrastructure.event_store.tenancy import current_tenant, required_tenant
from infrastructure.event_store.wakeup import Wakeup
from infrastructure.event_store.wire import APPEND, APPEND_NAME, BINARY, TYPES, JobLike, append_arguments
from infrastructure.postgres import Connection, tenant_transaction

T = TypeVar("T")


_prepared: Final[weakref.WeakSet[Connection]] = weakref.WeakSet()
"""Connections that know `es_append`, whichever recorder taught them."""


class PoolDatastore(PostgresDatastore):
    """The library's datastore over a pool that the composition root owns, opens and closes."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self.pool = pool  # type: ignore[assignment]
        self.schema = "es"
        self.originator_id_type = "uuid"
        self.enable_db_functions = False
        self.single_row_tracking = True
        self.pre_ping = False
        self.pool_open_timeout = None
        self.lock_timeout = 0
        self.idle_in_transaction_session_timeout = 0
        self.db_type_names = set()
        self.psycopg_type_adapters = {}
        self.psycopg_python_types = {}

    def register_type_adapters(self) -> None:
        """No composite types are used: arrays go over the wire in binary."""

    def close(self) -> None:
        """The pool is not ours to close."""


class HorizonRecorder(PostgresApplicationRecorder):
    """Appends through `es.append` and reads below the horizon, for the tenant that is set."""

    datastore: PoolDatastore

    def __init__(self, datastore: PoolDatastore, wakeup: Wakeup | None = None) -> None:
        super().__init__(datastore, events_table_name="event")
        self.wakeup = wakeup
        self._pool: ConnectionPool[Connection] = datastore.pool  # type: ignore[assignment]

    def create_table(self) -> None:
        """Refused: tables come from the migrations."""
        raise NotSupportedError("the log's tables are made by `sfdify migrate`")

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        tenant_id: UUID | None = None,
        metadata: bytes = b"{}",
        command_id: UUID | None = None,
        fingerprint: bytes | None = None,
        answer: bytes | None = None,
        jobs: Sequence[JobLike] = (),
        job: UUID | None = None,
        token: UUID | None = None,
        **_: Any,
    ) -> list[int]:
        """Append everything one command decided, or nothing; returns the events' positions.

        Events of one aggregate stand together in version order, aggregates sorted by id. With a command
        id, a broken connection is tried once more. Errors: StaleVersion, CommandRepeated, LeaseLost,
        OutcomeUnknown, else the library's PersistenceError.
        """
        tenant = tenant_id or required_tenant()
        arguments = append_arguments(tenant, stored_events, metadata, command_id, fingerprint, answer, jobs, job, token)
        try:
            first = self._append(arguments)
        except OutcomeUnknown:
            if command_id is None:
                raise
            self._pool.check()
            first = self._append_again(tenant, command_id, arguments)
        except psycopg.Error as error:
            raise self._refusal(error, tenant, command_id) from error
        if self.wakeup is not None and (stored_events or jobs):
            self.wakeup.poke([j.queue for j in jobs])
        return list(range(first, first + len(stored_events)))

    def _append_again(self, tenant: UUID, command_id: UUID, arguments: list[bytes | None]) -> int:
        try:
            return self._append(arguments)
        except psycopg.Error as error:
            raise self._refusal(error, tenant, command_id) from error

    def _refusal(self, error: psycopg.Error, tenant: UUID, command_id: UUID | None) -> Exception:
        if command_id is not None and is_repeat(error):
            seen = self.seen(tenant, command_id)
            if seen is not None:
                return CommandRepeated(command_id, seen)
        return refusal(error)

    def _append(self, arguments: list[bytes | None]) -> int:
        """One round trip. Raises psycopg.Error when the database refused, OutcomeUnknown when it was lost."""
        conn = self._connection()
        try:
            pgconn = conn.pgconn
            if conn not in _prepared:
                self._prepare(conn)
            result = pgconn.exec_prepared(APPEND_NAME, arguments, BINARY, pq.Format.BINARY)  # type: ignore[arg-type]
            if result.status == pq.ExecStatus.TUPLES_OK:
                return int.from_bytes(result.get_value(0, 0) or b"", "big")
            if pgconn.status != pq.ConnStatus.OK:
                raise OutcomeUnknown("the connection broke during an append; its outcome is not known")
            raise psycopg.errors.error_from_result(result, "utf-8")
        finally:
            self._pool.putconn(conn)

    def _connection(self) -> Connection:
        try:
            return self._pool.getconn()
        except PoolTimeout as error:
            raise OperationalError("no database connection became free in time; try again") from error

    def _prepare(self, conn: Connection) -> None:
        result = conn.pgconn.prepare(APPEND_NAME, APPEND, TYPES)
        if conn.pgconn.status != pq.ConnStatus.OK:
            raise OutcomeUnknown("the connection was lost before an append")
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result, "utf-8")
        _prepared.add(conn)

    def seen(self, tenant_id: UUID, command_id: UUID) -> Seen | None:
        """What a command of this id came to, or None when none was carried out."""

        def read(conn: Connection) -> Seen | None:
            row = conn.execute(_SEEN, (tenant_id, command_id), prepare=True, binary=True).fetchone()
            return Seen(*row) if row else None

        return self._read(read)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[StoredEvent]:
        """One stream of the tenant that is set."""
        parameters = (required_tenant(), originator_id, gt, lte, desc, limit)

        def read(conn: Connection) -> list[StoredEvent]:
            rows = conn.execute(_LOAD, parameters, prepare=True, binary=True)
            return [StoredEvent(originator_id, *row) for row in rows]

        return self._read(read)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        """Final events in order of position: the tenant's when one is set, else all that this login may see."""
        conditions, parameters = ["position < es.horizon()"], []
        if start is not None:
            conditions.append("position >= %s" if inclusive_of_start else "position > %s")
            parameters.append(start)
        if stop is not None:
            conditions.append("position <= %s")
            parameters.append(stop)
        if topics:
            conditions.append("topic = ANY(%s)")
            parameters.append(list(topics))  # type: ignore[arg-type]
        query = (
            "SELECT originator_id, originator_version, topic, state, position FROM es.event "
            f"WHERE {' AND '.join(conditions)} ORDER BY position LIMIT %s"
        )

        def read(conn: Connection) -> list[Notification]:
            rows = conn.execute(query.encode(), (*parameters, limit), prepare=True, binary=True)
            return [Notification(*row) for row in rows]

        return self._read(self._scoped(read))

    def max_notification_id(self) -> int | None:
        """The last final position, or None when there is none."""

        def read(conn: Connection) -> int | None:
            row = conn.execute("SELECT max(position) FROM es.event WHERE position < es.horizon()").fetchone()
            return row[0] if row else None

        return self._read(self._scoped(read))

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Refused: the projection runner reads in batches, with its position in the same transaction."""
        raise NotSupportedError("subscriptions are not offered; projections read the log in batches")

    def _scoped(self, read: Callable[[Connection], T]) -> Callable[[Connection], T]:
        tenant = current_tenant.get()
        if tenant is None:
            return read

        def scoped(conn: Connection) -> T:
            with tenant_transaction(conn, tenant):
                return read(conn)

        return scoped

    def _read(self, read: Callable[[Connection], T]) -> T:
        """Run one read; once more on a fresh connection when the first turns out to be dead."""
        try:
            with self.datastore.get_connection() as conn:
                return read(conn)  # type: ignore[arg-type]
        except OperationalError as error:
            if not _lost(error.__cause__):
                raise
            self._pool.check()
            with self.datastore.get_connection() as conn:
                return read(conn)  # type: ignore[arg-type]


_SEEN: Final = "SELECT position, fingerprint, answer FROM es.seen(%s, %s)"
_LOAD: Final = "SELECT originator_version, topic, state FROM es.load(%s, %s, %s, %s, %s, %s)"


def _lost(cause: BaseException | None) -> bool:
    """Whether the connection is gone, rather than the statement refused or too slow."""
    if isinstance(cause, PoolTimeout):
        return False
    state = cause.sqlstate if isinstance(cause, psycopg.OperationalError) else "unknown"
    return state is None or state.startswith(("57P0", "08"))
