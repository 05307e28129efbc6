"""The application's pools on a test's own database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg_pool import ConnectionPool

from infrastructure.postgres import Connection, pool
from tests.support.postgres import TestDatabase


@contextmanager
def app_pool(database: TestDatabase, size: int = 4) -> Iterator[ConnectionPool[Connection]]:
    """A pool that signs in as the application, closed at the end."""
    opened = pool(database.app_url, "app", size)
    try:
        yield opened
    finally:
        opened.close()
