from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from openapi_spec_validator import validate
from pydantic import BaseModel

from api import document, problems
from api.etags import ExpectedVersion, etag
from api.idempotency import IdempotencyKey
from api.pages import Cursor, Limit, Page
from api.positions import MinEventPosition


class Thing(BaseModel):
    name: str


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    app = FastAPI()

    @app.post("/v1/things", responses=problems.problem_responses(400, 409))
    def make(thing: Thing, key: IdempotencyKey) -> Thing:
        return thing

    @app.patch("/v1/things/{thing}", responses=problems.problem_responses(412, 428))
    def change(thing: int, body: Thing, key: IdempotencyKey, version: ExpectedVersion) -> Thing:
        return body

    @app.get("/v1/things")
    def list_things(position: MinEventPosition, cursor: Cursor = None, limit: Limit = 25) -> Page[Thing]:
        return Page(items=[], has_more=False)

    problems.install(app)
    document.install(app)
    found: dict[str, Any] = TestClient(app).get("/openapi.json").json()
    return found


def parameters(openapi: dict[str, Any], path: str, method: str) -> dict[str, Any]:
    return {p["name"]: p for p in openapi["paths"][path][method]["parameters"]}


def test_the_document_is_valid_openapi(openapi: dict[str, Any]) -> None:
    validate(openapi)
    assert openapi["openapi"].startswith("3.1")


def test_every_refusal_is_documented_as_a_problem(openapi: dict[str, Any]) -> None:
    schemas = openapi["components"]["schemas"]
    assert {"Problem", "FieldError"} <= set(schemas)
    assert not {"HTTPValidationError", "ValidationError"} & set(schemas)
    responses = openapi["paths"]["/v1/things"]["post"]["responses"]
    assert set(responses) == {"200", "400", "409", "422"}
    for status in ("400", "409", "422"):
        schema = responses[status]["content"]["application/problem+json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Problem"}


def test_headers_that_must_be_sent_are_documented_as_required(openapi: dict[str, Any]) -> None:
    for method, path in (("post", "/v1/things"), ("patch", "/v1/things/{thing}")):
        key = parameters(openapi, path, method)["Idempotency-Key"]
        assert key["required"] is True
        assert key["schema"]["type"] == "string"
        assert "Required" in key["description"]
    version = parameters(openapi, "/v1/things/{thing}", "patch")["If-Match"]
    assert version["required"] is True
    assert re.search(version["schema"]["pattern"], etag(3, 99))
    assert re.search(version["schema"]["pattern"], "*")
    assert not re.search(version["schema"]["pattern"], '"v03.x"')


def test_what_only_this_api_can_issue_has_a_format_of_its_own(openapi: dict[str, Any]) -> None:
    found = parameters(openapi, "/v1/things", "get")
    assert found["cursor"]["schema"]["format"] == "cursor"
    assert found["Min-Event-Position"]["schema"]["format"] == "event-position"
    assert found["limit"]["schema"]["maximum"] == 100
    assert not found["cursor"]["required"]


def test_a_parameter_is_left_out_but_never_null(openapi: dict[str, Any]) -> None:
    for name in ("cursor", "Min-Event-Position"):
        schema = parameters(openapi, "/v1/things", "get")[name]["schema"]
        assert schema["type"] == "string"
        assert schema["format"] in ("cursor", "event-position")
        assert "anyOf" not in schema
