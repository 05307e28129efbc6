"""Tenants' secrets and raw webhook bodies at rest: sealed with a key of their own for each tenant and purpose."""

from __future__ import annotations

import os
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class CannotUnseal(Exception):
    """The stored bytes were sealed under another secret, tenant or purpose, or were changed."""


class Seal(Protocol):
    """Keeps bytes of a tenant unreadable in the database and in its backups."""

    def seal(self, tenant_id: UUID, purpose: str, plain: bytes) -> bytes:
        """Encrypt for this tenant and purpose."""

    def unseal(self, tenant_id: UUID, purpose: str, sealed: bytes) -> bytes:
        """The plain bytes, or `CannotUnseal`."""


class SecretSeal:
    """AES-256-GCM with a key for each tenant and purpose, derived from one secret of at least 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("the sealing secret needs at least 32 bytes")
        self._secret = secret

    def _cipher(self, tenant_id: UUID, purpose: str) -> AESGCM:
        info = b"sfdify seal v1 " + purpose.encode()
        return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=tenant_id.bytes, info=info).derive(self._secret))

    def seal(self, tenant_id: UUID, purpose: str, plain: bytes) -> bytes:
        """See `Seal`."""
        nonce = os.urandom(12)
        return nonce + self._cipher(tenant_id, purpose).encrypt(nonce, plain, None)

    def unseal(self, tenant_id: UUID, purpose: str, sealed: bytes) -> bytes:
        """See `Seal`."""
        try:
            return self._cipher(tenant_id, purpose).decrypt(sealed[:12], sealed[12:], None)
        except (InvalidTag, ValueError) as error:
            raise CannotUnseal("the sealed bytes cannot be opened with this secret") from error
