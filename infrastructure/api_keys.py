"""API keys: how machines sign in. A key carries its tenant; only its hash is stored."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, LiteralString
from uuid import UUID

from psycopg_pool import AsyncConnectionPool, ConnectionPool

from domain.kernel import Role
from infrastructure.derived_secrets import NotShownAgain
from infrastructure.postgres import AsyncConnection, Connection, tenant_transaction
from infrastructure.tokens import Unauthenticated

Mode = Literal["live", "test"]
USED_TO_THE: Final = timedelta(hours=1)
_KEY: Final = re.compile(r"sk_(live|test)_([0-9a-f]{32})_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class ListedKey:
    """A key as its tenant sees it: everything but the secret. `created_by` is the person who answers for it."""

    key_id: UUID
    mode: Mode
    role: Role
    name: str
    created_by: UUID
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class Machine:
    """Who a valid key speaks for."""

    tenant_id: UUID
    key_id: UUID
    mode: Mode
    role: Role


class ApiKeys:
    """The tenants' API keys. Times are real time."""

    def __init__(self, pool: ConnectionPool[Connection], readers: AsyncConnectionPool[AsyncConnection] | None = None):
        """`readers` serves `verify_async`, for routes that must not block."""
        self._pool, self._readers = pool, readers

    def keep(self, tenant_id: UUID, key: ListedKey, secret: str) -> str:
        """Let the key open the door, unless a former try has done so already; its text. Raises `NotShownAgain`."""
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            conn.execute(
                "INSERT INTO auth.api_key (tenant_id, key_id, hash, mode, role, name, created_by, created_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (tenant_id, key_id) DO NOTHING",
                (tenant_id, key.key_id, _digest(secret), key.mode, key.role.value, key.name, key.created_by,
                 key.created_at),
            )  # fmt: skip
            row = conn.execute(
                "SELECT hash FROM auth.api_key WHERE tenant_id = %s AND key_id = %s", (tenant_id, key.key_id)
            ).fetchone()
        if row is None or not hmac.compare_digest(row[0], _digest(secret)):
            raise NotShownAgain("the key cannot be shown again; end it and make another")
        return f"sk_{key.mode}_{tenant_id.hex}_{key.key_id.hex}_{secret}"

    def verify(self, text: str, now: datetime) -> Machine:
        """Who the key speaks for; `Unauthenticated` when it is unknown, wrong or revoked."""
        presented = _Presented.read(text)
        with self._pool.connection() as conn:
            row = conn.execute(_FIND, (presented.tenant_id, presented.key_id)).fetchone()
            machine = presented.judge(row)
            if _worth_noting(row, now):
                with tenant_transaction(conn, machine.tenant_id):
                    conn.execute(_NOTE_USE, (now, machine.tenant_id, machine.key_id))
        return machine

    async def verify_async(self, text: str, now: datetime) -> Machine:
        """As `verify`, without blocking."""
        if self._readers is None:
            raise RuntimeError("these API keys were made without an async pool")
        presented = _Presented.read(text)
        async with self._readers.connection() as conn:
            row = await (await conn.execute(_FIND, (presented.tenant_id, presented.key_id))).fetchone()
            machine = presented.judge(row)
            if _worth_noting(row, now):
                async with conn.transaction():
                    await conn.execute("SELECT set_config('app.tenant_id', %s, true)", (str(machine.tenant_id),))
                    await conn.execute(_NOTE_USE, (now, machine.tenant_id, machine.key_id))
        return machine

    def revoke(self, tenant_id: UUID, key_id: UUID, now: datetime) -> bool:
        """Make a key useless from now on; False when there is no such working key."""
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            done = conn.execute(
                "UPDATE auth.api_key SET revoked_at = %s WHERE tenant_id = %s AND key_id = %s AND revoked_at IS NULL",
                (now, tenant_id, key_id),
            )
        return done.rowcount > 0

    def working(self, tenant_id: UUID) -> list[ListedKey]:
        """Every key that still opens the door, oldest first."""
        return self._found(tenant_id, "AND revoked_at IS NULL ORDER BY created_at, key_id")

    def of_tenant(self, tenant_id: UUID) -> list[ListedKey]:
        """The tenant's keys, newest first, revoked ones included."""
        return self._found(tenant_id, "ORDER BY created_at DESC, key_id LIMIT 1000")

    def _found(self, tenant_id: UUID, which: LiteralString) -> list[ListedKey]:
        query: LiteralString = (
            "SELECT key_id, mode, role, name, created_by, created_at, last_used_at, revoked_at"
            " FROM auth.api_key WHERE tenant_id = %s "
        )
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            rows = conn.execute(query + which, (tenant_id,)).fetchall()
        return [ListedKey(row[0], row[1], Role(row[2]), *row[3:]) for row in rows]


_FIND: Final = "SELECT hash, mode, role, last_used_at, revoked_at FROM auth.find_api_key(%s, %s)"
_NOTE_USE: Final = (
    "UPDATE auth.api_key SET last_used_at = date_trunc('hour', %s::timestamptz) WHERE tenant_id = %s AND key_id = %s"
)


@dataclass(frozen=True)
class _Presented:
    tenant_id: UUID
    key_id: UUID
    mode: str
    digest: bytes

    @classmethod
    def read(cls, text: str) -> _Presented:
        found = _KEY.fullmatch(text)
        if found is None:
            raise Unauthenticated
        return cls(UUID(found[2]), UUID(found[3]), found[1], _digest(found[4]))

    def judge(self, row: tuple[Any, ...] | None) -> Machine:
        stored, mode, role, _, revoked_at = row if row is not None else (bytes(32), "", "", None, None)
        if not hmac.compare_digest(self.digest, stored) or self.mode != mode or revoked_at is not None:
            raise Unauthenticated
        return Machine(self.tenant_id, self.key_id, mode, Role(role))


def _worth_noting(row: tuple[Any, ...] | None, now: datetime) -> bool:
    return row is not None and (row[3] is None or now - row[3] >= USED_TO_THE)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
