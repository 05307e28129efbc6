"""The walk's last checks fail when there is nothing to check."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from api.demo.checks import audit_holds, projections_hold
from api.demo.client import WalkFailed
from infrastructure.runtime import prepare
from infrastructure.settings import Settings
from projections import ALL
from tests.support.postgres import TestDatabase, TestServer


@pytest.fixture
def settings(server: TestServer, tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path,
        database_app_password=SecretStr(server.password("sfdify_app")),
        database_projector_password=SecretStr(server.password("sfdify_projector")),
    )


def test_an_empty_log_proves_nothing(settings: Settings, database: TestDatabase) -> None:
    with pytest.raises(WalkFailed, match="0 of 0 events"):
        audit_holds(settings, database.admin_url)


def test_query_tables_of_an_empty_log_equal_their_replay(settings: Settings, database: TestDatabase) -> None:
    prepare(settings, database.admin_url)
    assert projections_hold(settings, database.admin_url) == f"0 rows of {len(ALL)} projections equal a replay"
