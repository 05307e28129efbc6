"""A log with one history of everything in it, followed by every read model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.histories import everything
from tests.support.postgres import TestServer
from tests.support.stored import Stored, stored


@pytest.fixture(scope="module")
def seen(server: TestServer, template: str) -> Iterator[Stored]:
    """Everything that ever happens, projected; tests of one module share it and only read."""
    from uuid import uuid4

    name = f"sfdify_test_{uuid4().hex}"
    server.execute("CREATE DATABASE {} TEMPLATE {}", name, template)
    with stored(server.database(name), everything()) as held:
        yield held
    server.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
