"""Short ways to write to the log and to look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent


def event(stream: UUID, version: int = 1, topic: str = "test.happened.v1", state: bytes = b'{"n":1}') -> StoredEvent:
    return StoredEvent(stream, version, topic, state)


def stream(length: int, stream_id: UUID | None = None) -> list[StoredEvent]:
    chosen = stream_id or uuid4()
    return [event(chosen, version, state=b'{"n":%d}' % version) for version in range(1, length + 1)]


@dataclass
class Sql:
    """`es.append` as plain SQL, and looks at the tables, through one login."""

    conn: psycopg.Connection[Any]
    tenant: UUID = field(default_factory=uuid4)

    def append(self, *events: tuple[UUID, int], **others: Any) -> int:
        given = {"tenant": self.tenant, "meta": b"{}", "command": None, "fingerprint": None, "answer": None}
        given |= {"jobs": [], "due": None, "job": None, "token": None} | others
        queues = [queue for queue, _ in given["jobs"]] or None
        dedupes = [dedupe for _, dedupe in given["jobs"]] or None
        commands = [b"{}" for _ in given["jobs"]] or None
        row = self.conn.execute(
            "SELECT es.append(%s, %s::uuid[], %s::bigint[], %s::text[], %s::bytea[], %s, %s, %s, %s, "
            "%s::text[], %s::bytea[], %s::text[], %s::timestamptz[], %s, %s)",
            (
                given["tenant"],
                [e[0] for e in events],
                [e[1] for e in events],
                ["test.happened.v1"] * len(events),
                [b"{}"] * len(events),
                given["meta"],
                given["command"],
                given["fingerprint"],
                given["answer"],
                queues,
                commands,
                dedupes,
                given["due"],
                given["job"],
                given["token"],
            ),
        ).fetchone()
        assert row is not None
        return int(row[0])

    def one(self, query: str, *parameters: object) -> Any:
        row = self.conn.execute(query.encode(), parameters or None).fetchone()
        return row[0] if row else None

    def as_tenant(self, tenant: UUID | None = None) -> Sql:
        """See this tenant's rows for the rest of the session."""
        self.conn.execute("SELECT set_config('app.tenant_id', %s, false)", (str(tenant or self.tenant),))
        return self


Connect = Callable[[str], Sql]
"""Opens a session of one login by its name."""


def refused(sqlstate: str, constraint: str | None, call: Callable[[], object]) -> None:
    """The database must refuse the call, for this reason and no other."""
    with pytest.raises(psycopg.Error) as raised:
        call()
    assert raised.value.sqlstate == sqlstate
    assert raised.value.diag.constraint_name == constraint
