"""The log on each supported end of the version range, and short ways to write to it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from infrastructure.embedded import ensure_server, stop_server
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.recorder import HorizonRecorder, PoolDatastore
from infrastructure.postgres import Connection, migrate, pool
from infrastructure.vault import EmbeddedVault
from tests.support.log import Sql
from tests.support.postgres import TestDatabase, TestServer

PG15 = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture(scope="session")
def pg15_server() -> Iterator[TestServer]:
    """The oldest supported server, from the system's own programs."""
    if not (PG15 / "initdb").exists():
        pytest.skip(f"no PostgreSQL 15 programs in {PG15}")
    home = Path(tempfile.mkdtemp(prefix="sfdify pg15 "))
    home.chmod(0o755)
    with ensure_server(home, PG15) as claimed:
        yield TestServer(claimed.url, "pg15")
    stop_server(home)


@pytest.fixture(scope="module", params=["pg18", "pg15"])
def either(request: pytest.FixtureRequest) -> Iterator[TestDatabase]:
    """One migrated database a module, on the newest and the oldest supported server; tests bring their own tenants."""
    server: TestServer = request.getfixturevalue("server" if request.param == "pg18" else "pg15_server")
    name = f"sfdify_test_{uuid4().hex}"
    server.execute("CREATE DATABASE {}", name)
    made = server.database(name)
    app, projector = server.password("sfdify_app"), server.password("sfdify_projector")
    migrate(made.admin_url, app_password=app, projector_password=projector)
    yield made
    server.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@pytest.fixture
def app(database: TestDatabase) -> Iterator[ConnectionPool[Connection]]:
    opened = pool(database.app_url, "app", 12)
    yield opened
    opened.close()


@pytest.fixture
def projector(database: TestDatabase) -> Iterator[ConnectionPool[Connection]]:
    opened = pool(database.projector_url, "projector", 4)
    yield opened
    opened.close()


@pytest.fixture
def vault() -> EmbeddedVault:
    return EmbeddedVault({"v1": os.urandom(32)}, "v1")


@pytest.fixture
def keyring(app: ConnectionPool[Connection], vault: EmbeddedVault) -> Iterator[Keyring]:
    made = Keyring(app, vault)
    yield made
    made.close()


@pytest.fixture
def recorder(app: ConnectionPool[Connection]) -> HorizonRecorder:
    return HorizonRecorder(PoolDatastore(app))


@pytest.fixture
def connect(either: TestDatabase) -> Iterator[Callable[[str], Sql]]:
    """Open a session as `app`, `projector` or `admin`; all of one test share a tenant."""
    urls = {"app": either.app_url, "projector": either.projector_url, "admin": either.admin_url}
    opened: list[psycopg.Connection[Any]] = []
    tenant = uuid4()

    def open_session(who: str) -> Sql:
        conn = psycopg.connect(urls[who], autocommit=True)
        opened.append(conn)
        return Sql(conn, tenant)

    yield open_session
    for conn in opened:
        conn.close()
