"""The issuer, its key and its ID tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest

from infrastructure.sandbox.credit_feed.grants import Consent, Family
from infrastructure.sandbox.credit_feed.identity import KEY_FILE, SCOPES, Identity

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def family(nonce: str | None) -> Family:
    return Family("fam", Consent("client", "sub_1", "http://back/", ("openid",), "", nonce), NOW)


def test_an_id_token_is_checked_by_the_published_key_and_runs_out(tmp_path: Path) -> None:
    identity = Identity("https://feed.example", tmp_path, lambda: NOW)
    token = identity.id_token(family("n"))
    key = jwt.PyJWKSet.from_dict(identity.keys).keys[0]
    assert jwt.get_unverified_header(token)["kid"] == key.key_id
    options = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(token, key, ["RS256"], audience="client", issuer="https://feed.example", options=options)
    assert claims == {
        "iss": "https://feed.example", "sub": "sub_1", "aud": "client", "nonce": "n",
        "iat": NOW.timestamp(), "exp": NOW.timestamp() + 300,
    }  # fmt: skip
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(token, key, ["RS256"], audience="client")
    unasked = jwt.decode(identity.id_token(family(None)), options={"verify_signature": False})
    assert "nonce" not in unasked


def test_the_key_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    first = Identity("https://feed.example", tmp_path)
    assert not (tmp_path / KEY_FILE).exists(), "the start does not wait for it"
    keys = first.keys
    assert Identity("https://feed.example", tmp_path).keys == keys
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
    assert set(keys["keys"][0]) == {"kty", "n", "e", "use", "alg", "kid"}, "nothing private is published"


def test_the_metadata_is_of_the_issuer(tmp_path: Path) -> None:
    metadata = Identity("https://feed.example", tmp_path).metadata
    assert metadata["scopes_supported"] == list(SCOPES)
    assert {value for name, value in metadata.items() if name.endswith("_endpoint")} == {
        f"https://feed.example/oauth/{name}" for name in ("authorize", "token", "revoke")
    }
