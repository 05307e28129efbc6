from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request
from fastapi.testclient import TestClient

from api.route_templates import allowed_methods, route_template


def build() -> TestClient:
    app = FastAPI()
    inner, outer = APIRouter(prefix="/items"), APIRouter(prefix="/disputes")

    @inner.get("/{item}")
    @inner.put("/{item}")
    @inner.get("/{item}/again")
    def template(item: str, request: Request) -> list[str | None]:
        return [route_template(request.scope), *allowed_methods(request.scope)]

    @app.get("/plain")
    def plain(request: Request) -> str | None:
        return route_template(request.scope)

    outer.include_router(inner, prefix="/{dispute}")
    app.include_router(outer, prefix="/v1")
    return TestClient(app)


def test_a_template_has_the_prefixes_of_all_its_routers() -> None:
    http = build()
    assert http.get("/v1/disputes/1/items/2").json() == ["/v1/disputes/{dispute}/items/{item}", "GET", "PUT"]
    assert http.get("/plain").json() == "/plain"


def test_one_function_under_two_addresses_is_told_apart() -> None:
    assert build().get("/v1/disputes/1/items/2/again").json()[0] == "/v1/disputes/{dispute}/items/{item}/again"


def test_no_route_has_no_template() -> None:
    assert route_template({"type": "http", "path": "/nowhere"}) is None
    app = FastAPI()
    assert allowed_methods({"app": app, "path": "/nowhere"}) == []
