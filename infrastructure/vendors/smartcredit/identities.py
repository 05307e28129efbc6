"""Whom a provider says the tokens are about: ID tokens and their checks (OpenID Connect Core 3.1.3.7)."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt
from jwt.types import Options

from application.feeding import FeedBusy, FeedRefused, LinkRefused
from infrastructure.vendors.smartcredit.calls import PAUSE, Calls
from infrastructure.vendors.smartcredit.endpoints import Endpoints

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
CLOCK_SKEW: Final = timedelta(seconds=30)
LARGEST: Final = 16_384
KEYS_LAST: Final = 600.0
"""Seconds after which a provider's keys are fetched anew."""


class Identities:
    """Checks ID tokens. Without a configured key set the signature is not checked.

    That is allowed for a token that comes from the token endpoint itself: TLS names the issuer there
    (OpenID Connect Core 3.1.3.7, 6), and nothing but TLS or this machine can be configured.
    """

    def __init__(
        self, endpoints: Endpoints, calls: Calls, real_now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._endpoints, self._calls, self._now = endpoints, calls, real_now
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Have the provider's keys at hand, before a code is used up that a missing key would waste. FeedBusy."""
        if self._endpoints.jwks_url is not None:
            with self._lock:
                if self._fetched_at is None or time.monotonic() - self._fetched_at > KEYS_LAST:
                    self._fetch(self._endpoints.jwks_url)

    def subject(self, id_token: str, nonce: str) -> str:
        """The provider's name for the consumer. Raises LinkRefused, FeedBusy when keys cannot be fetched."""
        claims = self._claims(id_token)
        if claims.get("iss") != self._endpoints.issuer:
            raise LinkRefused("wrong_issuer", "the answer is of another provider than was asked")
        audience, mine = claims.get("aud"), self._endpoints.client_id
        audiences = audience if isinstance(audience, list) else [audience]
        if mine not in audiences or (len(audiences) > 1 and claims.get("azp") != mine):
            raise _refused("it is meant for somebody else")
        if claims.get("azp", mine) != mine:
            raise _refused("it is meant for somebody else")
        now, skew = self._now().timestamp(), CLOCK_SKEW.total_seconds()
        if now >= _time(claims.get("exp")) + skew or _time(claims.get("iat")) > now + skew:
            raise _refused("it has run out, or is not valid yet")
        given = claims.get("nonce")
        if not isinstance(given, str) or not hmac.compare_digest(given.encode("utf-8", "replace"), nonce.encode()):
            raise _refused("it belongs to another sign-in")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 1 <= len(subject) <= 200 or not subject.isprintable():
            raise _refused("it names nobody")
        return subject

    def _claims(self, id_token: str) -> dict[str, Any]:
        if len(id_token) > LARGEST:
            raise _refused("it is too long")
        try:
            if self._endpoints.jwks_url is None:
                return _decoded(id_token, None)
            return _decoded(id_token, self._key(id_token, self._endpoints.jwks_url))
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise _refused("it cannot be read, or is not signed by the provider") from None

    def _key(self, id_token: str, url: str) -> jwt.PyJWK:
        kid = jwt.get_unverified_header(id_token).get("kid")
        with self._lock:
            key = self._named(kid)
            if key is None:
                self._fetch(url)
                key = self._named(kid)
        if key is None:
            raise jwt.InvalidKeyError
        return key

    def _named(self, kid: object) -> jwt.PyJWK | None:
        if isinstance(kid, str):
            return self._keys.get(kid)
        return next(iter(self._keys.values())) if len(self._keys) == 1 else None

    def _fetch(self, url: str) -> None:
        answer = self._calls.ask("GET", url, headers={"Accept": "application/json"})
        if answer.status_code != 200:
            raise self._calls.problem(answer)
        try:
            given = jwt.PyJWKSet.from_json(answer.text).keys
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
            raise FeedBusy(PAUSE, "unreadable_keys") from None
        self._keys = {
            key.key_id or "": key for key in given if key.public_key_use != "enc" and key.algorithm_name in ALGORITHMS
        }
        if not self._keys:
            raise FeedRefused("no_usable_keys", f"the provider publishes no key for {', '.join(ALGORITHMS)}")
        self._fetched_at = time.monotonic()


def _decoded(id_token: str, key: jwt.PyJWK | None) -> dict[str, Any]:
    unchecked: Options = {
        "verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False, "verify_iss": False,
        "verify_sub": False, "verify_jti": False,
    }  # fmt: skip
    claims: dict[str, Any]
    if key is None:
        claims = jwt.decode(id_token, options={**unchecked, "verify_signature": False})
    else:
        claims = jwt.decode(id_token, key, algorithms=[key.algorithm_name], options=unchecked)
    return claims


def _time(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1e11:
        raise _refused("it does not say when it is valid")
    return value


def _refused(why: str) -> LinkRefused:
    return LinkRefused("code_refused", f"the provider's ID token is not accepted: {why}")
