"""Access tokens: short-lived, signed with Ed25519, naming the tenant and the session they belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar, Final
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.kernel import DomainError, Role

LIFETIME: Final = timedelta(minutes=15)
CLOCK_SKEW: Final = timedelta(seconds=30)
LARGEST: Final = 4096
_REMEMBERED: Final = 2_000
_TYPE: Final = "at+jwt"
_CLAIMS: Final = frozenset({"iss", "aud", "sub", "tid", "role", "sid", "jti", "iat", "exp"})
_CHECKED_HERE: Final = ("exp", "iat", "nbf", "aud", "iss", "sub", "jti")
_ONLY_THE_SIGNATURE: Final[Any] = {f"verify_{claim}": False for claim in _CHECKED_HERE}


class Unauthenticated(DomainError):
    """The credential is missing, wrong, expired or revoked. Sign in again; which of these it was is not told."""

    code: ClassVar[str] = "unauthenticated"
    status: ClassVar[int] = 401

    def __init__(self, message: str = "The credential is not valid; sign in again.") -> None:
        super().__init__(message)


@dataclass(frozen=True)
class AccessClaims:
    """What a valid access token says: who, in which tenant and role, in which session."""

    tenant_id: UUID
    user_id: UUID
    role: Role
    consumer_id: UUID | None
    session_id: UUID
    token_id: UUID
    issued_at: datetime
    expires_at: datetime


class AccessTokens:
    """Issues and checks access tokens (RFC 9068, EdDSA only).

    `secret` is 32 bytes from which the signing key is derived; `retired` are earlier secrets whose
    tokens are still accepted until they run out. The key ids known are fixed here: nothing in a
    token can bring a key along or choose an algorithm.
    """

    def __init__(self, secret: bytes, *, issuer: str, audience: str, retired: Sequence[bytes] = ()) -> None:
        self._issuer, self._audience = issuer, audience
        self._signing = _private_key(secret)
        self._kid = _key_id(self._signing.public_key())
        keys = [self._signing, *map(_private_key, retired)]
        self._keys: Mapping[str, Ed25519PublicKey] = {_key_id(k.public_key()): k.public_key() for k in keys}
        self._signed = lru_cache(_REMEMBERED)(self._claims_of)  # a token is used many times; its times are read anew

    def issue(
        self,
        tenant_id: UUID,
        user_id: UUID,
        role: Role,
        session_id: UUID,
        now: datetime,
        consumer_id: UUID | None = None,
    ) -> str:
        """A token for 15 minutes from `now` (real time, aware)."""
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(user_id),
            "tid": str(tenant_id),
            "role": role.value,
            "sid": str(session_id),
            "jti": str(uuid4()),
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
        }
        if consumer_id is not None:
            claims["cid"] = str(consumer_id)
        return jwt.encode(claims, self._signing, algorithm="EdDSA", headers={"typ": _TYPE, "kid": self._kid})

    def verify(self, token: str, now: datetime) -> AccessClaims:
        """The token's claims; `Unauthenticated` unless everything about it is as this service issues it."""
        if len(token) > LARGEST or not token.isascii():
            raise Unauthenticated
        try:
            return self._read(self._signed(token), now)
        except (jwt.PyJWTError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, OSError) as error:
            raise Unauthenticated from error

    def _claims_of(self, token: str) -> Mapping[str, Any]:
        """What one of our keys has signed. Raises what a malformed or foreign token makes of it."""
        header = jwt.get_unverified_header(token)
        if set(header) != {"alg", "typ", "kid"} or header["alg"] != "EdDSA" or header["typ"] != _TYPE:
            raise Unauthenticated
        key = self._keys[header["kid"]]
        claims: Mapping[str, Any] = jwt.decode(token, key, algorithms=["EdDSA"], options=_ONLY_THE_SIGNATURE)
        return claims

    def _read(self, claims: Mapping[str, Any], now: datetime) -> AccessClaims:
        if set(claims) - {"cid"} != _CLAIMS or claims["iss"] != self._issuer or claims["aud"] != self._audience:
            raise Unauthenticated
        if type(claims["iat"]) is not int or type(claims["exp"]) is not int:
            raise Unauthenticated
        issued, expires = datetime.fromtimestamp(claims["iat"], UTC), datetime.fromtimestamp(claims["exp"], UTC)
        if not issued - CLOCK_SKEW <= now < expires or expires - issued > LIFETIME:
            raise Unauthenticated
        return AccessClaims(
            tenant_id=UUID(claims["tid"]),
            user_id=UUID(claims["sub"]),
            role=Role(claims["role"]),
            consumer_id=UUID(claims["cid"]) if "cid" in claims else None,
            session_id=UUID(claims["sid"]),
            token_id=UUID(claims["jti"]),
            issued_at=issued,
            expires_at=expires,
        )


def _private_key(secret: bytes) -> Ed25519PrivateKey:
    if len(secret) != 32:
        raise ValueError("the access-token secret is exactly 32 bytes")
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sfdify access tokens v1").derive(secret)
    return Ed25519PrivateKey.from_private_bytes(seed)


def _key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]
