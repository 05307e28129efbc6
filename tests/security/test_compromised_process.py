"""What a process of the product, or an injected statement, could do with the login it has: nothing beyond its work."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from infrastructure.event_store.keyring import Keyring
from infrastructure.postgres import migrate, pool
from infrastructure.vault import EmbeddedVault, VaultRefused
from tests.support.postgres import TestDatabase, TestServer

Session = psycopg.Connection[Any]

REFUSED_TO_BOTH: tuple[LiteralString, ...] = (
    "SET ROLE sfdify_owner",
    "SET ROLE sfdify_writer",
    "SET ROLE sfdify_dispatch",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION sfdify_writer",
    "CREATE TEMP TABLE kept (word text)",
    "CREATE TABLE public.kept (word text)",
    "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA another",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/never'",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/hostname')",
    "SELECT count(*) FROM pg_authid",
    "ALTER TABLE es.event DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE es.event DISABLE TRIGGER ALL",
    "UPDATE es.event SET topic = 'another.v1'",
    "DELETE FROM es.event",
    "TRUNCATE es.event",
    "DELETE FROM es.subject_key",
    "DELETE FROM es.command_seen",
    "UPDATE es.tenant_clock SET now_at = now()",
    "INSERT INTO es.tenant_directory VALUES (gen_random_uuid(), 'another', 'live')",
    "CREATE POLICY everybody ON es.event USING (true)",
    "GRANT sfdify_writer TO sfdify_app",
    "ALTER ROLE sfdify_app BYPASSRLS",
)
REFUSED_TO_THE_APP: tuple[LiteralString, ...] = (
    "SET ROLE sfdify_projector",
    "CREATE TABLE rm.kept (word text)",
    "CREATE TABLE es.kept (word text)",
    "UPDATE es.job SET state = 'done'",
    "UPDATE es.position SET notification_id = 0",
    "DELETE FROM es.parked",
    "UPDATE es.projection SET version = 0",
)
REFUSED_TO_THE_PROJECTOR: tuple[LiteralString, ...] = (
    "SET ROLE sfdify_app",
    "SELECT count(*) FROM es.job",
    "SELECT count(*) FROM es.inbox",
    "SELECT count(*) FROM auth.password",
    "SELECT count(*) FROM auth.feed_token",
    "UPDATE es.subject_key SET kek_id = 'another'",
    "SELECT es.claim('mail_send', 1, '1 second')",
    "SELECT es.advance_clock(gen_random_uuid(), now())",
)
A_TENANTS = (
    "es.event", "es.command_seen", "es.job", "es.subject_key", "es.inbox", "auth.password", "auth.api_key",
    "auth.feed_link", "auth.feed_token",
)  # fmt: skip


@pytest.fixture(scope="module")
def database(server: TestServer) -> Iterator[TestDatabase]:
    """Migrated itself and not copied: a copy lacks the rights on the database. Tests bring tenants of their own."""
    name = f"sfdify_test_{uuid4().hex}"
    server.execute("CREATE DATABASE {}", name)
    made = server.database(name)
    app, projector = server.password("sfdify_app"), server.password("sfdify_projector")
    migrate(made.admin_url, app_password=app, projector_password=projector)
    yield made
    server.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@pytest.fixture
def sessions(database: TestDatabase) -> Iterator[dict[str, Session]]:
    """One session of each login, as a program that got hold of its password would open it."""
    with (
        psycopg.connect(database.app_url, autocommit=True) as app,
        psycopg.connect(database.projector_url, autocommit=True) as projector,
    ):
        yield {"app": app, "projector": projector}


@pytest.fixture
def open_keyring(database: TestDatabase) -> Iterator[Callable[[], Keyring]]:
    """Keyrings that share one vault, each with connections of its own as in a process of its own."""
    vault = EmbeddedVault({"v1": bytes(32)}, "v1")
    pools = []
    rings = []

    def opened() -> Keyring:
        pools.append(pool(database.app_url, "app", 2))
        rings.append(Keyring(pools[-1], vault))
        return rings[-1]

    yield opened
    for ring in rings:
        ring.close()
    for held in pools:
        held.close()


def as_tenant(session: Session, tenant_id: UUID) -> None:
    session.execute("SELECT set_config('app.tenant_id', %s, false)", (str(tenant_id),))


@pytest.mark.parametrize("statement", REFUSED_TO_BOTH)
@pytest.mark.parametrize("login", ["app", "projector"])
def test_no_login_gets_beyond_its_work(sessions: dict[str, Session], login: str, statement: LiteralString) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        sessions[login].execute(statement)


@pytest.mark.parametrize("statement", REFUSED_TO_THE_APP)
def test_the_app_does_not_do_the_projectors_work(sessions: dict[str, Session], statement: LiteralString) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        sessions["app"].execute(statement)


@pytest.mark.parametrize("statement", REFUSED_TO_THE_PROJECTOR)
def test_the_projector_does_not_do_the_apps_work(sessions: dict[str, Session], statement: LiteralString) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        sessions["projector"].execute(statement)


def test_without_a_tenant_and_as_another_the_app_sees_nothing(
    sessions: dict[str, Session], open_keyring: Callable[[], Keyring]
) -> None:
    app, mine = sessions["app"], uuid4()
    open_keyring().create(mine, uuid4())
    for tenant in (None, uuid4()):
        if tenant is not None:
            as_tenant(app, tenant)
        for table in A_TENANTS:
            assert app.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,), table
    as_tenant(app, mine)
    assert app.execute("SELECT count(*) > 0 FROM es.subject_key").fetchone() == (True,)


def test_nothing_is_written_under_another_tenants_name(sessions: dict[str, Session]) -> None:
    app = sessions["app"]
    as_tenant(app, uuid4())
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(
            "INSERT INTO auth.password (tenant_id, user_id, hash, changed_at) VALUES (%s, %s, 'x', now())",
            (uuid4(), uuid4()),
        )
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(
            "INSERT INTO es.subject_key (tenant_id, subject_id, kek_id, wrapped) VALUES (%s, %s, 'v1', 'x')",
            (uuid4(), uuid4()),
        )


def test_a_destroyed_key_is_not_brought_back(sessions: dict[str, Session], open_keyring: Callable[[], Keyring]) -> None:
    app, tenant, person, other = sessions["app"], uuid4(), uuid4(), uuid4()
    ring = open_keyring()
    ring.create(tenant, person)
    ring.create(tenant, other)
    assert ring.destroy(tenant, person)
    as_tenant(app, tenant)
    back = "UPDATE es.subject_key SET wrapped = 'x', destroyed_at = NULL WHERE subject_id = %s"
    assert app.execute(back, (person,)).rowcount == 0
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute("DELETE FROM es.subject_key WHERE subject_id = %s", (person,))


def test_another_tenants_wrapped_key_does_not_open(
    sessions: dict[str, Session], open_keyring: Callable[[], Keyring]
) -> None:
    """A key copied from one tenant's rows into another's is refused by the vault, not used."""
    app, mine, theirs, person, victim = sessions["app"], uuid4(), uuid4(), uuid4(), uuid4()
    ring = open_keyring()
    ring.create(theirs, victim)
    ring.create(mine, person)
    as_tenant(app, theirs)
    row = app.execute("SELECT kek_id, wrapped FROM es.subject_key WHERE subject_id = %s", (victim,)).fetchone()
    assert row is not None
    as_tenant(app, mine)
    app.execute("UPDATE es.subject_key SET kek_id = %s, wrapped = %s WHERE subject_id = %s", (*row, person))
    with pytest.raises(VaultRefused):
        open_keyring().key(mine, person)


HOLDER = """
import sys, time
from uuid import UUID
from infrastructure.event_store.keyring import Keyring
from infrastructure.postgres import pool
from infrastructure.vault import EmbeddedVault
tenant, person = map(UUID, sys.argv[2:])
held = pool(sys.argv[1], "app", 2)
ring = Keyring(held, EmbeddedVault({"v1": bytes(32)}, "v1"))
ring.listen()
time.sleep(0.5)
box = ring.seal(tenant, person, b"a person's words", b"")
print("held", flush=True)
began = time.monotonic()
while ring.open(tenant, person, box, b"") is not None and time.monotonic() - began < 40:
    time.sleep(0.01)
