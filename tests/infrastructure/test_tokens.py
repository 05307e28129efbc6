from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel import Role
from infrastructure.tokens import LIFETIME, AccessTokens, Unauthenticated, _key_id, _private_key

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = bytes(range(32))
TENANT, USER, SESSION = uuid4(), uuid4(), uuid4()


def tokens(secret: bytes = SECRET, **more: Any) -> AccessTokens:
    return AccessTokens(secret, issuer="sfdify", audience="sfdify-api", **more)


def issued(now: datetime = NOW) -> str:
    return tokens().issue(TENANT, USER, Role.OPERATOR, SESSION, now)


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = token.split(".")
    return tuple(json.loads(base64.urlsafe_b64decode(p + "==")) for p in (header, claims))  # type: ignore[return-value]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(header: dict[str, Any], claims: Any) -> str:
    """A token with any header and claims at all, correctly signed with the service's own key."""
    text = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{text}.{b64(_private_key(SECRET).sign(text.encode()))}"


def test_a_token_says_who_in_which_tenant_role_and_session() -> None:
    consumer = uuid4()
    claims = tokens().verify(tokens().issue(TENANT, USER, Role.CONSUMER, SESSION, NOW, consumer), NOW)
    assert (claims.tenant_id, claims.user_id, claims.role) == (TENANT, USER, Role.CONSUMER)
    assert (claims.session_id, claims.consumer_id) == (SESSION, consumer)
    assert claims.expires_at - claims.issued_at == LIFETIME
    assert parts(issued())[0] == {"alg": "EdDSA", "typ": "at+jwt", "kid": _key_id(_private_key(SECRET).public_key())}
    assert "cid" not in parts(issued())[1]


def test_a_token_ends_after_fifteen_minutes_and_does_not_begin_early() -> None:
    token = issued()
    assert tokens().verify(token, NOW + timedelta(minutes=14, seconds=59)).user_id == USER
    for at in (NOW + timedelta(minutes=15), NOW + timedelta(days=1), NOW - timedelta(minutes=1)):
        with pytest.raises(Unauthenticated):
            tokens().verify(token, at)


def test_a_retired_secret_is_still_read_but_no_longer_signed_with() -> None:
    old = issued()
    rotated = tokens(bytes(32), retired=[SECRET])
    assert rotated.verify(old, NOW).user_id == USER
    assert parts(rotated.issue(TENANT, USER, Role.OPERATOR, SESSION, NOW))[0]["kid"] != parts(old)[0]["kid"]
    with pytest.raises(Unauthenticated):
        tokens(bytes(32)).verify(old, NOW)


def test_the_secret_must_be_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        tokens(b"short")


