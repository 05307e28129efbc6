"""An ID token is believed when the provider made it, for us, for this sign-in, just now."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from application.feeding import FeedBusy, FeedRefused, LinkRefused
from infrastructure.vendors.smartcredit.calls import Calls
from infrastructure.vendors.smartcredit.identities import LARGEST, Identities
from tests.support.odd_provider import Answer, OddProvider

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
NONCE = "a-nonce"


@lru_cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_set(**keys: str) -> Answer:
    """Keys by their id; each value names the key itself."""
    found = []
    for kid, name in keys.items():
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key(name).public_key()))
        found.append({**{part: public[part] for part in ("kty", "n", "e")}, "kid": kid, "alg": "RS256", "use": "sig"})
    return Answer(body={"keys": found})


def claims(provider: OddProvider, **changes: Any) -> dict[str, Any]:
    usual = {
        "iss": provider.url,
        "aud": "our name",
        "sub": "sub_1",
        "nonce": NONCE,
        "iat": int(NOW.timestamp()),
        "exp": int((NOW + timedelta(minutes=5)).timestamp()),
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def signed(given: dict[str, Any], kid: str | None = "k1", key: str = "first") -> str:
    return jwt.encode(given, rsa_key(key), algorithm="RS256", headers={"kid": kid} if kid else {})


def identities(provider: OddProvider, keys: bool = True) -> Identities:
    endpoints = provider.endpoints(jwks_url=f"{provider.url}/jwks" if keys else None)
    return Identities(endpoints, Calls(0.5), lambda: NOW)


def refused(found: Identities, token: str, nonce: str = NONCE) -> str:
    with pytest.raises(LinkRefused) as refusal:
        found.subject(token, nonce)
    assert "sub_1" not in str(refusal.value)
    return refusal.value.code


def test_a_token_in_order_names_the_consumer(provider: OddProvider) -> None:
    provider.usual["/jwks"] = key_set(k1="first")
    found = identities(provider)
    found.prepare()
    found.prepare()
    assert found.subject(signed(claims(provider)), NONCE) == "sub_1"
    assert found.subject(signed(claims(provider, aud=["our name", "x"], azp="our name")), NONCE) == "sub_1"
    assert found.subject(signed(claims(provider), kid=None), NONCE) == "sub_1"
    assert provider.times("/jwks") == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "https://other.example"}, "wrong_issuer"),
        ({"iss": None}, "wrong_issuer"),
        ({"aud": "somebody"}, "code_refused"),
        ({"aud": None}, "code_refused"),
        ({"aud": ["our name", "x"]}, "code_refused"),
        ({"azp": "somebody"}, "code_refused"),
        ({"exp": int(NOW.timestamp()) - 31}, "code_refused"),
        ({"exp": None}, "code_refused"),
        ({"exp": "tomorrow"}, "code_refused"),
        ({"iat": int(NOW.timestamp()) + 31}, "code_refused"),
        ({"iat": None}, "code_refused"),
        ({"nonce": "another"}, "code_refused"),
        ({"nonce": None}, "code_refused"),
        ({"sub": None}, "code_refused"),
        ({"sub": ""}, "code_refused"),
        ({"sub": "s" * 201}, "code_refused"),
        ({"sub": "a\nb"}, "code_refused"),
    ],
)
@pytest.mark.parametrize("keys", [True, False])
def test_a_claim_out_of_order_is_refused_with_keys_and_without(
    provider: OddProvider, changes: dict[str, Any], code: str, keys: bool
) -> None:
    provider.usual["/jwks"] = key_set(k1="first")
    assert refused(identities(provider, keys), signed(claims(provider, **changes))) == code


def test_a_signature_of_somebody_else_is_refused(provider: OddProvider) -> None:
    provider.usual["/jwks"] = key_set(k1="first")
    found, good = identities(provider), signed(claims(provider))
    head, body, signature = good.split(".")
    elliptic = jwt.encode(claims(provider), ec.generate_private_key(ec.SECP256R1()), "ES256", headers={"kid": "k1"})
    public = json.loads(key_set(k1="first").raw)["keys"][0]["n"].encode()
    for forged in (
        signed(claims(provider), key="second"),
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}.",
        jwt.encode(claims(provider), None, algorithm="none", headers={"kid": "k1"}),
        jwt.encode(claims(provider), public, algorithm="HS256", headers={"kid": "k1"}),
        elliptic,
        signed(claims(provider), kid="unknown"),
        "",
        "no token",
        "a" * (LARGEST + 1),
    ):
        assert refused(found, forged) == "code_refused"
    assert found.subject(good, NONCE) == "sub_1"


def test_without_keys_the_token_address_itself_vouches(provider: OddProvider) -> None:
    found = identities(provider, keys=False)
    found.prepare()
    assert found.subject(signed(claims(provider), key="second"), NONCE) == "sub_1"
    assert provider.asked == []


def test_a_key_the_provider_changed_to_is_fetched(provider: OddProvider) -> None:
    provider.says("/jwks", key_set(k1="first"), key_set(k2="second"))
    found = identities(provider)
    found.prepare()
    assert found.subject(signed(claims(provider), "k2", "second"), NONCE) == "sub_1"
    assert provider.times("/jwks") == 2


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(503), FeedBusy),
        (Answer(body=b"{"), FeedBusy),
        (Answer(body=[]), FeedBusy),
        (Answer(hang_s=0.8), FeedBusy),
        (Answer(404), FeedRefused),
        (Answer(body={"keys": [{"kty": "oct", "k": "aGlkZGVu", "alg": "HS256"}]}), FeedRefused),
    ],
)
def test_no_code_is_used_up_while_there_are_no_keys(
    provider: OddProvider, answer: Answer, problem: type[Exception]
) -> None:
    provider.says("/jwks", answer)
    with pytest.raises(problem):
        identities(provider).prepare()
