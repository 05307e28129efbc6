"""Which route of the API a request met: its full template, with the prefixes of the routers it was included in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.types import Scope

Known = dict[Callable[..., Any], list[tuple[str, re.Pattern[str]]]]


def route_template(scope: Scope) -> str | None:
    """`/v1/disputes/{dispute_id}` for a request that met that route; None when it met none."""
    endpoint, app = scope.get("endpoint"), scope.get("app")
    if endpoint is None or not isinstance(app, FastAPI):
        return None
    known: Known = getattr(app.state, "route_templates", None) or {}
    if endpoint not in known:
        known = _read(app)
        app.state.route_templates = known
    places = known.get(endpoint, [])
    return next((path for path, pattern in places if len(places) == 1 or pattern.match(scope["path"])), None)


def allowed_methods(scope: Scope) -> list[str]:
    """The methods that some route takes at this request's path."""
    found: set[str] = set()
    for route in iter_route_contexts(scope["app"].routes):
        pattern = getattr(route, "path_regex", None)
        if pattern is not None and pattern.match(scope["path"]):
            found |= set(route.methods or ())
    return sorted(found)


def _read(app: FastAPI) -> Known:
    known: Known = {}
    for route in iter_route_contexts(app.routes):
        pattern = getattr(route, "path_regex", None)
        if route.endpoint is not None and route.path is not None and pattern is not None:
            known.setdefault(route.endpoint, []).append((route.path, pattern))
    return known
