"""A ledger in a fresh database, and the projector's session beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from infrastructure.projecting.positions import connect
from tests.support.ledger import Ledger, Repairs
from tests.support.postgres import TestDatabase


@pytest.fixture
def ledger(database: TestDatabase) -> Iterator[Ledger]:
    with Ledger(database.app_url) as made:
        yield made


@pytest.fixture
def projector(database: TestDatabase) -> Iterator[psycopg.Connection[Any]]:
    with connect(database.projector_url, "test") as conn:
        yield conn


@pytest.fixture
def admin(database: TestDatabase) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.admin_url, autocommit=True) as conn:
        yield conn


@pytest.fixture(autouse=True)
def unrepaired() -> Iterator[None]:
    Repairs.done = False
    yield
    Repairs.done = False
