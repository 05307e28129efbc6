"""Who may call, how often, and what a role may do."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from api.access import TenantLimits, check, own_case
from api.middleware import PATIENCE_S
from domain.kernel import Caller, Forbidden, Role
from domain.permissions import Permission, allowed
from infrastructure.ids import new_id
from infrastructure.limits import Decision, PostgresRateLimiter
from tests.support.api import Served, serving
from tests.support.cases_over_http import Firm, open_firm
from tests.support.postgres import TestServer
from tests.support.raw_http import answer_of

HUMAN = ("owner", "operator", "viewer", "auditor")


@pytest.fixture(scope="module")
def counted(server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The API with the rate limits it comes with."""
    defaults = {"rate_user_per_minute": 100, "rate_tenant_per_minute": 1000}
    with serving(server, template, tmp_path_factory.mktemp("counted"), working=False, **defaults) as running:
        yield running


def burst(party: httpx.Client, times: int) -> list[httpx.Response]:
    return [party.get("/v1/auth/me") for _ in range(times)]


def test_a_user_has_a_hundred_calls_a_minute(counted: Served) -> None:
    firm = open_firm(counted, "counted")
    answers = burst(firm.people["viewer"].http, 140)
    first, refused = answers[0], [answer for answer in answers if answer.status_code == 429]

    assert first.headers["RateLimit-Policy"] == '"user";q=100;w=60, "tenant";q=1000;w=60'
    assert first.headers["RateLimit"].startswith('"user";r=99;t=')
    assert 20 <= len(refused) <= 40
    assert int(refused[0].headers["Retry-After"]) >= 1
    assert refused[0].headers["Content-Type"] == "application/problem+json"
    assert refused[0].json()["code"] == "rate_limited"
    assert firm.people["auditor"].http.get("/v1/auth/me").status_code == 200


def test_a_tenant_may_choose_other_limits(counted: Served) -> None:
    firm = open_firm(counted, "choosing", policies={"requests_per_minute_user": 12, "requests_per_minute_tenant": 500})
    assert counted.party().http.get("/readyz").status_code == 200
    answers = burst(firm.people["viewer"].http, 30)

    assert answers[-1].status_code == 429
    assert '"user";q=12;w=60, "tenant";q=500;w=60' in answers[-1].headers["RateLimit-Policy"]


def test_requests_without_a_credential_are_told_how_to_send_one(served: Served) -> None:
    for sent in ("", "Basic YTpi", "Bearer x", "Bearer sk_x"):
        answer = served.party().http.get("/v1/consumers", headers={"Authorization": sent} if sent else {})

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["code"] == "unauthenticated"


def test_only_the_platform_opens_tenants(served: Served, firms: tuple[Firm, Firm]) -> None:
    body = {"slug": "intruder", "name": "x", "owner": {"email": "a@b.example", "name": "x", "password": "x" * 12}}

    for party in (firms[0].owner, firms[0].people["machine"], served.party("sp_wrong"), served.party()):
        assert party.send("POST", "/v1/tenants", body | {"owner": _owner()}).status_code == 401


def first_words(served: Served, path: str, media_type: str, credential: str = "") -> tuple[bytes, float]:
    """What is said to a client that sends the head of a request with a body, and then nothing; and after how long."""
    address, began = urlsplit(served.base_url), time.monotonic()
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Content-Length: 900000", f"Content-Type: {media_type}"]
    lines += ["Idempotency-Key: k", *([f"Authorization: Bearer {credential}"] if credential else [])]
    with socket.create_connection((address.hostname, address.port), timeout=15) as client:
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        return answer_of(client), time.monotonic() - began


_ANYBODY = UUID(int=7)
_UPLOADS = [
    ("/v1/consumers", "application/json"),
    (f"/v1/reports/{_ANYBODY}/matches", "application/json"),
    (f"/v1/consumers/{_ANYBODY}/documents", "multipart/form-data; boundary=x"),
    (f"/v1/consumers/{_ANYBODY}/reports", "application/json"),
    ("/v1/tenants", "application/json"),
]


