"""Secrets that are shown when they are made and again to whoever repeats that request, without being kept anywhere."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from domain.kernel import DomainError


class Purpose(StrEnum):
    """What a secret opens."""

    API_KEY = "api key"
    WEBHOOK_ENDPOINT = "webhook endpoint"


class NotShownAgain(DomainError):
    """The secret was made when this installation had another secret of its own. End what it opens and make another."""

    code: ClassVar[str] = "secret_not_shown_again"


class DerivedSecrets:
    """HMAC-SHA-256 of what a secret opens, under one secret of the installation of at least 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("the secret that others are derived from needs at least 32 bytes")
        self._secret = secret

    def of(self, tenant_id: UUID, purpose: Purpose, thing_id: UUID) -> str:
        """The secret of one thing: 43 characters that fit into a URL, always the same."""
        about = b"sfdify secret v1 " + purpose.encode() + b"\0" + tenant_id.bytes + thing_id.bytes
        return urlsafe_b64encode(hmac.digest(self._secret, about, hashlib.sha256)).rstrip(b"=").decode()
