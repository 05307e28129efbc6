"""Who the provider is, and whom a token is about: its address, its signing key, ID tokens (OpenID Connect Core)."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from infrastructure.sandbox.credit_feed.grants import Family

SCOPES: Final = ("openid", "reports:read", "scores:read", "alerts:read")
KEY_FILE: Final = "signing-key.pem"
_LIVES: Final = timedelta(minutes=5)


class Identity:
    """The issuer and its key, which is made when it is first needed, and kept beside the ledger."""

    def __init__(self, issuer: str, home: Path, real_now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.issuer = issuer
        self._real_now = real_now
        self._path = home / KEY_FILE

    def id_token(self, family: Family) -> str:
        """Whom the tokens of a family are about, signed for the client."""
        now, consent = self._real_now(), family.consent
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": consent.subject,
            "aud": consent.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + _LIVES).timestamp()),
        }
        if consent.nonce is not None:
            claims["nonce"] = consent.nonce
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._kid})

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return _key_in(self._path)

    @cached_property
    def _kid(self) -> str:
        public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return sha256(public).hexdigest()[:16]

    @property
    def keys(self) -> dict[str, Any]:
        """The key that checks ID tokens, as a key set (RFC 7517)."""
        public: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        kept = {name: public[name] for name in ("kty", "n", "e")}
        return {"keys": [{**kept, "use": "sig", "alg": "RS256", "kid": self._kid}]}

    @property
    def metadata(self) -> dict[str, Any]:
        """What RFC 8414 and OpenID Connect Discovery publish."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/oauth/authorize",
            "token_endpoint": f"{self.issuer}/oauth/token",
            "revocation_endpoint": f"{self.issuer}/oauth/revoke",
            "jwks_uri": f"{self.issuer}/oauth/jwks",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "revocation_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["iss", "sub", "aud", "iat", "exp", "nonce"],
        }


def _key_in(path: Path) -> rsa.RSAPrivateKey:
    if not path.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        draft = path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        draft.rename(path)
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key
