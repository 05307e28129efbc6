"""Nobody can tell another tenant's things, or another consumer's, from things that do not exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.etags import etag
from tests.support.api import Party, Served
from tests.support.cases_over_http import Case, Firm
from tests.support.routes import Ids, Route, absent, content, document, every_route

ROUTES = every_route()
NAMING = [route for route in ROUTES if route.names]
ROLES = ("owner", "operator", "viewer", "auditor", "machine", "consumer", "nobody")
LISTS = {
    path: operation["get"]
    for path, operation in document()["paths"].items()
    if "get" in operation and any(p["name"] == "cursor" for p in operation["get"].get("parameters", []))
}
ECHOED = frozenset({"date", "request-id", "ratelimit", "ratelimit-policy"})
UNOWNED = frozenset({"POST /v1/tenants", "POST /v1/auth/sign-in", "POST /v1/auth/refresh", "POST /v1/auth/sign-out"})
"""Routes that no signed-in caller's tenant is part of; each has tests of its own."""


def face(answer: httpx.Response) -> tuple[int, str, Mapping[str, str]]:
    """All a caller can see of an answer, but for what is new in every answer."""
    body = re.sub(r'"request_id":"[^"]+"', "", answer.text)
    return answer.status_code, body, {k: v for k, v in answer.headers.items() if k.lower() not in ECHOED}


def callers(firm: Firm) -> dict[str, Party]:
    """Whoever may call, of one tenant, and a stranger."""
    return firm.people | {"consumer": firm.cases[0].consumer, "nobody": firm.served.party()}


def foreign(firm: Firm, case: Case) -> Ids:
    """An id of each kind that belongs to `firm` and its `case`."""
    return {"kind": "service_terms", **firm.ids, **case.ids}


def ask(party: Party, route: Route, ids: Ids, **headers: str) -> httpx.Response:
    sent: dict[str, Any] = content(route, ids)
    more = {"Idempotency-Key": uuid4().hex, "If-Match": "*"} | sent.pop("headers", {}) | headers
    return party.http.request(route.method, route.at(ids), headers=more, **sent)


def assert_silent(answer: httpx.Response, words: tuple[str, ...]) -> None:
    said = answer.content + repr(answer.headers.multi_items()).encode()
    for word in words:
        for spelling in (word, word.replace("-", ""), word.upper()):
            assert spelling.encode() not in said


@pytest.fixture(scope="module")
def mine(firms: tuple[Firm, Firm]) -> Firm:
    return firms[0]


@pytest.fixture(scope="module")
def theirs(firms: tuple[Firm, Firm]) -> Iterator[Firm]:
    """The other tenant, in which nothing may have happened when all is over."""
    firm = firms[1]
    before = events_of(firm)
    yield firm
    assert events_of(firm) == before


def events_of(firm: Firm) -> list[Any]:
    items: list[Any] = []
    after: str | None = None
    while True:
        page = firm.owner.got("/v1/audit/events", **({"after": after} if after else {}))
        items += [event["hash"] for event in page["items"]]
        after = page["next_after"]
        if not page["has_more"]:
            return items


def test_every_route_is_walked(mine: Firm) -> None:
    ids = foreign(mine, mine.cases[0])

    for route in ROUTES:
        assert route.at(ids), route
        assert content(route, ids) is not None, route
    assert len(ROUTES) > 50
    assert {str(route) for route in ROUTES} >= UNOWNED


@pytest.mark.parametrize("route", [route for route in NAMING if route.method == "GET"], ids=str)
def test_the_things_that_are_asked_for_exist(theirs: Firm, route: Route) -> None:
    assert ask(theirs.owner, route, foreign(theirs, theirs.cases[0])).status_code == 200


