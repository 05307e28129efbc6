"""Lob's own OpenAPI file as validators, after the corrections that it needs to validate anything."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS30Validator, oas30_format_checker

SPEC = Path(__file__).parents[3] / "shared" / "design" / "lob-openapi.bundled.yml"
needs_spec = pytest.mark.skipif(
    not SPEC.exists(), reason="Lob's specification is not beside this tree: shared/design/lob-openapi.bundled.yml"
)
ENUM_DELTAS = 9


@cache
def original() -> dict[str, Any]:
    """The file as Lob publishes it."""
    loaded: dict[str, Any] = yaml.load(SPEC.read_text(), Loader=yaml.CSafeLoader)
    return loaded


@cache
def corrected() -> tuple[dict[str, Any], int]:
    """The corrected document and the number of enum corrections.

    1. `null` leaves an `enum` whose schema is nullable; an enum of nothing else admits no value but null.
    2. A file may be a PDF, because a multipart upload has no other place in the schema.
    3. A link to a proof may point to whoever serves the API.
    """
    document = deepcopy(original())
    count = _correct_enums(document)
    schemas = document["components"]["schemas"]
    schemas["ltr_file"] = {"anyOf": [schemas["ltr_file"], {"type": "string", "pattern": "^%PDF-"}]}
    schemas["signed_link"] = {"type": "string", "pattern": "^https?://[^ ]+expires=[0-9]{10}&signature=[a-zA-Z0-9-_]+$"}
    return document, count


def problems(schema: str, instance: Any) -> list[str]:
    """Where an object breaks a schema of the file; an empty list is a pass."""
    document, _ = corrected()
    validator = OAS30Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": document["components"]},
        format_checker=oas30_format_checker,
    )
    return [f"{error.json_path}: {error.validator}" for error in validator.iter_errors(_plain(instance))]


def problems_of_response(path: str, method: str, instance: Any) -> list[str]:
    """Where a body breaks what the file says about the 200 answer of an operation."""
    document, _ = corrected()
    answer = document["paths"][path][method]["responses"]["200"]
    content = _resolve(document, _resolve(document, answer)["content"])
    validator = OAS30Validator(
        {**_resolve(document, content)["application/json"]["schema"], "components": document["components"]},
        format_checker=oas30_format_checker,
    )
    return [f"{error.json_path}: {error.validator}" for error in validator.iter_errors(_plain(instance))]


def _resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _correct_enums(node: Any) -> int:
    count = 0
    if isinstance(node, dict):
        values = node.get("enum")
        if node.get("nullable") is True and isinstance(values, list) and None in values:
            kept = [value for value in values if value is not None]
            count += 1
            if kept:
                node["enum"] = kept
            else:
                del node["enum"]
                node["maxProperties"] = 0
        count += sum(_correct_enums(child) for child in node.values())
    elif isinstance(node, list):
        count += sum(_correct_enums(child) for child in node)
    return count


def _plain(instance: Any) -> Any:
    return json.loads(json.dumps(instance))
