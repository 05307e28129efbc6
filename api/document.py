"""The OpenAPI document, made to say what the framework does not: problems, and headers that must be sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI

from api.problems import Problem, problem_responses

_REF: Final = re.compile(r'"#/components/schemas/(\w+)"')
_MUST_BE_SENT: Final[Mapping[str, Mapping[str, Any]]] = {
    "idempotency-key": {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "format": "idempotency-key",
        "pattern": "^[!-~]{1,255}$",
    },
    "if-match": {
        "type": "string",
        "minLength": 1,
        "maxLength": 100,
        "format": "etag",
        "pattern": r'^(\*|"v(0|[1-9][0-9]{0,17})\.[a-z2-7]{16}")$',
    },
}
"""Headers whose absence has a problem of its own (400, 428), so that the routes themselves take them as optional."""


def install(app: FastAPI) -> None:
    """Replace the framework's own error schemas in `app`'s document by problems, and name what must be sent."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            _describe(document)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _describe(document: dict[str, Any]) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    for operation in _operations(document):
        if "HTTPValidationError" in json.dumps(operation["responses"].get("422", {})):
            operation["responses"]["422"] = problem_responses(422)[422]
        for parameter in operation.get("parameters", []):
            _describe_parameter(parameter)
    for body in _bodies(document, schemas):
        _describe_texts(body)
    for framework in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework, None)


def _describe_parameter(parameter: dict[str, Any]) -> None:
    must_be_sent = _MUST_BE_SENT.get(parameter["name"].lower())
    if parameter["in"] == "header" and must_be_sent is not None:
        parameter |= {"required": True, "schema": dict(must_be_sent)}
        return
    schema = parameter["schema"]
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:  # a parameter is sent or left out; it is never null
        rest = {name: value for name, value in schema.items() if name != "anyOf"}
        parameter["schema"] = choices[0] | rest


def _bodies(document: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas that JSON bodies are made of."""
    waiting: list[str] = []
    for operation in _operations(document):
        waiting += _REF.findall(json.dumps(operation.get("requestBody", {}).get("content", {}).get("application/json")))
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _REF.findall(json.dumps(schemas[name]))
            yield schemas[name]


def _describe_texts(schema: Any) -> None:
    """Say of every free text that it holds no NUL, which no text of this API may (see `api.bodies`)."""
    if isinstance(schema, list):
        for part in schema:
            _describe_texts(part)
    elif isinstance(schema, dict):
        if schema.get("type") == "string" and not schema.keys() & {"enum", "const", "format", "pattern"}:
            schema["pattern"] = r"^[^\x00]*$"
        for part in schema.values():
            _describe_texts(part)


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document.get("paths", {}).values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                yield operation
