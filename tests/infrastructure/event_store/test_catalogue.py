"""Row security is on wherever a tenant's data is, and no login can step around it. Read from the catalogue itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support.postgres import TestDatabase

NOT_A_TENANTS = {"es.tenant_directory"}
"""Read before a tenant is known: ids, slugs and modes, nothing else."""

SCHEMAS = ["es", "auth", "rm", "limits"]


@pytest.fixture
def admin(database: TestDatabase) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.admin_url, autocommit=True) as conn:
        yield conn


def tables(admin: psycopg.Connection[Any], condition: str) -> set[str]:
    rows = admin.execute(
        f"""SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p') AND {condition}""".encode(),
        (SCHEMAS,),
    )
    return {row[0] for row in rows}


OF_A_TENANT = "EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')"
SECURED = "c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)"


def test_every_table_of_tenants_enforces_row_security(admin: psycopg.Connection[Any]) -> None:
    found = tables(admin, OF_A_TENANT)
    assert {"es.event", "es.job", "es.command_seen", "es.subject_key", "es.parked"} <= found
    assert found - tables(admin, SECURED) == NOT_A_TENANTS


def test_no_policy_is_open_to_everybody(admin: psycopg.Connection[Any]) -> None:
    query = (
        "SELECT schemaname || '.' || tablename FROM pg_policies WHERE 'public' = ANY(roles) AND schemaname = ANY(%s)"
    )
    assert admin.execute(query, (SCHEMAS,)).fetchall() == []


def test_the_apps_policies_all_name_the_tenant(admin: psycopg.Connection[Any]) -> None:
    query = """SELECT schemaname || '.' || tablename, qual FROM pg_policies
               WHERE 'sfdify_app' = ANY(roles) AND permissive = 'PERMISSIVE' AND schemaname = ANY(%s)"""
    policies = admin.execute(query, (SCHEMAS,)).fetchall()
    assert len(policies) >= 5
    assert [name for name, condition in policies if "tenant" not in (condition or "tenant")] == []


def test_every_view_runs_as_its_reader(admin: psycopg.Connection[Any]) -> None:
    query = """SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = ANY(%s) AND c.relkind IN ('v', 'm')
               AND NOT coalesce('security_invoker=true' = ANY(c.reloptions), false)"""
    assert admin.execute(query, (SCHEMAS,)).fetchall() == []


def test_no_role_of_the_product_is_above_row_security(admin: psycopg.Connection[Any]) -> None:
    query = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'sfdify%' AND (rolsuper OR rolbypassrls OR rolcreaterole)"
    assert admin.execute(query).fetchall() == []


def test_logins_are_members_of_nothing(admin: psycopg.Connection[Any]) -> None:
    query = """SELECT m.member::regrole::text, m.roleid::regrole::text FROM pg_auth_members m
               JOIN pg_roles r ON r.oid = m.member WHERE r.rolname LIKE 'sfdify%'"""
    assert admin.execute(query).fetchall() == []


def test_the_log_belongs_to_a_role_that_cannot_sign_in(admin: psycopg.Connection[Any]) -> None:
    query = """SELECT DISTINCT r.rolname, r.rolcanlogin FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
               WHERE c.relnamespace = 'es'::regnamespace AND c.relkind = 'r'"""
    assert admin.execute(query).fetchall() == [("sfdify_owner", False)]


def test_definer_functions_have_a_fixed_path_and_are_not_public(admin: psycopg.Connection[Any]) -> None:
    query = """SELECT p.oid::regprocedure::text, p.proconfig, p.proacl::text FROM pg_proc p
               JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY(%s) AND p.prosecdef"""
    functions = admin.execute(query, (SCHEMAS,)).fetchall()
    assert len(functions) >= 5
    for name, settings, rights in functions:
        assert any(s.startswith("search_path=pg_catalog") for s in settings or []), name
        assert rights is not None, name
        assert "{=X" not in rights, name
        assert ",=X" not in rights, name


def test_logins_have_time_limits(admin: psycopg.Connection[Any]) -> None:
    query = """SELECT r.rolname, unnest(s.setconfig) FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
               WHERE r.rolname LIKE 'sfdify%' AND s.setdatabase = 0"""
    found = set(admin.execute(query).fetchall())
    for role in ("sfdify_app", "sfdify_projector"):
        assert (role, "idle_in_transaction_session_timeout=5s") in found
        assert (role, "statement_timeout=30s") in found


def test_logins_cannot_make_tables_where_they_should_not(admin: psycopg.Connection[Any]) -> None:
    query = """SELECT r, s FROM unnest(ARRAY['sfdify_app', 'sfdify_projector']) r, unnest(ARRAY['es', 'public', 'rm']) s
               WHERE has_schema_privilege(r, s, 'CREATE')"""
    assert admin.execute(query).fetchall() == [("sfdify_projector", "rm")]