@pytest.mark.parametrize("route", NAMING, ids=str)
@pytest.mark.parametrize("role", ROLES)
def test_another_tenants_thing_is_like_no_thing(mine: Firm, theirs: Firm, role: str, route: Route) -> None:
    party, ids = callers(mine)[role], foreign(theirs, theirs.cases[0])
    there = etag(1, 1) if route.method != "GET" else theirs.owner.read(route.at(ids)).headers.get("etag", "*")

    for headers in ({}, {"If-Match": there, "If-None-Match": there}):
        answer, nothing = ask(party, route, ids, **headers), ask(party, route, absent(ids), **headers)

        assert face(answer) == face(nothing)
        assert answer.status_code in (401, 403, 404) or answer.content in (b"[]", EMPTY_PAGE, EMPTY_LOG)
        assert_silent(answer, theirs.words + theirs.cases[0].words)


EMPTY_PAGE = b'{"items":[],"next_cursor":null,"has_more":false}'
EMPTY_LOG = b'{"items":[],"next_after":null,"has_more":false}'


@pytest.mark.parametrize("route", NAMING, ids=str)
def test_another_consumers_thing_is_like_no_thing(mine: Firm, route: Route) -> None:
    first, second = mine.cases
    ids = {"kind": "service_terms", **mine.ids, **second.ids, "user_id": second.ids["consumer_user_id"]}

    answer, nothing = ask(first.consumer, route, ids), ask(first.consumer, route, absent(ids))

    assert face(answer) == face(nothing)
    assert answer.status_code in (401, 403, 404) or answer.content in (b"[]", EMPTY_PAGE)
    assert_silent(answer, second.words)


@pytest.mark.parametrize("route", [r for r in ROUTES if not r.names and str(r) not in UNOWNED], ids=str)
@pytest.mark.parametrize("role", ROLES)
def test_routes_that_name_nothing_tell_nothing(mine: Firm, theirs: Firm, role: str, route: Route) -> None:
    ids = foreign(theirs, theirs.cases[0])
    party = callers(mine)[role]

    answer = ask(party, route, ids)

    assert_silent(answer, theirs.words + theirs.cases[0].words)
    if route.path == "/v1/disputes" or (route.path == "/v1/users" and route.method == "POST"):
        assert answer.status_code in (401, 403, 404) or route.method == "GET"
    if role == "consumer":
        assert_silent(answer, mine.cases[1].words)


