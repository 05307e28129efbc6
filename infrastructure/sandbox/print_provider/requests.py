"""Reading a request as Lob does: who asks, how often, and the body in any of three encodings."""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.requests import Request

from infrastructure.sandbox.print_provider.problems import Refused

WINDOW_SECONDS: Final = 5
_BRACKETS: Final = re.compile(r"^(\w+)\[([^\[\]]+)\]$")
_API_KEY: Final = re.compile(r"^test_[A-Za-z0-9_-]{1,100}$")


@dataclass
class Limits:
    """Requests that a key may make to an endpoint in five seconds."""

    usual: int = 150
    verifications: int = 300
    _windows: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def take(self, api_key: str, endpoint: str) -> dict[str, str]:
        """Count a request. Returns the headers; raises `Refused` when there were too many."""
        ceiling = self.verifications if endpoint == "POST /v1/us_verifications" else self.usual
        now = time.time()
        window = self._windows.get((api_key, endpoint), [0.0, 0])
        if now - window[0] >= WINDOW_SECONDS:
            window = [now, 0]
        window[1] += 1
        self._windows[api_key, endpoint] = window
        headers = _headers(ceiling, max(ceiling - int(window[1]), 0), int(window[0]) + WINDOW_SECONDS)
        if window[1] > ceiling:
            raise TooMany(headers)
        return headers


class TooMany(Refused):
    """More requests than the window allows."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__("rate_limit_exceeded", "Rate limit exceeded. Please wait 5 seconds and try again.")
        self.headers = dict(headers)


def api_key_of(request: Request) -> str:
    """The key of the account, from HTTP Basic with an empty password."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(token, validate=True).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        user, password = "", ""
    if scheme.lower() != "basic" or not user or password:
        raise Refused("unauthorized", "a secret API key is needed as the user name")
    if "_pub" in user:
        raise Refused("publishable_key_not_allowed", "a secret key is needed")
    if not _API_KEY.match(user):
        raise Refused("invalid_api_key", "this provider knows test keys only")
    return user


def idempotency_key_of(request: Request) -> str | None:
    """The key of a repeatable request, from the header or the query but not both."""
    given = [request.headers.get("idempotency-key"), request.query_params.get("idempotency_key")]
    keys = [key for key in given if key is not None]
    if len(keys) > 1:
        raise Refused("invalid", "give one idempotency key")
    if keys and not 0 < len(keys[0]) <= 256:
        raise Refused("invalid", "an idempotency key has 1 to 256 characters")
    return keys[0] if keys else None


async def fields_of(request: Request) -> tuple[dict[str, Any], bytes | None]:
    """The fields of the body with brackets unfolded, and the uploaded file."""
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = json.loads(await request.body())
        except ValueError:
            raise Refused("bad_request", "the body is not JSON") from None
        if not isinstance(body, dict):
            raise Refused("bad_request", "the body must be an object")
        return body, None
    fields: dict[str, Any] = {}
    file: bytes | None = None
    async with request.form() as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                if name != "file":
                    raise Refused("invalid", "only file can be uploaded")
                file = await value.read()
            else:
                _put(fields, name, value)
    return fields, file


def list_of(text: str) -> list[str]:
    """A list in a query: a JSON array, so each element is double-quoted."""
    try:
        items = json.loads(text) if text.startswith("[") else json.loads(f"[{text}]")
    except ValueError:
        raise Refused("invalid", "elements of a list must be double-quoted") from None
    if not all(isinstance(item, str) for item in items):
        raise Refused("invalid", "elements of a list must be double-quoted")
    return list(items)


def _put(fields: dict[str, Any], name: str, value: str) -> None:
    nested = _BRACKETS.match(name)
    if nested is None:
        fields[name] = value
        return
    inside = fields.setdefault(nested[1], {})
    if not isinstance(inside, dict):
        raise Refused("invalid", f"{nested[1]} is given twice")
    inside[nested[2]] = value


def _headers(ceiling: int, remaining: int, reset: int) -> dict[str, str]:
    values = {"limit": str(ceiling), "remaining": str(remaining), "reset": str(reset)}
    spelled = {f"X-Rate-Limit-{name.capitalize()}": value for name, value in values.items()}
    return spelled | {f"ratelimit-{name}": value for name, value in values.items()}
