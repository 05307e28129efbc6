from __future__ import annotations

import psycopg
import pytest

from migrations import FOLDER
from tests.support.postgres import TestDatabase

TABLES = ["auth.password", "auth.refresh_family", "auth.refresh_token", "auth.api_key", "auth.webhook_endpoint",
          "es.inbox"]  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
def test_each_tenant_s_secrets_are_behind_forced_row_security(database: TestDatabase, table: str) -> None:
    with psycopg.connect(database.admin_url) as conn:
        secured = conn.execute(
            "SELECT relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner) FROM pg_class"
            " WHERE oid = %s::regclass",
            (table,),
        ).fetchone()
        policies = conn.execute(
            "SELECT roles::text, qual IS NOT NULL, with_check IS NOT NULL FROM pg_policies"
            " WHERE schemaname || '.' || tablename = %s",
            (table,),
        ).fetchall()
    assert secured == (True, True, "sfdify_owner")
    assert policies == [("{sfdify_app}", True, True)]


@pytest.mark.parametrize("table", [*TABLES, "limits.bucket"])
def test_projectors_see_no_secrets(database: TestDatabase, table: str) -> None:
    with (
        psycopg.connect(database.projector_url) as conn,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        conn.execute(f"SELECT * FROM {table}".encode())


@pytest.mark.parametrize("table", TABLES)
def test_without_a_tenant_the_application_writes_nothing(database: TestDatabase, table: str) -> None:
    values = {
        "auth.password": "(gen_random_uuid(), gen_random_uuid(), 'x', now())",
        "auth.refresh_family": "(gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), now())",
        "auth.refresh_token": "(gen_random_uuid(), gen_random_uuid(), '', now(), now())",
        "auth.api_key": "(gen_random_uuid(), gen_random_uuid(), '', 'test', 'owner', 'x', gen_random_uuid(), now())",
        "auth.webhook_endpoint": "(gen_random_uuid(), gen_random_uuid(), 'lob', '', now())",
        "es.inbox": "(gen_random_uuid(), 'lob', 'evt', now(), NULL, 'received', '')",
    }
    with psycopg.connect(database.app_url) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(f"INSERT INTO {table} VALUES {values[table]}".encode())


def test_the_migration_takes_its_owner_s_role_and_names_what_it_follows() -> None:
    text = (FOLDER / "0006_auth.sql").read_text()
    assert text.startswith("-- depends: 0004_keys_and_positions")
    assert "SET LOCAL ROLE sfdify_owner;" in text
