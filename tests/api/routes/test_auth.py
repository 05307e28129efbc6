"""Signing in, renewing, and signing out."""

from __future__ import annotations

import pytest

from api.routes import auth
from infrastructure.tokens import LIFETIME
from tests.support.api import PASSWORD, Json, Served
from tests.support.cases_over_http import Firm, open_firm


@pytest.fixture(scope="module")
def firm(served: Served) -> Firm:
    return open_firm(served, "signing")


def sign_in(served: Served, firm: Firm, **changes: str) -> Json:
    body = auth.SignIn(tenant=firm.slug, email="viewer@signing.example", password=PASSWORD).model_dump() | changes
    answer = served.party().http.post("/v1/auth/sign-in", json=body)
    return {"status": answer.status_code, **answer.json()}


def test_a_right_password_gives_tokens(served: Served, firm: Firm) -> None:
    tokens = sign_in(served, firm)

    assert (tokens["status"], tokens["role"], tokens["token_type"]) == (200, "viewer", "Bearer")
    assert tokens["expires_in"] == LIFETIME.total_seconds() == 900
    me = served.party(tokens["access_token"]).got("/v1/auth/me")
    assert me == {
        "tenant_id": firm.tenant_id,
        "actor_id": firm.ids["viewer_id"],
        "role": "viewer",
        "consumer_id": None,
    }


@pytest.mark.parametrize(
    "changes",
    [{"password": "wrong"}, {"email": "nobody@signing.example"}, {"tenant": "no-such-tenant"}],
)
def test_whatever_is_wrong_the_answer_is_the_same(served: Served, firm: Firm, changes: dict[str, str]) -> None:
    refused = sign_in(served, firm, **changes)

    assert (refused["status"], refused["code"]) == (401, "unauthenticated")
    assert refused["detail"] == "The tenant, e-mail address or password is not right."


def test_the_address_is_the_same_in_capitals(served: Served, firm: Firm) -> None:
    assert sign_in(served, firm, email="VIEWER@signing.example")["status"] == 200


def test_a_refresh_token_works_once_and_its_reuse_ends_the_session(served: Served, firm: Firm) -> None:
    http = served.party().http
    first = sign_in(served, firm)
    second = http.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first["refresh_token"]

    reused = http.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    after = http.post("/v1/auth/refresh", json={"refresh_token": second.json()["refresh_token"]})

    assert (reused.status_code, after.status_code) == (401, 401)
    change = served.party(second.json()["access_token"]).send("POST", "/v1/consumers", {})
    assert change.status_code in (401, 422)


def test_signing_out_ends_the_session_for_changes_at_once(served: Served, firm: Firm) -> None:
    body = {"tenant": firm.slug, "email": "operator@signing.example", "password": PASSWORD}
    party = served.party()
    tokens = party.http.post("/v1/auth/sign-in", json=body).json()
    party.sign(tokens["access_token"])

    out = party.http.post("/v1/auth/sign-out", json={"refresh_token": tokens["refresh_token"]})
    change = party.send("POST", "/v1/jobs/0f0e0d0c-0b0a-4908-8706-050403020100/retry")
    renewed = party.http.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})

    assert (out.status_code, change.status_code, renewed.status_code) == (204, 401, 401)


def test_guessing_is_slowed_down(served: Served, firm: Firm) -> None:
    answers = [sign_in(served, firm, email="auditor@signing.example", password=f"guess-{n}") for n in range(11)]

    assert [answer["status"] for answer in answers] == [401] * 10 + [429]
    assert sign_in(served, firm)["status"] == 200