print("forgotten" if ring.open(tenant, person, box, b"") is None else "still readable", flush=True)
ring.close()
held.close()
"""


def test_a_key_destroyed_in_one_process_is_forgotten_in_another_long_before_its_time(
    database: TestDatabase, open_keyring: Callable[[], Keyring]
) -> None:
    """A process keeps a key for at most a minute; told of its end, it forgets it at once."""
    tenant, person = uuid4(), uuid4()
    ring = open_keyring()
    ring.create(tenant, person)
    command = [sys.executable, "-c", HOLDER, database.app_url, str(tenant), str(person)]
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        time.sleep(0.2)
        ring.destroy(tenant, person)
        assert other.stdout.readline() == "forgotten\n"
        assert other.wait(20) == 0


def test_bells_carry_ids_and_nothing_else(database: TestDatabase, open_keyring: Callable[[], Keyring]) -> None:
    """Every login may listen to every channel, so what is sent there must be nobody's secret."""
    tenant, person = uuid4(), uuid4()
    ring = open_keyring()
    ring.create(tenant, person)
    with psycopg.connect(database.projector_url, autocommit=True) as listening:
        listening.execute("LISTEN sfdify_keys")
        ring.destroy(tenant, person)
        heard = [note.payload for note in listening.notifies(timeout=5, stop_after=1)]
    assert heard == [f"{tenant}/{person}"]
