"""Who may do what to the log, on both ends of the version range."""

from __future__ import annotations

from uuid import uuid4

import pytest
from psycopg import errors

from tests.support.log import Connect, refused

CHANGES = (
    "INSERT INTO es.{} SELECT * FROM es.{}",
    "UPDATE es.{} SET tenant_id = tenant_id",
    "DELETE FROM es.{}",
    "TRUNCATE es.{}",
)


@pytest.mark.parametrize("who", ["app", "projector"])
@pytest.mark.parametrize("table", ["event", "command_seen", "job", "tenant_clock"])
def test_logins_cannot_change_the_log_directly(connect: Connect, who: str, table: str) -> None:
    app, session = connect("app"), connect(who)
    app.append((uuid4(), 1), command=uuid4(), jobs=[("q", "d")])
    session.as_tenant()
    for change in CHANGES:
        with pytest.raises(errors.InsufficientPrivilege):
            session.conn.execute(change.format(table, table).encode())


@pytest.mark.parametrize("role", ["sfdify_writer", "sfdify_owner", "sfdify_dispatch"])
@pytest.mark.parametrize("who", ["app", "projector"])
def test_logins_cannot_become_a_stronger_role(connect: Connect, who: str, role: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        connect(who).conn.execute(f"SET ROLE {role}".encode())


def test_the_owner_sees_and_changes_nothing(connect: Connect) -> None:
    connect("app").append((uuid4(), 1))
    owner = connect("admin").as_tenant()
    owner.conn.execute("SET ROLE sfdify_owner")
    assert owner.one("SELECT count(*) FROM es.event") == 0
    assert owner.conn.execute("DELETE FROM es.event").rowcount == 0
    assert owner.conn.execute("UPDATE es.event SET state = ''").rowcount == 0
    values = "(1, now(), 1, gen_random_uuid(), gen_random_uuid(), '', 't', '', '')"
    with pytest.raises(errors.InsufficientPrivilege):
        owner.conn.execute(f"INSERT INTO es.event VALUES {values}".encode())
    refused("SF003", None, lambda: owner.conn.execute("TRUNCATE es.event"))


def test_the_writer_is_bound_to_the_tenant(connect: Connect) -> None:
    app = connect("app")
    app.append((uuid4(), 1))
    app.append((uuid4(), 1), tenant=uuid4())
    writer = connect("admin").as_tenant()
    writer.conn.execute("SET ROLE sfdify_writer")
    assert writer.one("SELECT count(*) FROM es.event") == 1
    own = f"(-1, now(), 1, '{app.tenant}', gen_random_uuid(), '', 't', '', '')"
    with writer.conn.transaction(force_rollback=True):
        assert writer.conn.execute(f"INSERT INTO es.event VALUES {own}".encode()).rowcount == 1
    stranger = "(1, now(), 1, gen_random_uuid(), gen_random_uuid(), '', 't', '', '')"
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        writer.conn.execute(f"INSERT INTO es.event VALUES {stranger}".encode())
    writer.conn.execute("RESET app.tenant_id")
    assert writer.one("SELECT count(*) FROM es.event") == 0


@pytest.mark.parametrize("change", ["UPDATE es.event SET state = ''", "DELETE FROM es.event", "TRUNCATE es.event"])
def test_not_even_a_superuser_changes_the_log_by_accident(connect: Connect, change: str) -> None:
    connect("app").append((uuid4(), 1))
    admin = connect("admin")
    refused("SF003", None, lambda: admin.conn.execute(change.encode()))


def test_the_dispatcher_sees_jobs_and_nothing_else(connect: Connect) -> None:
    app, key = connect("app"), str(uuid4())
    app.append((uuid4(), 1), jobs=[("q", key)])
    app.append((uuid4(), 1), jobs=[("q", key)], tenant=uuid4())
    dispatch = connect("admin")
    dispatch.conn.execute("SET ROLE sfdify_dispatch")
    assert dispatch.one("SELECT count(*) FROM es.job WHERE dedupe = %s", key) == 2
    with pytest.raises(errors.InsufficientPrivilege):
        dispatch.one("SELECT count(*) FROM es.event")


def test_the_app_sees_its_tenants_rows_only(connect: Connect) -> None:
    app = connect("app")
    app.append((uuid4(), 1), command=uuid4(), jobs=[("q", "d")])
    tables = ("event", "command_seen", "job")
    assert [app.one(f"SELECT count(*) FROM es.{t}") for t in tables] == [0, 0, 0]
    app.as_tenant(uuid4())
    assert [app.one(f"SELECT count(*) FROM es.{t}") for t in tables] == [0, 0, 0]
    app.as_tenant()
    assert [app.one(f"SELECT count(*) FROM es.{t}") for t in tables] == [1, 1, 1]


def test_the_append_leaves_no_tenant_behind(connect: Connect) -> None:
    app = connect("app")
    app.append((uuid4(), 1))
    assert app.one("SELECT es.tenant()") is None
    assert app.one("SELECT count(*) FROM es.event") == 0


def test_the_projector_reads_every_tenant_and_writes_nothing(connect: Connect) -> None:
    app, thing = connect("app"), uuid4()
    app.append((thing, 1))
    app.append((thing, 1), tenant=uuid4())
    projector = connect("projector")
    assert projector.one("SELECT count(*) FROM es.event WHERE originator_id = %s", thing) == 2
    with pytest.raises(errors.InsufficientPrivilege):
        projector.append((uuid4(), 1))
    with pytest.raises(errors.InsufficientPrivilege):
        projector.one("SELECT count(*) FROM es.command_seen")


def test_a_destroyed_key_cannot_be_brought_back(connect: Connect) -> None:
    app = connect("app").as_tenant()
    insert = "INSERT INTO es.subject_key (tenant_id, subject_id, kek_id, wrapped) VALUES (%s, %s, 'k', 'w')"
    app.conn.execute(insert, (app.tenant, app.tenant))
    destroy = "UPDATE es.subject_key SET wrapped = NULL, destroyed_at = now()"
    assert app.conn.execute(destroy.encode()).rowcount == 1
    revive = "UPDATE es.subject_key SET wrapped = 'w', destroyed_at = NULL"
    assert app.conn.execute(revive.encode()).rowcount == 0
    with pytest.raises(errors.InsufficientPrivilege):
        app.conn.execute("DELETE FROM es.subject_key")


def test_a_slug_belongs_to_one_tenant(connect: Connect) -> None:
    app, first = connect("app"), uuid4()
    app.conn.execute("SELECT es.register_tenant(%s, 'acme', 'live')", (first,))
    app.conn.execute("SELECT es.register_tenant(%s, 'acme', 'live')", (first,))
    again = "SELECT es.register_tenant(%s, 'acme', 'live')"
    refused("23505", "tenant_slug_once", lambda: app.conn.execute(again, (uuid4(),)))
    refused("SF005", None, lambda: app.conn.execute("SELECT es.register_tenant(%s, 'other', 'live')", (first,)))
    assert app.one("SELECT tenant_id FROM es.tenant_directory WHERE slug = 'acme'") == first
    with pytest.raises(errors.InsufficientPrivilege):
        app.conn.execute("INSERT INTO es.tenant_directory VALUES (gen_random_uuid(), 'x', 'live')")
