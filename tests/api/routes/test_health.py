"""Whether the process lives, whether it may be sent work, and its figures."""

from __future__ import annotations

from api.routes import health
from tests.support.api import Served


def test_the_process_says_that_it_lives_and_is_ready(served: Served) -> None:
    http = served.party().http

    assert http.get("/livez").json() == {"status": "alive"}
    ready = http.get("/readyz")
    assert ready.status_code == 200
    assert 0 <= ready.json()["projection_lag_seconds"] < health.LAG_MAX_S


def test_figures_are_read_as_they_are_scraped(served: Served) -> None:
    text = served.party().http.get("/metrics").text

    assert "# TYPE" in text
    assert "projection_lag" in text
    assert "tenant_id" not in text
