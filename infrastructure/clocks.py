"""Time: everybody's, and a test tenant's own, which stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from domain.kernel import Forbidden, Invalid
from infrastructure.postgres import Connection, tenant_transaction

_NO_CLOCK = "SF002"


class TenantClocks:
    """The clock of every tenant. A live tenant has none of its own."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool

    def now(self) -> datetime:
        """Real time."""
        return datetime.now(UTC)

    def tenant_now(self, tenant_id: UUID) -> datetime:
        """The tenant's business time."""
        return self._standing(tenant_id) or self.now()

    def start(self, tenant_id: UUID, at: datetime) -> None:
        """Give a test tenant its clock; one that has it already keeps it."""
        if self._standing(tenant_id) is not None:
            return
        with self._pool.connection() as conn:
            try:
                conn.execute("SELECT es.start_clock(%s, %s)", (tenant_id, at))
            except psycopg.Error as error:
                raise _refusal(error, "only a test-mode tenant has a clock of its own") from None

    def advance(self, tenant_id: UUID, to: datetime) -> None:
        """Move a test tenant's clock forward and wake the timers that fall due by then."""
        with self._pool.connection() as conn:
            try:
                conn.execute("SELECT es.advance_clock(%s, %s)", (tenant_id, to))
            except psycopg.Error as error:
                raise _refusal(error, "a test clock moves only forward") from None
            conn.execute("NOTIFY sfdify_jobs")

    def _standing(self, tenant_id: UUID) -> datetime | None:
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            row = conn.execute("SELECT now_at FROM es.tenant_clock WHERE tenant_id = %s", (tenant_id,)).fetchone()
        return row[0] if row else None


def _refusal(error: psycopg.Error, message: str) -> Exception:
    if error.sqlstate != _NO_CLOCK:
        return error
    return Forbidden(message) if "own" in message else Invalid(message)
