"""Key-encryption keys: one for each tenant, under which the consumers' own keys are wrapped."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infrastructure.settings import Settings

KEY_BYTES = 32
NONCE_BYTES = 12


class VaultRefused(Exception):
    """A key could not be wrapped or unwrapped; the message says whether the key or the service is at fault."""


class Vault(Protocol):
    """Wraps data keys under a tenant's key. What one tenant wrapped, no other can unwrap."""

    def wrap(self, tenant_id: UUID, key: bytes) -> tuple[str, bytes]:
        """The id of the wrapping key and the wrapped key. Raises VaultRefused."""

    def unwrap(self, tenant_id: UUID, kek_id: str, wrapped: bytes) -> bytes:
        """The data key. Raises VaultRefused."""


class EmbeddedVault:
    """Tenant keys derived (HKDF-SHA256, RFC 5869) from master keys that the operator keeps in a file.

    `masters` maps a version's name to 32 random bytes; `current` names the one used for new keys. Old
    versions stay until every key they wrap has been wrapped again.
    """

    def __init__(self, masters: Mapping[str, bytes], current: str) -> None:
        if current not in masters:
            raise ValueError(f"there is no master key {current!r}")
        short = [name for name, master in masters.items() if len(master) != KEY_BYTES]
        if short:
            raise ValueError(f"master key {short[0]!r} must be {KEY_BYTES} bytes")
        self._masters = dict(masters)
        self._current = current
        self._cipher = lru_cache(maxsize=1024)(self._derive)

    def wrap(self, tenant_id: UUID, key: bytes) -> tuple[str, bytes]:
        """Wrap under the tenant's key of the current master."""
        nonce = os.urandom(NONCE_BYTES)
        aad = _aad(tenant_id, self._current)
        return self._current, nonce + self._cipher(tenant_id, self._current).encrypt(nonce, key, aad)

    def unwrap(self, tenant_id: UUID, kek_id: str, wrapped: bytes) -> bytes:
        """Unwrap with the tenant's key of the master that wrapped it."""
        if kek_id not in self._masters:
            raise VaultRefused(f"master key {kek_id!r} is not configured; add it to the key file")
        try:
            cipher = self._cipher(tenant_id, kek_id)
            return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _aad(tenant_id, kek_id))
        except (InvalidTag, ValueError):  # altered, or cut short
            raise VaultRefused(f"a key does not open under master key {kek_id!r}: wrong file or altered row") from None

    def _derive(self, tenant_id: UUID, kek_id: str) -> AESGCM:
        kdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=b"sfdify tenant key", info=tenant_id.bytes)
        return AESGCM(kdf.derive(self._masters[kek_id]))


def _aad(tenant_id: UUID, kek_id: str) -> bytes:
    return tenant_id.bytes + kek_id.encode()


def vault_of(settings: Settings) -> Vault:
    """The key service: KMS when a key is configured, else a master key in a file of the operator."""
    if settings.kms_key_id is not None:
        from infrastructure.vendors.kms import KmsVault  # loading boto3 takes longer than starting the rest

        return KmsVault.connect(settings.kms_key_id, region=settings.s3_region or "us-east-1")
    return EmbeddedVault({"file-1": settings.secret("master-key-1")}, "file-1")
