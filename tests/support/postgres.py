"""A PostgreSQL server for a test run, and a fresh migrated database for each test that asks for one.

Each worker of pytest-xdist has a server of its own: a log's horizon belongs to a server, so what one test writes
holds back what another reads. The run's controlling process makes the servers' folders and stops them at the end.
With SFDIFY_TEST_DATABASE_URL (an administrator's login) no server is started and that one is used by all; with
SFDIFY_TEST_PG_BIN the servers are of that folder's release.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from infrastructure.embedded import EmbeddedServerError, ensure_server, stop_server
from tests.support.spares import Spares

_HOME = pytest.StashKey[Path]()
_HOMES_OF_WORKERS = pytest.StashKey[list[Path]]()
_GIVEN = "SFDIFY_TEST_DATABASE_URL"
_PROGRAMS = "SFDIFY_TEST_PG_BIN"
_PREFIX = "sfdify tests "
_FOR_TESTS = ("fsync = off", "full_page_writes = off", "autovacuum = off", "scram_iterations = 1")
"""Nothing here outlives a crash, a vacuum at work holds the log's horizon back for a moment, and thousands of sign-ins
would each spend what slows guessing down."""


@dataclass(frozen=True)
class TestDatabase:
    """A database of one test. Each address signs in as another role; `admin_url` is for making up situations."""

    __test__: ClassVar[bool] = False

    admin_url: str
    app_url: str
    projector_url: str
    name: str


@dataclass(frozen=True)
class TestServer:
    """The run's server. Roles belong to a server, so their passwords are the run's, not a database's."""

    __test__: ClassVar[bool] = False

    url: str
    run: str

    def password(self, role: str) -> str:
        return hashlib.sha256(f"{self.run} {role}".encode()).hexdigest()

    def database(self, name: str) -> TestDatabase:
        return TestDatabase(
            admin_url=self.admin_url_of(name),
            app_url=_address(self.url, name, "sfdify_app", self.password("sfdify_app")),
            projector_url=_address(self.url, name, "sfdify_projector", self.password("sfdify_projector")),
            name=name,
        )

    def admin_url_of(self, name: str) -> str:
        """The administrator's address of a database."""
        return _address(self.url, name)

    @property
    def template(self) -> str:
        return f"sfdify_template_{hashlib.sha256(self.run.encode()).hexdigest()[:12]}"

    def drop_template(self) -> None:
        """Needed only on a server that outlives the run."""
        with psycopg.connect(self.url, autocommit=True, connect_timeout=10) as connection:
            made = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.template]).fetchone()
        if made:
            self.execute("ALTER DATABASE {} IS_TEMPLATE false", self.template)
            self.execute("DROP DATABASE {} WITH (FORCE)", self.template)

    def execute(self, statement: str, *names: str) -> None:
        """Run one statement outside any transaction; every `{}` in it becomes a quoted name."""
        with psycopg.connect(self.url, autocommit=True, connect_timeout=10) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _address(url: str, database: str, user: str | None = None, password: str = "") -> str:
    parts = urlsplit(url)
    signed = f"{quote(user)}:{quote(password)}@{parts.netloc.rpartition('@')[2]}" if user else parts.netloc
    return urlunsplit(parts._replace(netloc=signed, path=f"/{database}"))


def pytest_configure(config: pytest.Config) -> None:
    given = getattr(config, "workerinput", {}).get("sfdify_home")
    if given:
        config.stash[_HOME] = Path(given)
        return
    _sweep()
    config.stash[_HOME] = _new_home()
    config.stash[_HOMES_OF_WORKERS] = []


def _new_home() -> Path:
    home = Path(tempfile.mkdtemp(prefix=_PREFIX))
    home.chmod(0o755)
    return home


def _sweep() -> None:
    """Stop and remove what runs killed over an hour ago left behind; a run that still lives keeps its server."""
    for home in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(EmbeddedServerError, FileNotFoundError):
            if home.stat().st_uid == os.geteuid() and home.stat().st_mtime < time.time() - 3600:
                _discard(home)


def _discard(home: Path) -> None:
    if stop_server(home):
        data = (home / "postgres" / "server").resolve()
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    stash = node.config.stash
    home = stash[_HOME] if os.environ.get(_GIVEN) else _new_home()
    stash[_HOMES_OF_WORKERS].append(home)
    node.workerinput["sfdify_home"] = str(home)


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or _HOME not in config.stash:
        return
    home = config.stash[_HOME]
    given = os.environ.get(_GIVEN)
    if given:
        TestServer(given, _run(home)).drop_template()
    for used in {home, *config.stash[_HOMES_OF_WORKERS]}:
        _discard(used)


def _run(home: Path) -> str:
    return home.name.removeprefix(_PREFIX)


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Iterator[TestServer]:
    """The server of this worker, or of the whole run when one was given."""
    home = pytestconfig.stash[_HOME]
    run = _run(home)
    given = os.environ.get(_GIVEN)
    if given:
        yield TestServer(given, run)
        return
    programs = os.environ.get(_PROGRAMS)
    with ensure_server(home, Path(programs) if programs else None) as claimed:
        own = TestServer(claimed.url, run)
        with psycopg.connect(own.url, autocommit=True, connect_timeout=10) as connection:
            for setting in _FOR_TESTS:
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
        own.execute(f"ALTER ROLE CURRENT_USER PASSWORD '{urlsplit(own.url).password}'")  # hashed anew, with less work
        yield own


@pytest.fixture(scope="session")
def template(server: TestServer) -> str:
    """The name of a database with every migration applied: made once per server, whichever worker comes first."""
    name = server.template
    with psycopg.connect(server.url, autocommit=True, connect_timeout=10) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('sfdify test template'))")
        made = connection.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", [name]).fetchone()
        if made != (True,):
            _make_template(server, name)
    return name


def _make_template(server: TestServer, name: str) -> None:
    from infrastructure.postgres import migrate

    server.execute("DROP DATABASE IF EXISTS {}", name)
    server.execute("CREATE DATABASE {}", name)
    migrate(
        server.database(name).admin_url,
        app_password=server.password("sfdify_app"),
        projector_password=server.password("sfdify_projector"),
    )
    server.execute("ALTER DATABASE {} IS_TEMPLATE true", name)


@pytest.fixture(scope="session")
def spares(server: TestServer, template: str) -> Iterator[Spares]:
    """The databases that tests have left."""
    kept = Spares(server, template)
    yield kept
    kept.close()


@pytest.fixture
def database(server: TestServer, spares: Spares) -> Iterator[TestDatabase]:
    """A migrated database with nothing in it."""
    name = spares.take()
    yield server.database(name)
    spares.give_back(name)
