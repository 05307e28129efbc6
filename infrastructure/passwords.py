"""Passwords: argon2id hashes under the tenant's policy, with the same work for unknown users."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from psycopg_pool import ConnectionPool

from domain.kernel import DomainError, Invalid
from infrastructure.postgres import Connection, tenant_transaction

SHORTEST: Final = 12
LONGEST: Final = 128
_WELL_KNOWN: Final = ("password", "passwort", "qwertyuiop", "letmein", "welcome", "changeme", "administrator", "sfdify")
_NO_PASSWORD: Final = (None, None)
_SEQUENCES: Final = ("0123456789" * 13, "abcdefghijklmnopqrstuvwxyz" * 5, "qwertyuiopasdfghjklzxcvbnm" * 5)


class UnfitPassword(Invalid):
    """The password is too short, too long or among the first an attacker would try. Choose another one."""

    code: ClassVar[str] = "unfit_password"


class SignInBusy(DomainError):
    """More sign-ins are being checked than this machine can hash at once. Repeat after Retry-After."""

    code: ClassVar[str] = "sign_in_busy"
    status: ClassVar[int] = 503

    def __init__(self) -> None:
        super().__init__("Too many sign-ins at this moment; repeat shortly.", retry_after_seconds=1)


def check_fitness(password: str) -> None:
    """Refuse what protects nobody: under 12 or over 128 characters, repetitions, sequences, well-known words.

    Composition rules are not asked for (NIST SP 800-63B 3.1.1.2).
    """
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise UnfitPassword(f"Choose a password of at least {SHORTEST} characters.")
    if len(plain) > LONGEST:
        raise UnfitPassword(f"Choose a password of at most {LONGEST} characters.")
    if any(unicodedata.category(character) == "Cc" for character in plain):
        raise UnfitPassword("Choose a password without control characters.")
    folded = plain.casefold()
    if len(set(folded)) < 5 or any(folded in run or folded[::-1] in run for run in _SEQUENCES):
        raise UnfitPassword("Choose a password that is not a repetition or a row of the keyboard.")
    rest = folded
    for word in _WELL_KNOWN:
        rest = rest.replace(word, "")
    if len(rest.strip("0123456789!?.,-_ ")) < 3 and rest != folded:
        raise UnfitPassword("Choose a password that is not a well-known word with numbers behind it.")


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


class Passwords:
    """The users' passwords. One hash takes 64 MiB, so only `at_once` are computed at a time."""

    def __init__(
        self,
        pool: ConnectionPool[Connection],
        *,
        hasher: PasswordHasher | None = None,
        at_once: int = 2,
        patience_seconds: float = 5.0,
    ) -> None:
        self._pool = pool
        self._hasher = hasher or PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1, type=Type.ID)
        self._turns = threading.BoundedSemaphore(at_once)
        self._patience = patience_seconds
        self._nobody = self._hasher.hash("nobody signs in with this")

    def set(self, tenant_id: UUID, user_id: UUID, password: str, now: datetime) -> None:
        """Store a new password and, with it, end every session that the former one opened. Raises `UnfitPassword`,
        `SignInBusy`."""
        check_fitness(password)
        with self._turn():
            digest = self._hasher.hash(_normal(password))
        self._store(tenant_id, user_id, digest, now)

    def is_set(self, tenant_id: UUID, user_id: UUID, since: datetime | None = None) -> bool:
        """Whether the user has a password, and one that was set at `since` or later."""
        _, set_at = self._load(tenant_id, user_id)
        return set_at is not None and (since is None or set_at >= since)

    def verify(self, tenant_id: UUID, user_id: UUID | None, password: str) -> datetime | None:
        """When the user set this password; None when it is not the user's.

        For an unknown user (None, or one without a password) the same hash is computed and the answer is
        None, so that time does not tell who has an account. A hash made with weaker parameters is renewed.
        """
        stored, set_at = self._load(tenant_id, user_id)
        plain = _normal(password[: 4 * LONGEST])
        with self._turn():
            try:
                self._hasher.verify(stored or self._nobody, plain)
            except (VerificationError, InvalidHashError):
                return None
            if stored is None or user_id is None:
                return None
            renewed = self._hasher.hash(plain) if self._hasher.check_needs_rehash(stored) else None
        if renewed is not None:
            self._renew(tenant_id, user_id, stored, renewed)
        return set_at

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self._patience):
            raise SignInBusy
        try:
            yield
        finally:
            self._turns.release()

    def _load(self, tenant_id: UUID, user_id: UUID | None) -> tuple[str | None, datetime | None]:
        """The hash, and when the password was set."""
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            query = "SELECT hash, changed_at FROM auth.password WHERE tenant_id = %s AND user_id = %s"
            row = conn.execute(query, (tenant_id, user_id)).fetchone()
        return (row[0], row[1]) if row else _NO_PASSWORD

    def _store(self, tenant_id: UUID, user_id: UUID, digest: str, now: datetime) -> None:
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            conn.execute(
                "INSERT INTO auth.password (tenant_id, user_id, hash, changed_at) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (tenant_id, user_id)"
                " DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at",
                (tenant_id, user_id, digest, now),
            )
            conn.execute(
                "UPDATE auth.refresh_family SET revoked_at = %s, revoked_by = 'password_changed'"
                " WHERE tenant_id = %s AND user_id = %s AND revoked_at IS NULL",
                (now, tenant_id, user_id),
            )

    def _renew(self, tenant_id: UUID, user_id: UUID, old: str, new: str) -> None:
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            conn.execute(
                "UPDATE auth.password SET hash = %s WHERE tenant_id = %s AND user_id = %s AND hash = %s",
                (new, tenant_id, user_id, old),
            )
