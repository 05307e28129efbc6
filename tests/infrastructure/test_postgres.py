"""Migrations run anywhere, any number of times, several at once; pools refuse users that row security does not bind."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo

import migrations
from infrastructure.embedded import ensure_server, stop_server
from infrastructure.postgres import (
    CannotMigrate,
    UnsafeRole,
    async_pool,
    check_horizon,
    migrate,
    pool,
    tenant_transaction,
)
from tests.support.postgres import TestDatabase, TestServer

PG15 = Path("/usr/lib/postgresql/15/bin")
ALL = sorted(file.stem for file in migrations.FOLDER.glob("*.sql"))


@pytest.fixture
def empty(server: TestServer) -> Iterator[TestDatabase]:
    """A database with nothing in it, owned by the server's administrator."""
    name = f"sfdify_test_{uuid4().hex}"
    server.execute("CREATE DATABASE {}", name)
    yield server.database(name)
    server.execute("DROP DATABASE {} WITH (FORCE)", name)


def bring_up(server: TestServer, url: str) -> list[str]:
    app, projector = server.password("sfdify_app"), server.password("sfdify_projector")
    return migrate(url, app_password=app, projector_password=projector)


def test_migrating_twice_changes_nothing(server: TestServer, empty: TestDatabase) -> None:
    assert bring_up(server, empty.admin_url) == ALL
    assert bring_up(server, empty.admin_url) == []


def test_several_migrations_at_once_apply_each_file_once(server: TestServer, empty: TestDatabase) -> None:
    applied: list[list[str]] = []
    runs = [
        threading.Thread(target=lambda: applied.append(bring_up(server, empty.admin_url))) for _ in range(4)
    ]  # fmt: skip
    for run in runs:
        run.start()
    for run in runs:
        run.join(60)
    assert sorted(len(names) for names in applied) == [0, 0, 0, len(ALL)]


@pytest.mark.parametrize("programs", [None, PG15])
def test_a_login_that_is_no_superuser_but_may_create_roles_can_migrate(programs: Path | None) -> None:
    """On a server of its own: roles belong to a server, and this one has none yet."""
    home = Path(tempfile.mkdtemp(prefix="sfdify migrator "))
    home.chmod(0o755)
    if programs and not (programs / "initdb").exists():
        pytest.skip(f"no PostgreSQL 15 programs in {programs}")
    with ensure_server(home, programs) as claimed:
        with psycopg.connect(claimed.url, autocommit=True) as conn:
            conn.execute("CREATE ROLE operator LOGIN CREATEROLE PASSWORD 'secret p@ss/word'")
            conn.execute("CREATE DATABASE shop OWNER operator")
        url = make_conninfo(claimed.url, dbname="shop", user="operator", password="secret p@ss/word")
        assert migrate(url, app_password="a", projector_password="b") == ALL
        assert migrate(url, app_password="c", projector_password="b") == []
        app = make_conninfo(claimed.url, dbname="shop", user="sfdify_app", password="c")
        with psycopg.connect(app) as conn:
            assert conn.execute("SELECT count(*) FROM es.event").fetchone() == (0,)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(make_conninfo(app, password="a"))
    stop_server(home)


def test_a_login_without_rights_is_told_what_it_needs(server: TestServer, database: TestDatabase) -> None:
    with pytest.raises(CannotMigrate, match="CREATEROLE"):
        bring_up(server, database.app_url)


