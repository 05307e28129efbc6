"""Closing a sign-in for good: the password goes, and every session with it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from psycopg_pool import ConnectionPool

from infrastructure.postgres import Connection, tenant_transaction
from infrastructure.sessions import Reason, Sessions


class SignInRecords:
    """Passwords and refresh families, as far as commands may end them."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool
        self._sessions = Sessions(pool)

    def close(self, tenant_id: UUID, user_id: UUID) -> None:
        """Nobody signs in as this user again, and nobody who has done so changes anything any more."""
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            conn.execute("DELETE FROM auth.password WHERE tenant_id = %s AND user_id = %s", (tenant_id, user_id))
        self._sessions.end_all(tenant_id, user_id, datetime.now(UTC), Reason.OPERATOR)
