"""The OAuth client asks once, believes the right provider, and tells no secret."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest

from application.feeding import Callback, FeedBusy, FeedRefused, LinkRefused
from infrastructure.feed_links import Begun, Taken
from infrastructure.feed_tokens import Tokens
from infrastructure.vendors.smartcredit.calls import Calls
from infrastructure.vendors.smartcredit.oauth import OAuth, basic, challenge_of
from tests.support.odd_provider import BACK, Answer, OddProvider, tokens

BEGUN = Begun("a-state", "a-nonce", "v" * 64, datetime(2026, 11, 27, tzinfo=UTC))
TAKEN = Taken("a-nonce", "v" * 64, BACK)
HELD = Tokens("access-0", "refresh-0", (), None)
SLOW = Answer(hang_s=0.8)
CUT = Answer(body=tokens(9), cut=True)


@pytest.fixture
def oauth(provider: OddProvider) -> OAuth:
    return OAuth(provider.endpoints(), Calls(0.5))


def refused(attempt: Callable[[], object]) -> str:
    with pytest.raises(LinkRefused) as refusal:
        attempt()
    assert "a-code" not in str(refusal.value)
    assert "refresh-0" not in str(refusal.value)
    return refusal.value.code


def test_the_address_asks_for_a_code_bound_to_our_verifier(provider: OddProvider, oauth: OAuth) -> None:
    url = oauth.address(BEGUN)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{provider.url}/authorize?response_type=code&")
    assert asked == {
        "response_type": "code",
        "client_id": "our name",
        "redirect_uri": BACK,
        "scope": "reports:read",
        "state": "a-state",
        "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(b"v" * 64).digest()).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    identified = OAuth(provider.endpoints(scope="openid x", authorize_url=f"{provider.url}/a?b=c"), Calls())
    assert "?b=c&response_type=code" in identified.address(BEGUN)
    assert "nonce=a-nonce" in identified.address(BEGUN)


def test_the_challenge_is_that_of_the_standard() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_we_sign_in_with_both_parts_form_encoded() -> None:
    plain = base64.b64decode(basic("our name", "s:cr+t &é").removeprefix("Basic ")).decode()
    assert plain == "our+name:s%3Acr%2Bt+%26%C3%A9"
    assert [unquote_plus(part) for part in plain.split(":")] == ["our name", "s:cr+t &é"]


@pytest.mark.parametrize(
    ("back", "sends_iss", "code"),
    [
        ({"code": "a-code", "iss": "https://other.example"}, False, "wrong_issuer"),
        ({"code": "a-code", "iss": ""}, False, "wrong_issuer"),
        ({"code": "a-code"}, True, "wrong_issuer"),
        ({"error": "access_denied"}, True, "wrong_issuer"),
        ({"error": "access_denied"}, False, "access_denied"),
        ({"error": "server_error"}, False, "code_refused"),
        ({"code": "a-code", "error": "access_denied"}, False, "access_denied"),
        ({"code": ""}, False, "code_refused"),
        ({"code": "c" * 4001}, False, "code_refused"),
        ({}, False, "code_refused"),
    ],
)
def test_only_the_provider_that_was_asked_brings_a_code(
    provider: OddProvider, back: dict[str, Any], sends_iss: bool, code: str
) -> None:
    oauth = OAuth(provider.endpoints(sends_iss=sends_iss), Calls())
    assert refused(lambda: oauth.code_of(Callback(state="a-state", **back))) == code
    assert oauth.code_of(Callback(state="a-state", code="a-code", iss=provider.url)) == "a-code"


def test_a_code_is_exchanged_with_its_verifier(provider: OddProvider, oauth: OAuth) -> None:
    found = oauth.exchange("a-code", TAKEN)
    assert found.tokens == Tokens("access-1", "refresh-1", ("reports:read",), timedelta(minutes=10))
    asked = provider.last("/token")
    assert asked.form == {
        "grant_type": "authorization_code",
        "code": "a-code",
        "redirect_uri": BACK,
        "code_verifier": "v" * 64,
    }
    assert asked.headers["authorization"] == basic("our name", "s:cr+t &é")
    assert asked.query == {}
    assert "access-1" not in repr(found)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (SLOW, "exchange_unknown"),
        (CUT, "exchange_unknown"),
        (Answer(503), "exchange_unknown"),
        (Answer(429), "exchange_unknown"),
        (Answer(body=b"<html>"), "exchange_unknown"),
        (Answer(body=tokens(1, token_type="mac")), "exchange_unknown"),
        (Answer(body=tokens(1, access_token="a b")), "exchange_unknown"),
        (Answer(body=tokens(1, expires_in=-1)), "exchange_unknown"),
        (Answer(400, {"error": "invalid_grant"}), "code_refused"),
    ],
)
def test_a_code_is_exchanged_once_whatever_comes_back(
    provider: OddProvider, oauth: OAuth, answer: Answer, code: str
) -> None:
    provider.says("/token", answer)
    assert refused(lambda: oauth.exchange("a-code", TAKEN)) == code
    assert provider.times("/token") == 1


def test_nobody_there_is_no_exchange_either(provider: OddProvider) -> None:
    oauth = OAuth(provider.endpoints(token_url="http://127.0.0.1:9/token"), Calls(0.5))
    assert refused(lambda: oauth.exchange("a-code", TAKEN)) == "exchange_unknown"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(401, {"error": "invalid_client"}), "client_refused"),
        (Answer(400, {"error": "invalid_client"}), "client_refused"),
        (Answer(401, b"hidden"), "client_refused"),
        (Answer(400, {"error": "invalid_request", "error_description": "hidden"}), "request_refused"),
        (Answer(302, headers={"Location": "https://other.example"}), "request_refused"),
    ],
)
def test_what_is_wrong_with_us_lasts(provider: OddProvider, oauth: OAuth, answer: Answer, code: str) -> None:
    for attempt in (
        lambda: oauth.exchange("a-code", TAKEN),
        lambda: oauth.renew("refresh-0"),
        lambda: oauth.revoke(HELD),
    ):
        provider.says("/token", answer)
        provider.says("/revoke", answer)
        with pytest.raises(FeedRefused) as refusal:
            attempt()
        assert refusal.value.code == code
        assert "hidden" not in str(refusal.value)
        provider.script.clear()


def test_what_the_provider_says_about_scopes_counts(provider: OddProvider, oauth: OAuth) -> None:
    provider.says(
        "/token", Answer(body=tokens(1, scope="a b")), Answer(body=tokens(2, scope="a")), Answer(body=tokens(3))
    )
    assert oauth.exchange("a-code", TAKEN).tokens.scopes == ("a", "b")
    assert oauth.renew("refresh-1").scopes == ("a",)
    assert oauth.renew("refresh-2").scopes == ()


@pytest.mark.parametrize("answer", [SLOW, CUT, Answer(503), Answer(429), Answer(body=b"{")])
def test_a_renewal_without_an_answer_is_a_passing_trouble(provider: OddProvider, oauth: OAuth, answer: Answer) -> None:
    provider.says("/token", answer)
    with pytest.raises(FeedBusy) as busy:
        oauth.renew("refresh-0")
    assert "refresh-0" not in str(busy.value)
    assert provider.times("/token") == 1


def test_a_refused_refresh_token_needs_the_consumer(provider: OddProvider, oauth: OAuth) -> None:
    provider.says("/token", Answer(400, {"error": "invalid_grant"}))
    assert refused(lambda: oauth.renew("refresh-0")) == "token_refused"
    assert provider.last("/token").form == {"grant_type": "refresh_token", "refresh_token": "refresh-0"}


def test_both_tokens_are_revoked(provider: OddProvider, oauth: OAuth) -> None:
    oauth.revoke(HELD)
    forms = [asked.form for asked in provider.asked]
    assert forms == [
        {"token": "refresh-0", "token_type_hint": "refresh_token"},
        {"token": "access-0", "token_type_hint": "access_token"},
    ]
    provider.says("/revoke", Answer(400, {"error": "unsupported_token_type"}))
    oauth.revoke(replace(HELD, refresh=None))
    assert provider.last("/revoke").form["token"] == "access-0"
    provider.says("/revoke", SLOW)
    with pytest.raises(FeedBusy):
        oauth.revoke(HELD)
