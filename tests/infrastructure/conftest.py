"""What tests of the infrastructure share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg_pool import ConnectionPool

from infrastructure.postgres import Connection
from tests.support.pools import app_pool
from tests.support.postgres import TestDatabase


@pytest.fixture
def pool(database: TestDatabase) -> Iterator[ConnectionPool[Connection]]:
    """The application's sessions on the test's own database."""
    with app_pool(database, 8) as opened:
        yield opened
