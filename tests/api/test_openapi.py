"""The committed document is the API's."""

from __future__ import annotations

import json

from openapi_schema_validator import OAS31Validator

from api import openapi


def test_the_committed_document_is_current() -> None:
    assert openapi.PATH.read_text() == openapi.text(), "write it anew: python -m api.openapi"


def test_every_operation_says_what_can_happen() -> None:
    document = json.loads(openapi.text())

    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["operationId"], where
            assert operation["description"], where
            assert any(status.startswith("2") for status in operation["responses"]), where
            assert "500" in operation["responses"], where


def test_every_schema_is_one() -> None:
    for name, schema in json.loads(openapi.text())["components"]["schemas"].items():
        assert OAS31Validator.check_schema(schema) is None, name


def test_bodies_take_nothing_they_do_not_name() -> None:
    document = json.loads(openapi.text())
    bodies = {
        content["schema"]["$ref"].rpartition("/")[2]
        for methods in document["paths"].values()
        for operation in methods.values()
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
        if kind == "application/json" and "$ref" in content["schema"]
    }

    assert len(bodies) > 15
    for name in bodies:
        assert document["components"]["schemas"][name]["additionalProperties"] is False, name
