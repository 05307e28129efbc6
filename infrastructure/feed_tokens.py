"""Tokens of report providers, sealed with each consumer's own key, and renewed by one process at a time.

Whoever renews takes a lease on the row instead of a lock: no transaction and no pooled connection waits for the
provider, and a process that dies frees its lease by doing nothing. Renewed tokens are committed before they are used.

When the answer to a renewal is lost, the old refresh token may be dead and the new one is in nobody's hands. It is
shown once more all the same: if the provider never heard us, that works, and if it did, the refusal that follows
(`token_refused`) ends nothing that could still have been used. The old access token lasts a minute more at best.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from psycopg_pool import ConnectionPool

from application.feeding import FeedBusy, FeedParty, LinkRefused
from infrastructure.event_store.keyring import Keyring, NoKey
from infrastructure.postgres import Connection, tenant_transaction

EARLY: Final = timedelta(seconds=60)
"""Tokens are renewed this long before they run out, but not in the first three quarters of their life."""

LEASE: Final = timedelta(seconds=30)
"""Longer than a renewal can last: its one request has 15 s in all."""

_LOOK_AGAIN_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a provider gave for a code or a refresh token. `lives`: of the access token, None when it did not say."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    scopes: tuple[str, ...]
    lives: timedelta | None


@dataclass(frozen=True, slots=True)
class Kept:
    """The tokens of one link as they are now. Each new set is another generation."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    scopes: tuple[str, ...]
    generation: UUID
    stale: bool
    """Whether it is time to renew them."""


