"""What tests of the report provider's client share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg_pool import ConnectionPool

from infrastructure.postgres import Connection
from tests.support.odd_provider import Client, OddProvider, odd_provider
from tests.support.pools import app_pool
from tests.support.postgres import TestDatabase


@pytest.fixture
def provider() -> Iterator[OddProvider]:
    with odd_provider() as opened:
        yield opened


@pytest.fixture
def pool(database: TestDatabase) -> Iterator[ConnectionPool[Connection]]:
    with app_pool(database, 4) as opened:
        yield opened


@pytest.fixture
def client(pool: ConnectionPool[Connection], provider: OddProvider) -> Iterator[Client]:
    made = Client(pool, provider.endpoints())
    yield made
    made.calls.close()
