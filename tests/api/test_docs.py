from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import docs, middleware, problems
from api.problem_kinds import kinds
from infrastructure.telemetry import Metrics


@pytest.fixture(scope="module")
def http() -> TestClient:
    app = FastAPI(docs_url=None, redoc_url=None)
    app.include_router(docs.router)
    problems.install(app)
    middleware.install(app, Metrics())
    return TestClient(app)


def test_the_documentation_loads_nothing_from_elsewhere_and_runs_no_inline_script(http: TestClient) -> None:
    page = http.get("/docs")
    assert page.status_code == 200
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(links) == 4
    for link in links:
        assert link.startswith("/docs/assets/")
        assert http.get(link).status_code == 200
    assert not re.search(r"<script(?![^>]*src=)", page.text)
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "http" not in policy


def test_the_bundled_files_come_with_their_licence(http: TestClient) -> None:
    assert "Apache License" in http.get("/docs/assets/LICENSE").text
    assert "SmartBear" in http.get("/docs/assets/NOTICE").text
    assert "SwaggerUIBundle" in http.get("/docs/assets/swagger-ui-bundle.js").text


@pytest.mark.parametrize("name", ["other.js", "..%2F__init__.py", "start.js%00", "docs.py"])
def test_no_other_file_is_served(http: TestClient, name: str) -> None:
    assert http.get(f"/docs/assets/{name}").status_code == 404


def test_every_problem_has_a_page(http: TestClient) -> None:
    index = http.get("/docs/problems").text
    for code, kind in kinds().items():
        assert f'href="/docs/problems/{code}"' in index
        page = http.get(f"/docs/problems/{code}")
        assert page.status_code == 200
        assert str(kind.status) in page.text


def test_an_unknown_code_has_none_and_is_not_echoed(http: TestClient) -> None:
    response = http.get("/docs/problems/%3Cscript%3E")
    assert response.status_code == 404
    assert "script" not in response.text