class LinkEnded(Exception):
    """The link was ended, or made anew, while its tokens were being renewed: what came of that belongs to nobody."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__("the link was ended while its tokens were renewed")
        self.tokens = tokens


class FeedTokens:
    """The tokens of every link."""

    def __init__(
        self,
        pool: ConnectionPool[Connection],
        keyring: Keyring,
        real_now: Callable[[], datetime] = lambda: datetime.now(UTC),
        lease: timedelta = LEASE,
    ) -> None:
        self._pool, self._keyring, self._now, self._lease = pool, keyring, real_now, lease

    def keep(self, party: FeedParty, tokens: Tokens) -> None:
        """Keep the tokens of a link just made, instead of any there were. Raises NoKey for an erased consumer."""
        expires_at, refresh_at = self._times(tokens)
        row = (
            party.tenant_id, party.connection_id, party.consumer_id, party.provider, self._seal(party, tokens),
            list(tokens.scopes), expires_at, refresh_at, uuid4(),
        )  # fmt: skip
        with self._pool.connection() as conn, tenant_transaction(conn, party.tenant_id):
            conn.execute(
                "INSERT INTO auth.feed_token (tenant_id, connection_id, consumer_id, provider, sealed, scopes,"
                " expires_at, refresh_at, generation) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (tenant_id, connection_id) DO UPDATE SET consumer_id = excluded.consumer_id,"
                " provider = excluded.provider, sealed = excluded.sealed, scopes = excluded.scopes,"
                " expires_at = excluded.expires_at, refresh_at = excluded.refresh_at,"
                " generation = excluded.generation, refreshing_until = NULL",
                row,
            )

    def find(self, party: FeedParty) -> Kept | None:
        """The tokens of a link; None when there are none, or the key they were sealed with is destroyed."""
        with self._pool.connection() as conn, tenant_transaction(conn, party.tenant_id):
            row = conn.execute(
                "SELECT sealed, scopes, generation, refresh_at FROM auth.feed_token"
                " WHERE tenant_id = %s AND connection_id = %s AND consumer_id = %s AND provider = %s",
                (party.tenant_id, party.connection_id, party.consumer_id, party.provider),
            ).fetchone()
        if row is None:
            return None
        plain = self._keyring.open(party.tenant_id, party.consumer_id, row[0], _aad(party))
        if plain is None:
            return None
        access, refresh = json.loads(plain)
        return Kept(access, refresh, tuple(row[1]), row[2], stale=row[3] is not None and row[3] <= self._now())

    def fresh(self, party: FeedParty, renew: Callable[[str], Tokens]) -> Kept:
        """The tokens of a link, renewed if it is time. Raises what `renewed` raises."""
        kept = self._there(party)
        return self.renewed(party, kept.generation, renew) if kept.stale else kept

    def renewed(self, party: FeedParty, generation: UUID, renew: Callable[[str], Tokens]) -> Kept:
        """Tokens newer than this generation: others' if somebody renews them meanwhile, else by `renew`.

        Raises LinkRefused (`no_tokens`, `token_refused`), FeedBusy when another's renewal does not end in time, and
        what `renew` raises; LinkEnded with the tokens that nobody wants.
        """
        ends_at = time.monotonic() + self._lease.total_seconds() / 2
        while True:
            kept = self._there(party)
            if kept.generation != generation:
                return kept
            if kept.refresh is None:
                raise LinkRefused("token_refused", "the access has run out and cannot be renewed; connect again")
            if self._lease_taken(party, generation):
                return self._renew(party, kept, kept.refresh, renew)
            if time.monotonic() >= ends_at:
                raise FeedBusy(5, "tokens_are_being_renewed")
            time.sleep(_LOOK_AGAIN_S)

    def destroy(self, party: FeedParty, generation: UUID | None = None) -> bool:
        """Delete the tokens of a link, of this generation only if one is named; whether there were any."""
        with self._pool.connection() as conn, tenant_transaction(conn, party.tenant_id):
            gone = conn.execute(
                "DELETE FROM auth.feed_token WHERE tenant_id = %s AND connection_id = %s AND consumer_id = %s"
                " AND (%s::uuid IS NULL OR generation = %s)",
                (party.tenant_id, party.connection_id, party.consumer_id, generation, generation),
            )
        return gone.rowcount == 1

    def _renew(self, party: FeedParty, kept: Kept, refresh: str, renew: Callable[[str], Tokens]) -> Kept:
        try:
            given = renew(refresh)
        except LinkRefused:
            self.destroy(party, kept.generation)
            raise
        except BaseException:
            self._release(party, kept.generation)
            raise
        tokens = Tokens(given.access, given.refresh or refresh, given.scopes or kept.scopes, given.lives)
        generation = self._replace(party, kept.generation, tokens)
        if generation is None:
            raise LinkEnded(tokens)
        return Kept(tokens.access, tokens.refresh, tokens.scopes, generation, stale=False)

    def _replace(self, party: FeedParty, generation: UUID, tokens: Tokens) -> UUID | None:
        try:
            sealed = self._seal(party, tokens)
        except NoKey:
            return None
        newer = uuid4()
        with self._pool.connection() as conn, tenant_transaction(conn, party.tenant_id):
            done = conn.execute(
                "UPDATE auth.feed_token SET sealed = %s, scopes = %s, expires_at = %s, refresh_at = %s,"
                " generation = %s, refreshing_until = NULL"
                " WHERE tenant_id = %s AND connection_id = %s AND generation = %s",
                (sealed, list(tokens.scopes), *self._times(tokens), newer, *_row(party), generation),
            )
        return newer if done.rowcount == 1 else None

    def _lease_taken(self, party: FeedParty, generation: UUID) -> bool:
        with self._pool.connection() as conn, tenant_transaction(conn, party.tenant_id):
            done = conn.execute(
                "UPDATE auth.feed_token SET refreshing_until = clock_timestamp() + %s"
                " WHERE tenant_id = %s AND connection_id = %s AND generation = %s"
                " AND (refreshing_until IS NULL OR refreshing_until <= clock_timestamp())",
                (self._lease, *_row(party), generation),
            )
        return done.rowcount == 1

    def _release(self, party: FeedParty, generation: UUID) -> None:
        with self._pool.connection() as conn, tenant_transaction(conn, party.tenant_id):
            conn.execute(
                "UPDATE auth.feed_token SET refreshing_until = NULL"
                " WHERE tenant_id = %s AND connection_id = %s AND generation = %s",
                (*_row(party), generation),
            )

    def _there(self, party: FeedParty) -> Kept:
        kept = self.find(party)
        if kept is None:
            raise LinkRefused("no_tokens", "there is no link to this provider; connect")
        return kept

    def _times(self, tokens: Tokens) -> tuple[datetime | None, datetime | None]:
        if tokens.lives is None:
            return None, None
        expires_at = self._now() + tokens.lives
        return expires_at, expires_at - min(EARLY, tokens.lives / 4)

    def _seal(self, party: FeedParty, tokens: Tokens) -> bytes:
        plain = json.dumps([tokens.access, tokens.refresh]).encode()
        return self._keyring.seal(party.tenant_id, party.consumer_id, plain, _aad(party))


def _row(party: FeedParty) -> tuple[UUID, UUID]:
    return party.tenant_id, party.connection_id


def _aad(party: FeedParty) -> bytes:
    ids = f"{party.tenant_id}/{party.consumer_id}/{party.connection_id}"
    return f"feed tokens {ids}/{party.provider}".encode()