def filters() -> Iterator[tuple[str, str]]:
    """Every query parameter of every list that takes an id."""
    for path, methods in document()["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            if parameter["in"] == "query" and parameter["schema"].get("format") == "uuid":
                yield path, parameter["name"]


NAMED_BY: dict[str, Callable[[Ids], list[str]]] = {
    "about_id": lambda ids: [ids["dispute_id"], ids["letter_id"], ids["report_id"]],
    "originator_id": lambda ids: [ids["dispute_id"], ids["consumer_id"], ids["user_id"]],
}


@pytest.mark.parametrize(("path", "name"), list(filters()))
@pytest.mark.parametrize("role", ROLES)
def test_filters_find_nothing_of_others(mine: Firm, theirs: Firm, role: str, path: str, name: str) -> None:
    party, ids = callers(mine)[role], foreign(theirs, theirs.cases[0])
    address = path.format(**foreign(mine, mine.cases[0]))

    for value in NAMED_BY.get(name, lambda ids: [ids[name]])(ids):
        answer = party.http.get(address, params={name: value})
        nothing = party.http.get(address, params={name: str(uuid4())})

        assert face(answer) == face(nothing)
        assert_silent(answer, theirs.words + theirs.cases[0].words)


@pytest.mark.parametrize(("path", "name"), list(filters()))
def test_filters_find_nothing_of_another_consumer(mine: Firm, path: str, name: str) -> None:
    first, second = mine.cases
    ids = foreign(mine, second)
    address = path.format(**foreign(mine, first))
    shared = {"tradeline_id"} & {name}

    for value in [] if shared else NAMED_BY.get(name, lambda ids: [ids[name]])(ids):
        answer = first.consumer.http.get(address, params={name: value})
        nothing = first.consumer.http.get(address, params={name: str(uuid4())})

        assert face(answer) == face(nothing)
    assert_silent(first.consumer.http.get(address), second.words)


@pytest.mark.parametrize("path", LISTS)
def test_another_tenants_cursor_opens_nothing(mine: Firm, theirs: Firm, path: str) -> None:
    there = theirs.owner.http.get(path.format(**foreign(theirs, theirs.cases[0])), params={"limit": 1}).json()
    cursor = there["next_cursor"] or theirs.owner.got("/v1/users", limit=1)["next_cursor"]
    address = path.format(**foreign(mine, mine.cases[0]))
    changed = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BA")

    for party in (mine.owner, mine.cases[0].consumer):
        answer = party.http.get(address, params={"cursor": cursor})
        nothing = party.http.get(address, params={"cursor": changed})

        assert face(answer) == face(nothing)
        assert answer.status_code in (400, 403, 404)
        assert_silent(answer, theirs.words)


@pytest.mark.parametrize("path", LISTS)
def test_a_consumer_cannot_use_the_staffs_cursor(mine: Firm, path: str) -> None:
    address = path.format(**foreign(mine, mine.cases[1]))
    cursor = mine.owner.http.get(address, params={"limit": 1}).json()["next_cursor"]
    if cursor is None:
        cursor = mine.owner.got("/v1/users", limit=1)["next_cursor"]

    answer = mine.cases[0].consumer.http.get(address, params={"cursor": cursor})

    assert answer.status_code in (400, 403, 404)


def test_another_tenants_idempotency_key_is_a_new_key(mine: Firm, theirs: Firm) -> None:
    key, route = uuid4().hex, Route("POST", "/v1/consumers")
    ids = foreign(mine, mine.cases[0])

    first = ask(mine.operator, route, ids, **{"Idempotency-Key": key})
    other = ask(mine.people["machine"], route, ids, **{"Idempotency-Key": key})

    assert first.status_code == other.status_code == 201
    assert first.json() != other.json()
    assert "Idempotency-Replayed" not in other.headers
    assert_silent(other, theirs.words)


def test_another_tenants_position_is_only_a_position(mine: Firm, theirs: Firm) -> None:
    position = theirs.cases[0].consumer.position
    assert position is not None
    headers = {"Min-Event-Position": position}
    plain = mine.owner.http.get("/v1/disputes")

    assert face(mine.owner.http.get("/v1/disputes", headers=headers)) == face(plain)
    after = mine.owner.http.get("/v1/audit/events", params={"after": position})
    assert_silent(after, theirs.words + theirs.cases[0].words)


@pytest.mark.parametrize("as_of", ["1", "999", "2026-03-05T00:00:00Z"])
@pytest.mark.parametrize("role", ROLES)
def test_a_dispute_as_it_was_is_as_hidden_as_it_is(mine: Firm, theirs: Firm, role: str, as_of: str) -> None:
    party, dispute_id = callers(mine)[role], theirs.cases[0].ids["dispute_id"]

    answer = party.http.get(f"/v1/disputes/{dispute_id}", params={"as_of": as_of})
    nothing = party.http.get(f"/v1/disputes/{uuid4()}", params={"as_of": as_of})

    assert face(answer) == face(nothing)
    assert answer.status_code == (401 if role == "nobody" else 404)


def test_a_sign_in_does_not_tell_which_tenants_and_people_there_are(served: Served, theirs: Firm) -> None:
    def attempt(tenant: str, email: str) -> tuple[int, str, Mapping[str, str]]:
        body = {"tenant": tenant, "email": email, "password": "quite-another-one"}
        return face(served.party().send("POST", "/v1/auth/sign-in", body))

    known, stranger = attempt(theirs.slug, "owner@zebrafirm.example"), attempt(theirs.slug, "who@zebrafirm.example")

    assert known == stranger == attempt("no-such-tenant", "owner@zebrafirm.example")
    assert known[0] == 401


def test_an_access_token_of_one_tenant_is_of_no_use_in_another(mine: Firm, theirs: Firm) -> None:
    me = theirs.owner.got("/v1/auth/me")

    assert me["tenant_id"] == theirs.tenant_id
    assert mine.owner.got("/v1/auth/me")["tenant_id"] == mine.tenant_id != theirs.tenant_id
