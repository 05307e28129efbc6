"""Whether the process lives, whether it may be sent work, and its figures."""

from __future__ import annotations

from api.routes import health
from infrastructure.projecting import Lag
from projections import ALL
from tests.support.api import Served


def test_the_process_says_that_it_lives_and_is_ready(served: Served) -> None:
    http = served.party().http

    assert http.get("/livez").json() == {"status": "alive"}
    ready = http.get("/readyz")
    assert ready.status_code == 200
    assert 0 <= ready.json()["projection_lag_seconds"] < health.LAG_MAX_S


def test_query_tables_of_another_version_keep_nobody_from_working() -> None:
    level, behind = Lag("disputes", 9, 0, 0.0, 0), Lag("letters", 5, 3, 7.5, 0)
    another = Lag("of_a_later_version", 0, 100_000, 86_400.0, 0)

    assert health.worst_of([level, another]) == 0.0
    assert health.worst_of([another, behind, level]) == 7.5
    assert health.worst_of([another]) == 0.0


def test_figures_are_read_as_they_are_scraped(served: Served) -> None:
    text = served.party().http.get("/metrics").text

    assert "# TYPE" in text
    for projection in ALL:
        assert f'sfdify_projection_lag_seconds{{projection="{projection.name}"}} ' in text
    for figure in ("projection_lag", "jobs", "horizon_age"):
        assert f'sfdify_scrape_ok{{figure="{figure}"}} 1.0' in text
    assert "tenant_id" not in text
