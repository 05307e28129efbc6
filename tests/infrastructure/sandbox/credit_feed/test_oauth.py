"""The authorization server over HTTP: who gets tokens, and every way not to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import pytest

from infrastructure.sandbox.credit_feed.oauth import ACCESS_SECONDS
from tests.support.credit_feed import (
    BACK,
    CLIENT,
    CLIENT_SECRET,
    PASSCODE,
    SCOPES,
    VERIFIER,
    Provider,
    credit_feed,
    sent_back,
    ticket_in,
)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    home: Path = tmp_path_factory.mktemp("feed")
    with credit_feed(home) as made:
        yield made


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["error"]


def test_a_person_allows_it_and_the_client_reads_who_they_are(provider: Provider) -> None:
    back = provider.browse()
    assert back.headers["location"].startswith(f"{BACK}?")
    told = sent_back(back)
    assert (told["state"], told["iss"], set(told)) == ("a-state", provider.url, {"code", "state", "iss"})

    answer = provider.exchange(told["code"])

    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", ACCESS_SECONDS, SCOPES)
    key = jwt.PyJWKSet.from_dict(provider.http.get("/oauth/jwks").json()).keys[0]
    claims = jwt.decode(tokens["id_token"], key, algorithms=["RS256"], audience=CLIENT, issuer=provider.url)
    assert (claims["sub"], claims["nonce"]) == (provider.person(), "a-nonce")


def test_metadata_names_doors_that_are_there(provider: Provider) -> None:
    names = ("oauth-authorization-server", "openid-configuration")
    first, second = (provider.http.get(f"/.well-known/{name}").json() for name in names)
    assert first == second
    assert first["issuer"] == provider.url
    assert first["code_challenge_methods_supported"] == ["S256"]
    assert provider.http.get(first["authorization_endpoint"]).status_code == 400
    assert provider.http.post(first["token_endpoint"]).status_code == 401
    assert provider.http.post(first["revocation_endpoint"]).status_code == 401
    assert provider.http.get(first["jwks_uri"]).json()["keys"][0]["kty"] == "RSA"


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": f"{BACK}/"},
        {"redirect_uri": f"{BACK}?y=1"},
        {"redirect_uri": BACK.upper()},
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_the_clients(
    provider: Provider, changes: dict[str, str | None]
) -> None:
    answer = provider.http.get("/oauth/authorize", params=provider.asked(**changes))
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "evil" not in answer.text


def test_of_two_return_addresses_neither_is_taken(provider: Provider) -> None:
    pairs = [*provider.asked().items(), ("redirect_uri", "https://evil.example/")]
    assert provider.http.get("/oauth/authorize", params=pairs).status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"state": "s" * 513}, "invalid_request"),
        ({"nonce": "n" * 513}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "reports:read everything"}, "invalid_scope"),
    ],
)
def test_other_faults_go_back_to_the_client(provider: Provider, changes: dict[str, str | None], error: str) -> None:
    told = sent_back(provider.http.get("/oauth/authorize", params=provider.asked(**changes)))
    assert (told["error"], told["iss"]) == (error, provider.url)
    assert "code" not in told
    if "state" not in changes:
        assert told["state"] == "a-state"


def test_a_parameter_given_twice_goes_back_as_a_fault(provider: Provider) -> None:
    pairs = [*provider.asked().items(), ("scope", "openid")]
    assert sent_back(provider.http.get("/oauth/authorize", params=pairs))["error"] == "invalid_request"


def test_a_query_in_the_return_address_stays(provider: Provider) -> None:
    told = sent_back(provider.browse(redirect_uri=f"{BACK}?x=1"))
    assert told["x"] == "1"
    assert provider.exchange(told["code"], redirect_uri=f"{BACK}?x=1").status_code == 200


def test_a_person_may_deny_it(provider: Provider) -> None:
    told = sent_back(provider.browse("deny"))
    assert (told["error"], told["state"], told["iss"]) == ("access_denied", "a-state", provider.url)


def test_a_wrong_passcode_is_asked_for_again_and_not_for_ever(provider: Provider) -> None:
    browser = httpx.Client(base_url=provider.url, trust_env=False)
    page = browser.get("/oauth/authorize", params=provider.asked())
    for _ in range(4):
        page = browser.post("/oauth/consent", data=form(page, passcode="wrong"))
        assert page.status_code == 401
        assert "wrong" in page.text
    assert sent_back(browser.post("/oauth/consent", data=form(page, login="nobody")))["error"] == "access_denied"


def form(page: httpx.Response, **changes: str) -> dict[str, str]:
    usual = {"ticket": ticket_in(page.text), "login": "ann", "passcode": PASSCODE, "decision": "allow"}
    return {**usual, **changes}


def test_a_form_works_once_and_only_in_its_own_browser(provider: Provider) -> None:
    mine = httpx.Client(base_url=provider.url, trust_env=False)
    page = mine.get("/oauth/authorize", params=provider.asked())

    stranger = httpx.Client(base_url=provider.url, trust_env=False)
    stranger.get("/oauth/authorize", params=provider.asked())
    assert stranger.post("/oauth/consent", data=form(page)).status_code == 403
    assert httpx.post(f"{provider.url}/oauth/consent", data=form(page), trust_env=False).status_code == 403
    assert mine.post("/oauth/consent", data=form(page)).status_code == 302
    assert mine.post("/oauth/consent", data=form(page)).status_code == 403


def test_a_decision_is_needed(provider: Provider) -> None:
    browser = httpx.Client(base_url=provider.url, trust_env=False)
    page = browser.get("/oauth/authorize", params=provider.asked())
    assert browser.post("/oauth/consent", data=form(page, decision="perhaps")).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [{"code_verifier": "w" * 43}, {"redirect_uri": f"{BACK}?x=1"}],
)
def test_a_code_shown_with_the_wrong_proof_is_used_up(provider: Provider, changes: dict[str, str]) -> None:
    code = provider.code()
    assert refusal(provider.exchange(code, **changes)) == (400, "invalid_grant")
    assert refusal(provider.exchange(code)) == (400, "invalid_grant")


@pytest.mark.parametrize("missing", ["code", "redirect_uri", "code_verifier"])
def test_what_an_exchange_needs(provider: Provider, missing: str) -> None:
    form = {"grant_type": "authorization_code", "code": "c", "redirect_uri": BACK, "code_verifier": VERIFIER}
    assert refusal(provider.token(**{**form, missing: ""})) == (400, "invalid_request")


def test_a_verifier_has_the_form_of_one(provider: Provider) -> None:
    assert refusal(provider.exchange(provider.code(), code_verifier="short")) == (400, "invalid_request")


def test_a_code_used_twice_ends_all_that_came_of_it(provider: Provider) -> None:
    code = provider.code()
    tokens = provider.exchange(code).json()
    assert refusal(provider.exchange(code)) == (400, "invalid_grant")
    answer = provider.http.get("/v1/scores", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert answer.status_code == 401
    assert refusal(provider.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_refresh_tokens_rotate_and_one_used_twice_ends_the_family(provider: Provider) -> None:
    linked = provider.link()
    first = linked.tokens["refresh_token"]
    second = provider.refresh(first).json()
    assert second["refresh_token"] != first
    third = provider.refresh(second["refresh_token"]).json()

    assert refusal(provider.refresh(first)) == (400, "invalid_grant")
    assert refusal(provider.refresh(third["refresh_token"])) == (400, "invalid_grant")
    answer = provider.http.get("/v1/scores", headers={"Authorization": f"Bearer {third['access_token']}"})
    assert answer.status_code == 401


def test_a_refresh_may_ask_for_less_and_not_for_more(provider: Provider) -> None:
    linked = provider.link(scope="reports:read scores:read")
    assert "id_token" not in linked.tokens
    less = provider.refresh(linked.tokens["refresh_token"], scope="scores:read").json()
    assert less["scope"] == "scores:read"
    more = provider.refresh(less["refresh_token"], scope="scores:read alerts:read")
    assert refusal(more) == (400, "invalid_scope")
    assert provider.refresh(less["refresh_token"]).json()["scope"] == "reports:read scores:read"


@pytest.mark.parametrize("secret", ["", "wrong", CLIENT_SECRET.upper()])
def test_a_client_must_sign_in(provider: Provider, secret: str) -> None:
    answer = provider.token(secret=secret, grant_type="refresh_token", refresh_token="x")
    assert refusal(answer) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic ")


def test_a_secret_in_the_form_is_no_sign_in(provider: Provider) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": CLIENT, "client_secret": CLIENT_SECRET}
    assert refusal(provider.http.post("/oauth/token", data=form)) == (401, "invalid_client")


def test_another_client_can_use_neither_code_nor_token(provider: Provider) -> None:
    provider.client("another")
    linked, code = provider.link(), provider.code()
    assert refusal(provider.exchange(code, client_id="another")) == (400, "invalid_grant")
    assert refusal(provider.refresh(linked.tokens["refresh_token"], client_id="another")) == (400, "invalid_grant")
    revoked = provider.http.post(
        "/oauth/revoke", data={"token": linked.tokens["refresh_token"]}, auth=("another", CLIENT_SECRET)
    )
    assert revoked.status_code == 200
    assert linked.get("/v1/scores").status_code == 200
    assert provider.exchange(code).status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password", "username": "ann", "password": PASSCODE}, "unsupported_grant_type"),
        ({"scope": "openid"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x" * 3000}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "x", "redirect_uri": BACK, "code_verifier": VERIFIER},
         "invalid_grant"),
    ],
)  # fmt: skip
def test_what_the_token_door_refuses(provider: Provider, form: dict[str, str], error: str) -> None:
    assert refusal(provider.token(**form)) == (400, error)


def test_a_field_given_twice_and_json_are_refused(provider: Provider) -> None:
    twice = "grant_type=refresh_token&refresh_token=a&refresh_token=b"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    auth = (CLIENT, CLIENT_SECRET)
    assert refusal(provider.http.post("/oauth/token", content=twice, headers=kind, auth=auth)) == (
        400,
        "invalid_request",
    )
    assert refusal(provider.http.post("/oauth/token", json={}, auth=auth)) == (400, "invalid_request")


def test_a_revoked_refresh_token_takes_its_family_along(provider: Provider) -> None:
    linked = provider.link()
    for token in (linked.tokens["refresh_token"], linked.tokens["refresh_token"], "unknown"):
        gone = provider.http.post("/oauth/revoke", data={"token": token}, auth=(CLIENT, CLIENT_SECRET))
        assert (gone.status_code, gone.content) == (200, b"")
    assert linked.get("/v1/scores").status_code == 401
    assert refusal(provider.refresh(linked.tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_revoked_access_token_leaves_the_refresh_token(provider: Provider) -> None:
    linked = provider.link()
    form = {"token": linked.tokens["access_token"], "token_type_hint": "access_token"}
    assert provider.http.post("/oauth/revoke", data=form, auth=(CLIENT, CLIENT_SECRET)).status_code == 200
    assert linked.get("/v1/scores").status_code == 401
    assert provider.refresh(linked.tokens["refresh_token"]).status_code == 200


def test_revocation_needs_the_client_and_a_token(provider: Provider) -> None:
    assert refusal(provider.http.post("/oauth/revoke", data={"token": "x"})) == (401, "invalid_client")
    answer = provider.http.post("/oauth/revoke", data={"t": "x"}, auth=(CLIENT, CLIENT_SECRET))
    assert refusal(answer) == (400, "invalid_request")
