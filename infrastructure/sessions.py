"""Refresh tokens: one family for each sign-in, a new token at each use, and a stolen one ends the family."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from psycopg_pool import ConnectionPool

from infrastructure.postgres import Connection, tenant_transaction
from infrastructure.tokens import Unauthenticated

TOKEN_LIFETIME: Final = timedelta(days=7)
FAMILY_LIFETIME: Final = timedelta(days=30)
_TOKEN: Final = re.compile(r"sfr_([0-9a-f]{32})_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")


class Reason(StrEnum):
    """Why a session was ended."""

    SIGN_OUT = "sign_out"
    REUSE = "reuse"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  a reason, not a password
    ROLE_CHANGED = "role_changed"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Refresh:
    """A session and the one refresh token that continues it. The token is shown once and stored as a hash."""

    tenant_id: UUID
    user_id: UUID
    session_id: UUID
    token: str
    expires_at: datetime


@dataclass(frozen=True)
class Session:
    """One sign-in of a user that is still open."""

    session_id: UUID
    started_at: datetime
    ends_at: datetime


class Sessions:
    """The refresh families of all tenants, each seen only under its own tenant's policy. Times are real time."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool

    def start(self, tenant_id: UUID, user_id: UUID, password_set_at: datetime, now: datetime) -> Refresh:
        """Open a session: 7 days to the first refresh, 30 days in all.

        `password_set_at` is when the password was set that the user has just given. If it is no longer the
        password, `Unauthenticated`: whoever changed or removed it has ended, or is ending, what it opened.
        """
        family, ends = uuid4(), now + FAMILY_LIFETIME
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            opened = conn.execute(_START, (family, now, ends, tenant_id, user_id, password_set_at)).rowcount
            if not opened:
                raise Unauthenticated
            return _issue(conn, tenant_id, family, user_id, now, ends)

    def rotate(self, token: str, now: datetime) -> Refresh:
        """Exchange a refresh token for the next one, once.

        A second use of the same token, also at the same moment, ends the whole family, because one of the
        two holders is not the user. Raises `Unauthenticated`.
        """
        tenant_id, family, digest = _parse(token)
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            row = conn.execute(_USE, (now, tenant_id, family, digest, now, now)).fetchone()
            if row is not None:
                return _issue(conn, tenant_id, family, row[0], now, row[1])
            conn.execute(_END_IF_REUSED, (now, tenant_id, family, tenant_id, family, digest))
        raise Unauthenticated

    def alive(self, tenant_id: UUID, session_id: UUID, now: datetime) -> bool:
        """Whether the session may still change things; reads may go on until their access token runs out."""
        with self._pool.connection() as conn:
            row = conn.execute("SELECT auth.session_alive(%s, %s, %s)", (tenant_id, session_id, now)).fetchone()
        return bool(row and row[0])

    def end(self, tenant_id: UUID, session_id: UUID, now: datetime, reason: Reason = Reason.SIGN_OUT) -> bool:
        """End one session; False when it was not open."""
        return self._end(tenant_id, "family_id", session_id, now, reason) > 0

    def end_all(self, tenant_id: UUID, user_id: UUID, now: datetime, reason: Reason) -> int:
        """End every session of a user, as after a change of password. Returns how many were open."""
        return self._end(tenant_id, "user_id", user_id, now, reason)

    def _end(self, tenant_id: UUID, column: str, value: UUID, now: datetime, reason: Reason) -> int:
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            return conn.execute(_END_BY[column], (now, reason.value, tenant_id, value)).rowcount

    def end_with_token(self, token: str, now: datetime) -> None:
        """Sign out by refresh token; an unknown token changes nothing and is not told apart."""
        tenant_id, family, digest = _parse(token)
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            conn.execute(_SIGN_OUT, (now, tenant_id, family, digest))

    def open_sessions(self, tenant_id: UUID, user_id: UUID, now: datetime) -> list[Session]:
        """The user's open sessions, newest first."""
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            rows = conn.execute(_OPEN, (tenant_id, user_id, now)).fetchall()
        return [Session(*row) for row in rows]


_START: Final = """
    INSERT INTO auth.refresh_family (tenant_id, family_id, user_id, started_at, ends_at)
    SELECT p.tenant_id, %s, p.user_id, %s, %s FROM auth.password p
    WHERE p.tenant_id = %s AND p.user_id = %s AND p.changed_at = %s FOR SHARE"""
_USE: Final = """
    UPDATE auth.refresh_token t SET used_at = %s FROM auth.refresh_family f
    WHERE t.tenant_id = %s AND t.family_id = %s AND t.hash = %s AND t.used_at IS NULL AND t.expires_at > %s
      AND f.tenant_id = t.tenant_id AND f.family_id = t.family_id AND f.revoked_at IS NULL AND f.ends_at > %s
    RETURNING f.user_id, f.ends_at"""
_END_IF_REUSED: Final = """
    UPDATE auth.refresh_family SET revoked_at = %s, revoked_by = 'reuse'
    WHERE tenant_id = %s AND family_id = %s AND revoked_at IS NULL AND EXISTS (
      SELECT FROM auth.refresh_token t
      WHERE t.tenant_id = %s AND t.family_id = %s AND t.hash = %s AND t.used_at IS NOT NULL)"""
_SIGN_OUT: Final = """
    UPDATE auth.refresh_family f SET revoked_at = %s, revoked_by = 'sign_out' FROM auth.refresh_token t
    WHERE f.tenant_id = %s AND f.family_id = %s AND f.revoked_at IS NULL
      AND t.tenant_id = f.tenant_id AND t.family_id = f.family_id AND t.hash = %s"""
_END_BY: Final = {
    column: f"""UPDATE auth.refresh_family SET revoked_at = %s, revoked_by = %s
    WHERE tenant_id = %s AND {column} = %s AND revoked_at IS NULL"""
    for column in ("family_id", "user_id")
}
_OPEN: Final = """
    SELECT family_id, started_at, ends_at FROM auth.refresh_family
    WHERE tenant_id = %s AND user_id = %s AND revoked_at IS NULL AND ends_at > %s ORDER BY started_at DESC LIMIT 100"""


def _issue(conn: Connection, tenant_id: UUID, family: UUID, user_id: UUID, now: datetime, ends: datetime) -> Refresh:
    secret = secrets.token_urlsafe(32)
    expires = min(now + TOKEN_LIFETIME, ends)
    conn.execute(
        "INSERT INTO auth.refresh_token (tenant_id, family_id, hash, issued_at, expires_at)"
        " VALUES (%s, %s, %s, %s, %s)",
        (tenant_id, family, _digest(secret), now, expires),
    )
    return Refresh(tenant_id, user_id, family, f"sfr_{tenant_id.hex}_{family.hex}_{secret}", expires)


def _parse(token: str) -> tuple[UUID, UUID, bytes]:
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise Unauthenticated
    return UUID(found[1]), UUID(found[2]), _digest(found[3])


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
