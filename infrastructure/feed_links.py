"""Links to report providers under way: who set out, with which secrets, and until when they may come back.

Ten minutes are ten minutes of real time: they guard an exchange over the network, which a tenant's clock, standing
still or set forward by a month, must neither prolong nor end.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from psycopg_pool import ConnectionPool

from application.feeding import FeedParty, LinkRefused
from infrastructure.event_store.keyring import Keyring
from infrastructure.postgres import Connection, tenant_transaction

LIFETIME: Final = timedelta(minutes=10)
_TOLD_APART: Final = timedelta(days=1)
"""So long a state that has run out is still told apart from one that never was."""

_UNKNOWN: Final = ("unknown_state", "this link is not known; connect again")


@dataclass(frozen=True, slots=True)
class Begun:
    """A link that was begun: what goes into the provider's address, once."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What the one exchange of a link's code needs."""

    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str


class FeedLinkStore:
    """Every link under way. States are kept as hashes, verifiers sealed with the consumer's own key."""

    def __init__(
        self,
        pool: ConnectionPool[Connection],
        keyring: Keyring,
        real_now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool, self._keyring, self._now = pool, keyring, real_now

    def begin(self, party: FeedParty, user_id: UUID, redirect_uri: str) -> Begun:
        """Let a user set out; an earlier state of the same connection is useless from now on.

        Raises NoKey for a consumer who was erased. What has run out long ago is thrown away by the way.
        """
        now = self._now()
        begun = Begun(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            expires_at=now + LIFETIME,
        )
        sealed = self._keyring.seal(party.tenant_id, party.consumer_id, begun.verifier.encode(), _aad(party))
        row = (
            party.tenant_id, party.connection_id, _hash(begun.state), party.consumer_id, user_id, party.provider,
            begun.nonce, sealed, redirect_uri, begun.expires_at,
        )  # fmt: skip
        with self._pool.connection() as conn, tenant_transaction(conn, party.tenant_id):
            conn.execute(
                "DELETE FROM auth.feed_link WHERE tenant_id = %s AND expires_at < %s AND connection_id <> %s",
                (party.tenant_id, now - _TOLD_APART, party.connection_id),
            )
            conn.execute(
                "INSERT INTO auth.feed_link (tenant_id, connection_id, state_hash, consumer_id, user_id, provider,"
                " nonce, code_verifier, redirect_uri, expires_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (tenant_id, connection_id) DO UPDATE SET state_hash = excluded.state_hash,"
                " consumer_id = excluded.consumer_id, user_id = excluded.user_id, provider = excluded.provider,"
                " nonce = excluded.nonce, code_verifier = excluded.code_verifier,"
                " redirect_uri = excluded.redirect_uri, expires_at = excluded.expires_at, used_at = NULL",
                row,
            )
        return begun

    def claim(self, tenant_id: UUID, user_id: UUID, state: str, at: datetime) -> FeedParty:
        """See `FeedLinks`. `at` is the tenant's time and decides nothing: the window is of real time."""
        now, mine = self._now(), (tenant_id, _hash(state), user_id)
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            row = conn.execute(
                "UPDATE auth.feed_link SET used_at = %s WHERE tenant_id = %s AND state_hash = %s AND user_id = %s"
                " AND used_at IS NULL AND expires_at > %s RETURNING consumer_id, connection_id, provider",
                (now, *mine, now),
            ).fetchone()
            if row is not None:
                return FeedParty(tenant_id, *row)
            row = conn.execute(
                "SELECT used_at IS NOT NULL FROM auth.feed_link"
                " WHERE tenant_id = %s AND state_hash = %s AND user_id = %s",
                mine,
            ).fetchone()
        if row is None:
            raise LinkRefused(*_UNKNOWN)
        if row[0]:
            raise LinkRefused("state_used", "this link was used before; connect again")
        raise LinkRefused("state_expired", "this link has run out; connect again")

    def take(self, party: FeedParty, state: str) -> Taken:
        """The secrets of a claimed link, handed out once: its code can never be exchanged a second time.

        Raises LinkRefused for a state that was not claimed, was taken before, or is of another party.
        """
        with self._pool.connection() as conn, tenant_transaction(conn, party.tenant_id):
            row = conn.execute(
                "WITH mine AS (SELECT tenant_id, connection_id, nonce, code_verifier, redirect_uri FROM auth.feed_link"
                " WHERE tenant_id = %s AND connection_id = %s AND state_hash = %s AND consumer_id = %s"
                " AND provider = %s AND used_at IS NOT NULL AND code_verifier IS NOT NULL FOR UPDATE)"
                " UPDATE auth.feed_link AS l SET code_verifier = NULL FROM mine WHERE l.tenant_id = mine.tenant_id"
                " AND l.connection_id = mine.connection_id RETURNING mine.nonce, mine.code_verifier, l.redirect_uri",
                (party.tenant_id, party.connection_id, _hash(state), party.consumer_id, party.provider),
            ).fetchone()
        if row is None:
            raise LinkRefused(*_UNKNOWN)
        verifier = self._keyring.open(party.tenant_id, party.consumer_id, row[1], _aad(party))
        if verifier is None:
            raise LinkRefused(*_UNKNOWN)
        return Taken(nonce=row[0], verifier=verifier.decode(), redirect_uri=row[2])

    def forget(self, tenant_id: UUID, consumer_id: UUID) -> int:
        """See `FeedLinks`."""
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            whose = (tenant_id, consumer_id)
            links = conn.execute("DELETE FROM auth.feed_link WHERE tenant_id = %s AND consumer_id = %s", whose)
            tokens = conn.execute("DELETE FROM auth.feed_token WHERE tenant_id = %s AND consumer_id = %s", whose)
        return links.rowcount + tokens.rowcount

    def destroy(self, party: FeedParty) -> None:
        """See `FeedLinks`."""
        self.drop(party)
        with self._pool.connection() as conn, tenant_transaction(conn, party.tenant_id):
            conn.execute(
                "DELETE FROM auth.feed_token WHERE tenant_id = %s AND connection_id = %s AND consumer_id = %s",
                (party.tenant_id, party.connection_id, party.consumer_id),
            )

    def drop(self, party: FeedParty) -> None:
        """Make the state of one connection useless."""
        with self._pool.connection() as conn, tenant_transaction(conn, party.tenant_id):
            conn.execute(
                "DELETE FROM auth.feed_link WHERE tenant_id = %s AND connection_id = %s AND consumer_id = %s",
                (party.tenant_id, party.connection_id, party.consumer_id),
            )


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode("utf-8", "replace")).digest()


def _aad(party: FeedParty) -> bytes:
    ids = f"{party.tenant_id}/{party.consumer_id}/{party.connection_id}"
    return f"feed link {ids}/{party.provider}".encode()
