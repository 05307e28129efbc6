"""Query tables as commands may look at them."""

from __future__ import annotations

from uuid import UUID

from psycopg_pool import ConnectionPool

from domain.disputes import DisputeStatus
from domain.letters import LetterStatus
from infrastructure.postgres import Connection
from infrastructure.projecting import has_reached
from projections import ALL
from projections.reading import many

_WAITING = [status.value for status in (DisputeStatus.SENT, DisputeStatus.RECEIVED, DisputeStatus.OVERDUE)]

_GONE = [LetterStatus.SUBMITTED.value, LetterStatus.VOID.value]


class QueryTables:
    """The reads that handlers need, under the tenant's own policy."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool

    def reached(self, tenant_id: UUID, position: int) -> bool:
        """Whether the tables that handlers look at have seen everything up to `position`."""
        with self._pool.connection() as conn:
            return has_reached(conn, position, _READ_BY_HANDLERS)

    def disputes_to_reconcile(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]:
        """The consumer's disputes that a later report may settle."""
        with self._pool.connection() as conn:
            rows = many(
                conn,
                tenant_id,
                "SELECT dispute_id FROM rm.disputes WHERE consumer_id = %s AND status = ANY(%s) ORDER BY dispute_id",
                (consumer_id, _WAITING),
            )
        return [row["dispute_id"] for row in rows]

    def letters_before_posting(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]:
        """The consumer's letters of which no paper has left."""
        with self._pool.connection() as conn:
            rows = many(
                conn,
                tenant_id,
                "SELECT letter_id FROM rm.letters WHERE consumer_id = %s AND status <> ALL(%s) ORDER BY letter_id",
                (consumer_id, _GONE),
            )
        return [row["letter_id"] for row in rows]

    def users_of_consumer(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]:
        """The sign-ins that are bound to this consumer's case."""
        with self._pool.connection() as conn:
            rows = many(conn, tenant_id, "SELECT user_id FROM rm.users WHERE consumer_id = %s", (consumer_id,))
        return [row["user_id"] for row in rows]

    def mailing_of_piece(self, tenant_id: UUID, provider_id: str) -> UUID | None:
        """The mailing that the provider knows by this id."""
        with self._pool.connection() as conn:
            rows = many(conn, tenant_id, "SELECT mailing_id FROM rm.mailings WHERE provider_id = %s", (provider_id,))
        return rows[0]["mailing_id"] if rows else None


_READ_BY_HANDLERS = tuple(p.name for p in ALL if p.name in ("disputes", "letters", "mailings", "users"))
