"""Every answer that is no success is a problem, wherever it comes from; large bodies pass where they may."""

from __future__ import annotations

import httpx
import pytest

from api.app import ROUTERS, create_app
from tests.support.api import Served
from tests.support.cases_over_http import Firm
from tests.support.routes import Route, absent, every_route

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
THINGS = "consumer connection user key report dispute letter mailing task notification job"
IDS = {f"{thing}_id": "0f0e0d0c-0b0a-4908-8706-050403020100" for thing in THINGS.split()} | {
    "finding_key": "0" * 20,
    "kind": "service_terms",
    "endpoint_id": f"whe_{'0' * 32}_{'0' * 32}",
}
OPEN_TO_ALL = ("/v1/auth/sign-in", "/v1/auth/refresh", "/v1/auth/sign-out")
UNKNOWN = ("/", "/v1", "/v1/nothing", "/v1/consumers/", "/v2/consumers", "/docs/x", "/%00", "/v1/x/y/z")


def assert_problem(answer: httpx.Response, status: int | None = None) -> None:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert status in (None, answer.status_code)
    assert body["request_id"] == answer.headers["Request-Id"]
    assert body["type"] == f"/docs/problems/{body['code']}"


def test_the_app_is_made_of_its_routers() -> None:
    app = create_app(lambda: pytest.fail("nothing is opened before it is served"))
    documented = set(app.openapi()["paths"])

    for module in ROUTERS:
        for route in module.router.routes:
            if getattr(route, "include_in_schema", False):
                assert route.path in documented  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", sorted({route.at(absent(IDS)) for route in every_route()}))
def test_methods_that_an_address_does_not_take_are_named(served: Served, path: str) -> None:
    http = served.party().http
    taken = {route.method for route in every_route() if _same(route, path)}

    for method in METHODS:
        answer = http.request(method, path)
        if method in taken:
            assert answer.status_code != 405
            continue
        assert answer.status_code == 405, (method, path)
        assert set(answer.headers["Allow"].split(", ")) - {"HEAD"} == taken
        if method != "HEAD":
            assert_problem(answer)


def _same(route: Route, path: str) -> bool:
    mine, asked = route.path.split("/"), path.split("/")
    return len(mine) == len(asked) and all(a == b or a.startswith("{") for a, b in zip(mine, asked, strict=True))


@pytest.mark.parametrize("path", UNKNOWN)
def test_unknown_addresses_are_problems(served: Served, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        assert_problem(served.party().http.request(method, path), 404)


def test_bodies_are_limited_by_their_address(served: Served, firms: tuple[Firm, Firm]) -> None:
    owner, consumer_id = firms[0].owner, firms[0].cases[0].ids["consumer_id"]
    padded = b"{" + b" " * 1_500_000 + b"}"
    json_ = {"Content-Type": "application/json"}
    reports = f"/v1/consumers/{consumer_id}/reports"

    assert_problem(owner.send("POST", "/v1/consumers", content=padded, headers=json_), 413)
    assert_problem(owner.send("POST", reports, content=b" " * 20_000_001, headers=json_), 413)
    assert owner.send("POST", reports, content=padded, headers=json_).status_code in (409, 422)


def test_bodies_of_other_types_are_refused(firms: tuple[Firm, Firm]) -> None:
    for media_type in ("text/plain", "application/xml", "multipart/form-data; boundary=x", ""):
        answer = firms[0].owner.send("POST", "/v1/consumers", content=b"{}", headers={"Content-Type": media_type})
        assert_problem(answer, 415)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b'{"provider": "lob", "provider": "lob"}', 400, "malformed_json"),
        (b'{"provider": "\xff"}', 400, "malformed_json"),
        (b'{"provider": NaN}', 400, "malformed_json"),
        (b'{"provider": "\\u0000"}', 422, "validation_failed"),
        (b'{"provider": "\\ud800"}', 422, "validation_failed"),
        (b'{"provider": "lob", "more": 1}', 422, "validation_failed"),
        (b"[]", 422, "validation_failed"),
        (b"null", 422, "validation_failed"),
        (b"", 422, "validation_failed"),
    ],
)
def test_bodies_are_read_strictly(firms: tuple[Firm, Firm], body: bytes, status: int, code: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = firms[0].owner.send("POST", "/v1/webhook-endpoints", content=body, headers=headers)

    assert_problem(answer, status)
    assert answer.json()["code"] == code


def test_large_numbers_and_nul_in_addresses_are_refused(firms: tuple[Firm, Firm]) -> None:
    owner, report_id = firms[0].owner, firms[0].cases[0].ids["report_id"]

    for path in (f"/v1/reports/{report_id}/findings?detector=%00", "/v1/jobs?limit=" + "9" * 400,
                 f"/v1/reports/{report_id}/findings/%00", "/v1/disputes?status=%00", "/v1/audit/events?after=%00",
                 "/v1/disputes/%00"):  # fmt: skip
        answer = owner.http.get(path)
        assert answer.status_code in (400, 404, 422), path
        assert_problem(answer)


@pytest.mark.parametrize("route", every_route(), ids=str)
def test_parameters_that_an_address_does_not_take_are_told_to_those_who_may_come_in(
    firms: tuple[Firm, Firm], route: Route
) -> None:
    path = route.at(absent(IDS)) + "?consumr_id=1&limit=1&limit=2"
    asked = firms[0].owner.http.request(route.method, path)
    stranger = firms[0].served.party().http.request(route.method, path)
    if route.path.startswith("/v1/webhooks/"):
        assert "unknown_parameter" not in asked.text
        return
    assert stranger.status_code == (422 if route.path in OPEN_TO_ALL else 401)
    if route.path == "/v1/tenants":  # the platform's own: a tenant's owner is a stranger there
        assert asked.status_code == 401
        return
    assert_problem(asked, 422)
    errors = {error["pointer"]: error["code"] for error in asked.json()["errors"]}
    assert errors["consumr_id"] == "unknown_parameter"
    assert errors["limit"] in ("unknown_parameter", "repeated_parameter")


@pytest.mark.parametrize("path", ["/livez", "/metrics"])
def test_whoever_looks_after_the_machine_may_add_parameters(served: Served, path: str) -> None:
    assert served.party().http.get(f"{path}?target=all").status_code == 200
