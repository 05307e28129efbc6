from __future__ import annotations

from typing import Annotated, Any, ClassVar
from uuid import UUID

import psycopg
import pytest
from fastapi import APIRouter, FastAPI, HTTPException, Query
from fastapi.testclient import TestClient
from openapi_schema_validator import validate
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api import docs, middleware, problems
from domain.kernel import DomainError, Forbidden, Invalid, NotFound
from infrastructure.telemetry import Metrics
from infrastructure.tokens import Unauthenticated


class Snoozed(DomainError):
    """The thing is asleep and cannot answer."""

    code: ClassVar[str] = "snoozed_for_a_test"
    status: ClassVar[int] = 503


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    ssn: str = Field(pattern=r"^\d{9}$", max_length=9)


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")
    people: list[Inner] = Field(min_length=1)
    at: UUID | None = None
    note: str = ""

    @field_validator("note")
    @classmethod
    def plain(cls, note: str) -> str:
        if "<" in note:
            raise ValueError(f"{note} is not plain text")
        return note


ERRORS: dict[str, Exception] = {
    "domain": Invalid("A letter names at least one item.", letter_id="l1", version=3),
    "absent": NotFound("There is no such dispute."),
    "never": Forbidden("Only an owner may do this."),
    "unauthenticated": Unauthenticated(),
    "asleep": Snoozed("Come back later.", retry_after_seconds=7),
    "bug": RuntimeError("SSN 123-45-6789 of Ann Example"),
    "database": psycopg.OperationalError("connection to 10.0.0.1 failed"),
    "pool": PoolTimeout("no connection"),
    "teapot": HTTPException(418, "secret detail"),
}


def build() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, redirect_slashes=False)
    routes = APIRouter(prefix="/v1")

    @routes.post("/bodies")
    def post(body: Body, size: Annotated[int, Query(ge=1)] = 1) -> dict[str, int]:
        return {"people": len(body.people) * size}

    @routes.get("/bodies")
    def read() -> dict[str, int]:
        return {}

    @routes.get("/errors/{name}")
    def fail(name: str) -> None:
        raise ERRORS[name]

    app.include_router(routes)
    app.include_router(docs.router)
    problems.install(app)
    middleware.install(app, Metrics())
    return app


@pytest.fixture(scope="module")
def http() -> TestClient:
    return TestClient(build())


SCHEMA = problems.Problem.model_json_schema()


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    validate(body, SCHEMA)
    assert (body["status"], body["code"], body["type"]) == (status, code, f"/docs/problems/{code}")
    assert body["request_id"] == response.headers["request-id"]
    return body


def said(response: Any) -> str:
    """The answer without the request's id, whose digits are drawn at random."""
    return str(response.text).replace(response.headers["request-id"], "")


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("domain", 422, "invalid"),
        ("absent", 404, "not_found"),
        ("never", 403, "forbidden"),
        ("unauthenticated", 401, "unauthenticated"),
        ("asleep", 503, "snoozed_for_a_test"),
        ("bug", 500, "internal_error"),
        ("database", 503, "database_unavailable"),
        ("pool", 503, "database_unavailable"),
        ("teapot", 418, "http_418"),
    ],
)
def test_every_failure_is_a_problem_and_gives_nothing_away(http: TestClient, name: str, status: int, code: str) -> None:
    response = http.get(f"/v1/errors/{name}")
    problem(response, status, code)
    for secret in ("6789", "Ann", "10.0.0.1", "secret"):
        assert secret not in said(response)


def test_a_refusal_names_what_it_speaks_of_and_what_to_do(http: TestClient) -> None:
    body = problem(http.get("/v1/errors/domain"), 422, "invalid")
    assert body["detail"] == "A letter names at least one item."
    assert body["context"] == {"letter_id": "l1", "version": 3}


def test_refusals_carry_the_headers_they_owe(http: TestClient) -> None:
    assert http.get("/v1/errors/asleep").headers["retry-after"] == "7"
    assert http.get("/v1/errors/database").headers["retry-after"] == "1"
    assert http.get("/v1/errors/unauthenticated").headers["www-authenticate"].startswith("Bearer ")


def test_unknown_addresses_and_methods_are_problems(http: TestClient) -> None:
    problem(http.get("/nowhere"), 404, "not_found")
    problem(http.get("/v1/bodies/"), 404, "not_found")
    response = http.put("/v1/bodies", json={})
    problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET, POST"


def test_validation_points_at_places_and_repeats_no_value(http: TestClient) -> None:
    people = [{"ssn": "123-45-6789"}, {"ssn": "12", "born 1980-02-03": 1}]
    sent = {"people": people, "at": "zzz-canary", "note": "<canary>"}
    response = http.post("/v1/bodies?size=canary", json=sent)
    body = problem(response, 422, "validation_failed")
    places = {(e["where"], e["pointer"], e["code"]) for e in body["errors"]}
    assert ("body", "/people/0/ssn", "string_too_long") in places or (
        "body",
        "/people/0/ssn",
        "string_pattern_mismatch",
    ) in places
    assert ("body", "/people/1/(name)", "extra_forbidden") in places
    assert ("query", "size", "int_parsing") in places
    assert {e["pointer"] for e in body["errors"]} >= {"/at", "/note"}
    for value in ("123-45", "canary", "1980", "zzz"):
        assert value not in said(response)


def test_a_missing_body_and_a_missing_field_say_so(http: TestClient) -> None:
    body = problem(http.post("/v1/bodies", json={}), 422, "validation_failed")
    assert body["errors"] == [{"where": "body", "pointer": "/people", "code": "missing", "message": "Field required"}]
    problem(http.post("/v1/bodies"), 422, "validation_failed")


def test_broken_json_is_told_apart(http: TestClient) -> None:
    response = http.post("/v1/bodies", content=b'{"people": canary', headers={"Content-Type": "application/json"})
    problem(response, 400, "malformed_json")
    assert "canary" not in response.text


def test_a_bug_after_the_answer_began_is_not_answered_twice() -> None:
    import asyncio

    sent: list[dict[str, Any]] = []

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("late")

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    with pytest.raises(RuntimeError):
        asyncio.run(problems.Unhandled(broken)({"type": "http", "state": {}}, receive, send))
    assert [m["type"] for m in sent] == ["http.response.start"]
