"""Consumers' keys: made before the first event about a person, and destroyed to forget them."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

from domain.consumers import ConsumerErased
from infrastructure.postgres import CONNECT_TIMEOUT_S, Connection, tenant_transaction
from infrastructure.vault import KEY_BYTES, NONCE_BYTES, Vault

CHANNEL: Final = "sfdify_keys"
MAX_TTL_S: Final = 60.0
CACHE_SIZE: Final = 20_000
_FORMAT: Final = b"\x01"
_INDEX: Final = UUID("6f6d3a8e-52c1-5d43-9c0e-1f6a7b2d9e04")

log = logging.getLogger(__name__)


class NoKey(Exception):
    """There is no key to seal with: it was never created, or it was destroyed."""


class KeyDestroyed(NoKey, ConsumerErased):
    """The person was erased while something was still being done in their name; for a caller it is that refusal."""


class Altered(Exception):
    """A sealed text does not open under its own key: it was changed, or belongs elsewhere."""


@dataclass(frozen=True, slots=True)
class _Held:
    key: bytes | None
    cipher: AESGCM | None
    until: float
    destroyed: bool = False


class Keyring:
    """The keys of every consumer, read from `es.subject_key` and unwrapped by the vault.

    A key is kept in memory for at most `ttl_s` (60 s or less). Destroying it is told to every process
    that listens; one that does not hear it still forgets the key when its time is up.
    """

    def __init__(
        self,
        pool: ConnectionPool[Connection],
        vault: Vault,
        *,
        ttl_s: float = MAX_TTL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not 0 < ttl_s <= MAX_TTL_S:
            raise ValueError(f"keys may be kept in memory for at most {MAX_TTL_S:.0f} seconds")
        self._pool = pool
        self._vault = vault
        self._ttl = ttl_s
        self._clock = clock
        self._held: OrderedDict[tuple[UUID, UUID], _Held] = OrderedDict()
        self._lock = threading.Lock()
        self._generation = 0
        self._closing = threading.Event()
        self._listener: threading.Thread | None = None

    def create(self, tenant_id: UUID, subject_id: UUID) -> None:
        """Commit a key for a person; nothing happens when there is one. Raises NoKey after an erasure."""
        self._insert(tenant_id, _index_of(tenant_id))
        self._insert(tenant_id, subject_id)
        if self.key(tenant_id, subject_id) is None:
            raise KeyDestroyed("this consumer has been erased; their key is not made again")

    def key(self, tenant_id: UUID, subject_id: UUID) -> bytes | None:
        """A person's key, or None when it was never made or has been destroyed."""
        return self._find(tenant_id, subject_id).key

    def destroy(self, tenant_id: UUID, subject_id: UUID) -> bool:
        """Make all that is sealed for a person unreadable for ever; False when there was nothing to destroy."""
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            gone = conn.execute(
                "UPDATE es.subject_key SET wrapped = NULL, destroyed_at = clock_timestamp() "
                "WHERE tenant_id = %s AND subject_id = %s AND destroyed_at IS NULL",
                (tenant_id, subject_id),
            ).rowcount
            conn.execute("SELECT pg_notify(%s, %s)", (CHANNEL, f"{tenant_id}/{subject_id}"))
        self._drop((tenant_id, subject_id))
        return gone == 1

    def seal(self, tenant_id: UUID, subject_id: UUID, plaintext: bytes, aad: bytes) -> bytes:
        """AES-256-GCM under the person's key, bound to `aad`: format byte, nonce, ciphertext. Raises NoKey.

        KeyDestroyed when there was one.
        """
        held = self._find(tenant_id, subject_id)
        if held.destroyed:
            raise KeyDestroyed("this consumer has been erased; nothing more can be done in their name")
        if held.cipher is None:
            raise NoKey("there is no key for this person; create it before the first event")
        nonce = os.urandom(NONCE_BYTES)
        return _FORMAT + nonce + held.cipher.encrypt(nonce, plaintext, aad)

    def open(self, tenant_id: UUID, subject_id: UUID, box: bytes, aad: bytes) -> bytes | None:
        """What was sealed, or None when the key is gone. Raises Altered."""
        cipher = self._find(tenant_id, subject_id).cipher
        if cipher is None:
            return None
        if box[:1] != _FORMAT:
            raise Altered("a sealed text has an unknown format")
        try:
            return cipher.decrypt(box[1 : 1 + NONCE_BYTES], box[1 + NONCE_BYTES :], aad)
        except InvalidTag:
            raise Altered("a sealed text was altered, or is bound to something else") from None

    def blind_index(self, tenant_id: UUID, text: str) -> bytes:
        """HMAC-SHA256 of a text under the tenant's own index key: equal texts look alike, inside one tenant only."""
        key = self._find(tenant_id, _index_of(tenant_id)).key
        if key is None:
            self._insert(tenant_id, _index_of(tenant_id))
            key = self._find(tenant_id, _index_of(tenant_id)).key
        if key is None:
            raise NoKey("the tenant's index key has been destroyed")
        return hmac.new(key, text.encode(), hashlib.sha256).digest()

    digest = blind_index

    def listen(self) -> None:
        """Start to hear of keys destroyed by other processes."""
        if self._listener is None:
            self._listener = threading.Thread(target=self._hear, name="sfdify-keys", daemon=True)
            self._listener.start()

    def close(self) -> None:
        """Stop listening and forget every key."""
        self._closing.set()
        if self._listener is not None:
            self._listener.join(timeout=5)
        self._drop(None)

    def _find(self, tenant_id: UUID, subject_id: UUID) -> _Held:
        name = (tenant_id, subject_id)
        held = self._held.get(name)
        if held is not None and held.until > self._clock():
            return held
        generation = self._generation
        held = self._fetch(tenant_id, subject_id, self._clock() + self._ttl)
        with self._lock:
            # A drop heard while we were reading means that what we read may be older than it.
            if held.key is not None and generation == self._generation:
                self._held[name] = held
                self._held.move_to_end(name)
                if len(self._held) > CACHE_SIZE:
                    self._held.popitem(last=False)
        return held

    def _fetch(self, tenant_id: UUID, subject_id: UUID, until: float) -> _Held:
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            row = conn.execute(
                "SELECT kek_id, wrapped FROM es.subject_key WHERE tenant_id = %s AND subject_id = %s",
                (tenant_id, subject_id),
            ).fetchone()
        if row is None or row[1] is None:
            return _Held(None, None, until, destroyed=row is not None)
        key = self._vault.unwrap(tenant_id, row[0], row[1])
        return _Held(key, AESGCM(key), until)

    def _insert(self, tenant_id: UUID, subject_id: UUID) -> None:
        if self.key(tenant_id, subject_id) is not None:
            return
        kek_id, wrapped = self._vault.wrap(tenant_id, os.urandom(KEY_BYTES))
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            conn.execute(
                "INSERT INTO es.subject_key (tenant_id, subject_id, kek_id, wrapped) VALUES (%s, %s, %s, %s) "
                "ON CONFLICT ON CONSTRAINT subject_key_once DO NOTHING",
                (tenant_id, subject_id, kek_id, wrapped),
            )

    def _drop(self, name: tuple[UUID, UUID] | None) -> None:
        with self._lock:
            self._generation += 1
            if name is None:
                self._held.clear()
            else:
                self._held.pop(name, None)

    def _hear(self) -> None:
        while not self._closing.is_set():
            try:
                self._hear_until_lost()
            except psycopg.Error as error:
                log.warning("no longer hearing of destroyed keys, trying again (%s)", type(error).__name__)
                self._closing.wait(1)

    def _hear_until_lost(self) -> None:
        url = make_conninfo(str(self._pool.conninfo), application_name="sfdify keys")
        with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S) as conn:
            conn.execute(f"LISTEN {CHANNEL}")
            self._drop(None)
            while not self._closing.is_set():
                for heard in conn.notifies(timeout=0.25):
                    self._drop(_named(heard.payload))


def _named(payload: str) -> tuple[UUID, UUID] | None:
    """Whose key was destroyed; None, which forgets every key, when the payload does not say."""
    tenant, _, subject = payload.partition("/")
    try:
        return UUID(tenant), UUID(subject)
    except ValueError:
        return None


def _index_of(tenant_id: UUID) -> UUID:
    """The row of a tenant's index key among the keys of its consumers."""
    return uuid5(_INDEX, str(tenant_id))