HEADER, CLAIMS = parts(issued())
PUBLIC = _private_key(SECRET).public_key()
STRANGER = Ed25519PrivateKey.generate()
FORGED_HEADERS: list[dict[str, Any]] = [
    HEADER | {"alg": "none"},
    HEADER | {"alg": "None"},
    HEADER | {"alg": "HS256"},
    HEADER | {"alg": "ES256"},
    HEADER | {"alg": "Ed25519"},
    HEADER | {"alg": ["EdDSA"]},
    HEADER | {"typ": "JWT"},
    HEADER | {"typ": "at+JWT"},
    HEADER | {"typ": None},
    HEADER | {"kid": "../../etc/passwd"},
    HEADER | {"kid": "' OR 1=1 --"},
    HEADER | {"kid": ""},
    HEADER | {"kid": None},
    HEADER | {"kid": 7},
    HEADER | {"kid": ["a"]},
    HEADER | {"crit": ["exp"]},
    HEADER | {"crit": []},
    HEADER | {"b64": False, "crit": ["b64"]},
    HEADER | {"jku": "https://attacker.example/keys"},
    HEADER | {"x5u": "https://attacker.example/cert"},
    HEADER | {"x5c": ["MIIB"]},
    HEADER | {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": b64(STRANGER.public_key().public_bytes_raw())}},
    HEADER | {"cty": "JWT"},
    HEADER | {"zip": "DEF"},
    {"alg": "EdDSA", "typ": "at+jwt"},
    {"alg": "EdDSA", "kid": HEADER["kid"]},
    {},
]
FORGED_CLAIMS: list[Any] = [
    CLAIMS | {"aud": "other"},
    CLAIMS | {"aud": ["sfdify-api"]},
    CLAIMS | {"iss": "other"},
    CLAIMS | {"exp": CLAIMS["exp"] + 1},
    CLAIMS | {"exp": CLAIMS["iat"] + 10**9},
    CLAIMS | {"exp": 10**30},
    CLAIMS | {"exp": str(CLAIMS["exp"])},
    CLAIMS | {"exp": float(CLAIMS["exp"])},
    CLAIMS | {"exp": True},
    CLAIMS | {"exp": None},
    CLAIMS | {"iat": CLAIMS["iat"] + 3600, "exp": CLAIMS["exp"] + 3600},
    CLAIMS | {"nbf": 0},
    CLAIMS | {"admin": True},
    CLAIMS | {"role": "root"},
    CLAIMS | {"role": ["owner"]},
    CLAIMS | {"tid": "*"},
    CLAIMS | {"tid": None},
    CLAIMS | {"sub": 1},
    CLAIMS | {"cid": None},
    CLAIMS | {"cid": ""},
    {name: value for name, value in CLAIMS.items() if name != "exp"},
    {name: value for name, value in CLAIMS.items() if name != "aud"},
    {name: value for name, value in CLAIMS.items() if name != "tid"},
    {name: value for name, value in CLAIMS.items() if name != "sid"},
    {},
    [],
    "claims",
    None,
]


def test_the_corpus_signer_makes_tokens_that_pass_when_nothing_is_forged() -> None:
    assert tokens().verify(signed(HEADER, CLAIMS), NOW).user_id == USER


@pytest.mark.parametrize("header", FORGED_HEADERS, ids=range(len(FORGED_HEADERS)))
def test_forged_headers_are_refused_even_with_a_good_signature(header: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        tokens().verify(signed(header, CLAIMS), NOW)


@pytest.mark.parametrize("claims", FORGED_CLAIMS, ids=range(len(FORGED_CLAIMS)))
def test_forged_claims_are_refused_even_with_a_good_signature(claims: Any) -> None:
    with pytest.raises(Unauthenticated):
        tokens().verify(signed(HEADER, claims), NOW)


def hs256(key: bytes) -> str:
    """A token signed with HMAC under something public, as the algorithm-confusion attack does."""
    text = f"{b64(json.dumps(HEADER | {'alg': 'HS256'}).encode())}.{b64(json.dumps(CLAIMS).encode())}"
    return f"{text}.{b64(hmac.digest(key, text.encode(), 'sha256'))}"


def forged_signatures() -> list[str]:
    body = issued().rsplit(".", 1)[0]
    public = PUBLIC.public_bytes_raw()
    symmetric = hs256(public)
    jwk_as_secret = hs256(json.dumps({"kty": "OKP", "crv": "Ed25519", "x": b64(public)}).encode())
    stranger = jwt.encode(CLAIMS, STRANGER, algorithm="EdDSA", headers={"typ": "at+jwt", "kid": HEADER["kid"]})
    unsigned = f"{b64(json.dumps(HEADER | {'alg': 'none'}).encode())}.{b64(json.dumps(CLAIMS).encode())}."
    return [
        symmetric,
        jwk_as_secret,
        stranger,
        unsigned,
        body + ".",
        body,
        body + "." + b64(bytes(64)),
        "",
        ".",
        "..",
        "....",
        "a.b.c",
        "é.é.é",
        issued() + "\n",
        " " + issued(),
        issued() + ".x",
        "[" * 5000,
        "x" * 10_000_000,
    ]


@pytest.mark.parametrize("token", forged_signatures(), ids=range(18))
def test_forged_signatures_and_shapes_are_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens().verify(token, NOW)


@given(st.data())
def test_any_changed_character_breaks_a_token(data: st.DataObject) -> None:
    token = issued()
    at = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from("ABCabc019-_."))
    changed = token[:at] + letter + token[at + 1 :]
    if changed != token:
        with pytest.raises(Unauthenticated):
            tokens().verify(changed, NOW)


@given(st.text(max_size=200))
def test_nothing_made_up_is_a_token(text: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens().verify(text, NOW)