def test_an_admin_of_another_database_is_told_that_it_must_own_this_one(server: TestServer) -> None:
    maker, name = f"maker_{uuid4().hex}", f"sfdify_test_{uuid4().hex}"
    server.execute("CREATE DATABASE {}", name)
    with psycopg.connect(server.url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {maker} LOGIN CREATEROLE PASSWORD 'p'".encode())
        try:
            with pytest.raises(CannotMigrate, match="own the database"):
                bring_up(server, make_conninfo(server.database(name).admin_url, user=maker, password="p"))
        finally:
            admin.execute(f"DROP ROLE {maker}".encode())
            server.execute("DROP DATABASE {} WITH (FORCE)", name)


def test_a_database_of_another_encoding_is_refused(server: TestServer) -> None:
    name = f"sfdify_test_{uuid4().hex}"
    server.execute("CREATE DATABASE {} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'", name)
    try:
        with pytest.raises(CannotMigrate, match="UTF8"):
            bring_up(server, server.database(name).admin_url)
    finally:
        server.execute("DROP DATABASE {} WITH (FORCE)", name)


def test_passwords_do_not_reach_the_server_in_clear(server: TestServer, database: TestDatabase) -> None:
    with psycopg.connect(database.admin_url) as conn:
        row = conn.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'sfdify_app'").fetchone()
    assert row is not None
    assert row[0].startswith("SCRAM-SHA-256$")


def test_strangers_cannot_connect_or_make_temporary_tables(server: TestServer, empty: TestDatabase) -> None:
    bring_up(server, empty.admin_url)
    with psycopg.connect(empty.admin_url) as conn:
        query = "SELECT has_database_privilege('public', current_database(), p) FROM unnest(ARRAY['CONNECT', 'TEMP']) p"
        assert conn.execute(query).fetchall() == [(False,), (False,)]
    with psycopg.connect(empty.app_url) as conn, pytest.raises(errors.InsufficientPrivilege):
        conn.execute("CREATE TEMPORARY TABLE mine (id int)")


# Pools


def test_a_pool_has_autocommit_sessions_of_its_role(database: TestDatabase) -> None:
    opened = pool(database.app_url, "app", 2)
    with opened.connection() as conn:
        assert conn.autocommit
        row = conn.execute("SELECT current_user, current_setting('statement_timeout')").fetchone()
    opened.close()
    assert row == ("sfdify_app", "30s")


def test_an_async_pool_reads(database: TestDatabase) -> None:
    async def read() -> object:
        opened = await async_pool(database.app_url, "app", 2)
        async with opened.connection() as conn:
            row = await (await conn.execute("SELECT current_user")).fetchone()
        await opened.close()
        return row

    assert asyncio.run(read()) == ("sfdify_app",)


def test_a_superusers_pool_is_refused(database: TestDatabase) -> None:
    with pytest.raises(UnsafeRole, match="is a superuser"):
        pool(database.admin_url, "app", 2)
    with pytest.raises(UnsafeRole, match="is a superuser"):
        asyncio.run(async_pool(database.admin_url, "projector", 2))


@pytest.mark.parametrize(
    ("grant", "role", "says"),
    [
        ("ALTER ROLE {} BYPASSRLS", "app", "has BYPASSRLS"),
        ("GRANT sfdify_owner TO {}", "projector", "owner of, tables of schema es"),
        ("GRANT sfdify_projector TO {}", "app", "owns query tables"),
    ],
)
def test_a_user_that_row_security_does_not_bind_is_refused(
    server: TestServer, database: TestDatabase, grant: str, role: str, says: str
) -> None:
    name = f"sfdify_strong_{uuid4().hex}"
    with psycopg.connect(database.admin_url, autocommit=True) as conn:
        conn.execute("CREATE TABLE rm.probe (id int)")
        conn.execute("ALTER TABLE rm.probe OWNER TO sfdify_projector")
        conn.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'p'".encode())
        conn.execute(grant.format(name).encode())
    try:
        url = make_conninfo(database.admin_url, user=name, password="p")
        with pytest.raises(UnsafeRole, match=says):
            pool(url, role, 1)  # type: ignore[arg-type]
    finally:
        server.execute("DROP ROLE {}", name)


def test_a_transaction_of_a_tenant_ends_with_it(database: TestDatabase) -> None:
    tenant = uuid4()
    opened = pool(database.app_url, "app", 1)
    with opened.connection() as conn:
        with tenant_transaction(conn, tenant):
            assert conn.execute("SELECT es.tenant()").fetchone() == (tenant,)
        assert conn.execute("SELECT es.tenant()").fetchone() == (None,)
    opened.close()


def test_an_admin_who_may_not_grant_the_roles_is_told_so(database: TestDatabase, server: TestServer) -> None:
    other, name = f"other_{uuid4().hex}", f"sfdify_test_{uuid4().hex}"
    with psycopg.connect(server.url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {other} LOGIN CREATEROLE PASSWORD 'p'".encode())
        admin.execute(f"CREATE DATABASE {name} OWNER {other}".encode())
        try:
            url = make_conninfo(server.database(name).admin_url, user=other, password="p")
            with pytest.raises(CannotMigrate, match="ADMIN OPTION"):
                migrate(url, app_password="a", projector_password="b")
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
            admin.execute(f"DROP ROLE {other}".encode())


def test_the_connection_that_came_back_last_is_lent_first(database: TestDatabase) -> None:
    opened = pool(database.app_url, "app", 2)
    first, second = opened.getconn(), opened.getconn()
    opened.putconn(first)
    opened.putconn(second)
    assert [opened.getconn(), opened.getconn()] == [second, first]
    opened.putconn(first)
    opened.putconn(second)
    opened.close()


def test_the_async_connection_that_came_back_last_is_lent_first(database: TestDatabase) -> None:
    async def borrow() -> None:
        opened = await async_pool(database.app_url, "app", 2)
        first, second = await opened.getconn(), await opened.getconn()
        await opened.putconn(first)
        await opened.putconn(second)
        assert [await opened.getconn(), await opened.getconn()] == [second, first]
        await opened.putconn(first)
        await opened.putconn(second)
        await opened.close()

    asyncio.run(borrow())


def cut_off(database: TestDatabase) -> int:
    """End every connection of the application, as a restart of the server does; how many there were."""
    of_the_app = "FROM pg_stat_activity WHERE usename = 'sfdify_app' AND datname = %s"
    ended, left = f"SELECT count(pg_terminate_backend(pid)) {of_the_app}", f"SELECT count(*) {of_the_app}"
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        row = admin.execute(ended.encode(), (database.name,)).fetchone()
        while admin.execute(left.encode(), (database.name,)).fetchone() != (0,):
            time.sleep(0.02)
    return int(row[0]) if row else 0


def test_after_a_restart_of_the_server_no_loan_is_a_dead_connection(database: TestDatabase) -> None:
    opened = pool(database.app_url, "app", 8)
    for conn in [opened.getconn() for _ in range(8)]:
        opened.putconn(conn)
    assert cut_off(database) == 8
    for _ in range(8):
        with opened.connection() as conn:
            assert conn.execute("SELECT 1").fetchone() == (1,)
    opened.close()


def test_after_a_restart_of_the_server_no_async_loan_is_a_dead_connection(database: TestDatabase) -> None:
    async def borrow() -> None:
        opened = await async_pool(database.app_url, "app", 4)
        for conn in [await opened.getconn() for _ in range(4)]:
            await opened.putconn(conn)
        assert await asyncio.to_thread(cut_off, database) == 4
        for _ in range(4):
            async with opened.connection() as conn:
                assert await (await conn.execute("SELECT 1")).fetchone() == (1,)
        await opened.close()

    asyncio.run(borrow())


# The horizon


def holder_named(conn: psycopg.Connection[tuple[object, ...]], name: str) -> bool:
    held = check_horizon(conn)
    return held is not None and held.application == name


def test_the_transaction_that_holds_the_horizon_is_named_without_its_query(database: TestDatabase) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as looking:
        with psycopg.connect(database.admin_url, application_name="slow report") as writer:
            writer.execute("SELECT 'Ada Lovelace', pg_current_xact_id()")
            held = check_horizon(looking)
            assert held is not None
            assert (held.pid, held.what) == (writer.info.backend_pid, "idle in transaction")
            assert held.application == "slow report"
            assert held.age is not None
            assert "Lovelace" not in repr(held)
        assert not holder_named(looking, "slow report")


def test_a_reading_transaction_holds_nothing(database: TestDatabase) -> None:
    with (
        psycopg.connect(database.admin_url, autocommit=True) as looking,
        psycopg.connect(database.admin_url, application_name="reader") as reader,
    ):
        reader.execute("SELECT count(*) FROM es.event")
        assert not holder_named(looking, "reader")


def test_a_login_without_rights_still_sees_that_somebody_holds_it(database: TestDatabase) -> None:
    with psycopg.connect(database.app_url, autocommit=True) as looking:
        with psycopg.connect(database.admin_url) as writer:
            writer.execute("SELECT pg_current_xact_id()")
            held = check_horizon(looking)
            again = check_horizon(looking)
        assert held is not None
        assert again is not None
        assert held.what == "hidden"
        assert held.age < again.age < timedelta(seconds=60), "its age is how long we have known of it"


def test_migrating_prints_nothing(empty: TestDatabase, server: TestServer, capfd: pytest.CaptureFixture[str]) -> None:
    """The migration tool prints what its statements return; ours return nothing."""
    bring_up(server, empty.admin_url)
    assert capfd.readouterr().out == ""