@pytest.mark.parametrize(("path", "media_type"), _UPLOADS)
@pytest.mark.parametrize("credential", ["", "sk_wrong", "not.a.token"])
def test_a_body_is_not_waited_for_before_its_sender_is_known(
    served: Served, path: str, media_type: str, credential: str
) -> None:
    answer, seconds = first_words(served, path, media_type, credential)
    head, _, body = answer.partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in head.lower()
    assert json.loads(body)["code"] == "unauthenticated"
    assert seconds < PATIENCE_S / 4


@pytest.mark.parametrize(("path", "media_type"), _UPLOADS[:4])
def test_nor_before_a_session_is_known_to_have_ended(counted: Served, path: str, media_type: str) -> None:
    person = open_firm(counted, f"ended{_UPLOADS.index((path, media_type))}").owner
    token = person.http.headers["Authorization"].removeprefix("Bearer ")
    person.made("POST", "/v1/auth/sign-out", {"refresh_token": person.tokens["refresh_token"]})
    answer, seconds = first_words(counted, path, media_type, token)

    assert answer.startswith(b"HTTP/1.1 401 ")
    assert seconds < PATIENCE_S / 4


def test_a_request_with_a_body_is_counted_once(counted: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    person, counts = open_firm(counted, "once").people["operator"], []
    check_async = PostgresRateLimiter.check_async

    async def counting(self: PostgresRateLimiter, tenant_id: UUID, user_id: UUID, *more: Any) -> Decision:
        counts.append(user_id)
        return await check_async(self, tenant_id, user_id, *more)

    monkeypatch.setattr(PostgresRateLimiter, "check_async", counting)
    statuses = [person.send("POST", "/v1/consumers", {}).status_code]
    statuses += [person.send("POST", f"/v1/consumers/{_ANYBODY}/documents", files={"file": b"x"}).status_code]

    assert statuses == [422, 422]
    assert len(counts) == 2


def test_a_route_without_sign_in_reads_what_anybody_sends(served: Served) -> None:
    for path in ("/v1/auth/sign-in", "/v1/auth/refresh", "/v1/auth/sign-out"):
        assert served.party().send("POST", path, {}).status_code == 422


def _owner() -> dict[str, str]:
    return {"email": "a@b.example", "name": "x", "password": "nine-grey-herons"}


def test_reads_are_refused_by_role(firms: tuple[Firm, Firm]) -> None:
    expected = {
        "/v1/users": {"owner"},
        "/v1/api-keys": {"owner"},
        "/v1/audit/events": {"owner", "auditor"},
        "/v1/jobs": {"owner", "operator", "viewer", "auditor"},
        "/v1/consumers": set(HUMAN),
        "/v1/notifications": set(HUMAN),
    }

    for path, roles in expected.items():
        for role in HUMAN:
            assert firms[0].people[role].http.get(path).status_code == (200 if role in roles else 403), (path, role)


def test_the_check_and_the_own_case_follow_the_role() -> None:
    consumer_id = new_id()
    for role in Role:
        caller = Caller(tenant_id=new_id(), actor_id=new_id(), role=role, consumer_id=consumer_id)
        assert own_case(caller) == (consumer_id if role is Role.CONSUMER else None)
        for permission in Permission:
            if allowed(role, permission):
                check(caller, permission)
            else:
                with pytest.raises(Forbidden):
                    check(caller, permission)


def test_a_tenants_own_limits_win_only_where_they_differ() -> None:
    limits = TenantLimits(5_000, 20_000)

    assert (limits._chosen({}).user.quota, limits._chosen({}).tenant.quota) == (5_000, 20_000)
    assert limits._chosen({"requests_per_minute_user": 30}).user.quota == 30
    assert limits._chosen({"requests_per_minute_tenant": 3_000}).tenant.quota == 3_000
