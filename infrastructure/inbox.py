"""Webhooks seen once: written down before they are answered, so that a crash loses none and a repeat adds none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from psycopg_pool import ConnectionPool

from domain.kernel import NotFound
from infrastructure.postgres import Connection, tenant_transaction
from infrastructure.sealing import Seal

LARGEST_EVENT_ID: Final = 255


@dataclass(frozen=True)
class Waiting:
    """A webhook that was received and not yet worked off."""

    provider: str
    event_id: str
    received_at: datetime


class Inbox:
    """The webhooks of every tenant. Times are real time.

    Bodies are stored sealed, and the database empties them once they are worked off, since they may name the
    addressee: what is kept for good is that an event id was seen.
    """

    def __init__(self, pool: ConnectionPool[Connection], seal: Seal) -> None:
        self._pool, self._seal = pool, seal

    def receive(self, tenant_id: UUID, provider: str, event_id: str, raw: bytes, now: datetime) -> bool:
        """Write one verified webhook down; True the first time.

        After a False the work may still be waiting, if the process died between receiving and calling for it:
        call for it again whenever `is_waiting`, under a name derived from provider and event id.
        """
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            return self.receive_in(conn, tenant_id, provider, event_id, raw, now)

    def receive_in(
        self, conn: Connection, tenant_id: UUID, provider: str, event_id: str, raw: bytes, now: datetime
    ) -> bool:
        """As `receive`, inside the caller's transaction of this tenant."""
        if not 1 <= len(event_id) <= LARGEST_EVENT_ID:
            raise ValueError(f"an event id has 1 to {LARGEST_EVENT_ID} characters")
        body = self._seal.seal(tenant_id, f"inbox {provider}", raw)
        done = conn.execute(
            "INSERT INTO es.inbox (tenant_id, provider, event_id, received_at, body) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT ON CONSTRAINT inbox_once DO NOTHING",
            (tenant_id, provider, event_id, now, body),
        )
        return done.rowcount == 1

    def body(self, tenant_id: UUID, provider: str, event_id: str) -> bytes | None:
        """The raw body as it was received; None once it was worked off. Raises `NotFound`, `CannotUnseal`."""
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            query = "SELECT body, state FROM es.inbox WHERE tenant_id = %s AND provider = %s AND event_id = %s"
            row = conn.execute(query, (tenant_id, provider, event_id)).fetchone()
        if row is None:
            raise NotFound("There is no such webhook.")
        if row[1] != "received":
            return None
        return self._seal.unseal(tenant_id, f"inbox {provider}", row[0])

    def finish(
        self,
        tenant_id: UUID,
        provider: str,
        event_id: str,
        now: datetime,
        outcome: Literal["done", "ignored"] = "done",
    ) -> bool:
        """Note that a webhook was worked off, or is of a kind nobody here acts on, which empties its body.

        False when that was done already.
        """
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            done = conn.execute(
                "UPDATE es.inbox SET state = %s::es.inbox_state, finished_at = %s"
                " WHERE tenant_id = %s AND provider = %s AND event_id = %s AND state = 'received'",
                (outcome, now, tenant_id, provider, event_id),
            )
        return done.rowcount == 1

    def is_waiting(self, tenant_id: UUID, provider: str, event_id: str) -> bool:
        """Whether the webhook was received and not yet worked off."""
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            query = "SELECT state = 'received' FROM es.inbox WHERE tenant_id = %s AND provider = %s AND event_id = %s"
            row = conn.execute(query, (tenant_id, provider, event_id)).fetchone()
        return bool(row and row[0])

    def waiting(self, tenant_id: UUID, before: datetime, limit: int = 100) -> list[Waiting]:
        """Webhooks received before `before` and still not worked off, oldest first."""
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            rows = conn.execute(
                "SELECT provider, event_id, received_at FROM es.inbox"
                " WHERE tenant_id = %s AND state = 'received' AND received_at < %s ORDER BY received_at LIMIT %s",
                (tenant_id, before, limit),
            ).fetchall()
        return [Waiting(*row) for row in rows]
