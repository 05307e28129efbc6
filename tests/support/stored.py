"""Events of the domain in a real log, sealed under real keys, and the projections that read them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from application.kernel import Append, canonical
from domain.kernel import Aggregate, Event
from infrastructure.event_store.application import Engine
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.mapper import PydanticMapper
from infrastructure.postgres import Connection, pool
from infrastructure.projecting import LogRow, Runner, ensure, rebuild, verify
from infrastructure.projecting.positions import connect
from infrastructure.vault import EmbeddedVault
from projections import ALL
from projections.kernel import Projection
from tests.support.histories import TENANT_ID
from tests.support.postgres import TestDatabase


class Stored:
    """One tenant's log in a fresh database."""

    def __init__(self, database: TestDatabase, app: ConnectionPool[Connection]) -> None:
        self.database = database
        self.keyring = Keyring(app, EmbeddedVault({"v1": os.urandom(32)}, "v1"))
        self.engine = Engine(app, self.keyring)
        self._mapper = PydanticMapper(self.keyring)
        with connect(database.projector_url, "test") as conn:
            ensure(conn, ALL)

    def close(self) -> None:
        self.engine.close()
        self.keyring.close()

    def append(self, *things: Aggregate) -> None:
        """Store what these things decided, each in an append of its own; keys come first."""
        for thing in things:
            for event in thing.pending_events:
                if isinstance(event, Event) and event.subject is not None:
                    self.keyring.create(TENANT_ID, event.subject)
            self.engine.append(
                [thing],
                Append(
                    tenant_id=TENANT_ID, metadata=canonical({"actor": "tester", "role": "system"}), command_id=None,
                    fingerprint=None, answer=None, jobs=(), job_id=None, job_token=None,
                ),
            )  # fmt: skip

    def decode(self, row: LogRow) -> Event | None:
        """As projectors read events."""
        stored = StoredEvent(row.originator_id, row.originator_version, row.topic, row.state)
        return self._mapper.decode(row.tenant_id, stored)

    def project(self, *, batch: int = 500) -> None:
        """Bring every read model up to the end of the log."""
        Runner(self.database.projector_url, ALL, self.decode, batch=batch).drain()

    def rows(self, table: str) -> list[dict[str, object]]:
        """A query table's rows, in the order of its key."""
        with psycopg.connect(self.database.admin_url, row_factory=dict_row) as conn:
            return conn.execute(f"SELECT * FROM rm.{table} ORDER BY 1, 2, 3".encode()).fetchall()

    def row(self, table: str, **where: object) -> dict[str, object]:
        """The one row with these values."""
        (found,) = (row for row in self.rows(table) if where.items() <= row.items())
        return found

    def rebuilt_equals_incremental(self, projection: Projection) -> bool:
        """Whether replaying the log makes the very rows that following it made, and a rebuild keeps them."""
        before = {table.name: self.rows(table.name) for table in projection.tables}
        checked = verify(self.database.projector_url, projection, self.decode)
        rebuild(self.database.projector_url, projection, self.decode)
        return checked.ok and before == {table.name: self.rows(table.name) for table in projection.tables}

    def forget(self, consumer_id: UUID) -> None:
        """Destroy a person's key."""
        assert self.keyring.destroy(TENANT_ID, consumer_id)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every value of every row of every query table, as text."""
        with psycopg.connect(self.database.admin_url) as conn:
            tables = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'rm'").fetchall()
            for (table,) in tables:
                for (text,) in conn.execute(f"SELECT r::text FROM rm.{table} r".encode()).fetchall():
                    yield table, text


@contextmanager
def stored(database: TestDatabase, things: Iterable[Aggregate] = ()) -> Iterator[Stored]:
    """A log that holds these things, projected."""
    app = pool(database.app_url, "app", 4)
    held = Stored(database, app)
    try:
        held.append(*things)
        held.project()
        yield held
    finally:
        held.close()
        app.close()
