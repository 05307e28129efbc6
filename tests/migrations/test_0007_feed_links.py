from __future__ import annotations

import psycopg
import pytest

from migrations import FOLDER
from tests.support.postgres import TestDatabase

TABLES = ["auth.feed_link", "auth.feed_token"]


@pytest.mark.parametrize("table", TABLES)
def test_links_and_tokens_are_behind_forced_row_security(database: TestDatabase, table: str) -> None:
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


@pytest.mark.parametrize("table", TABLES)
def test_projectors_see_none_of_it(database: TestDatabase, table: str) -> None:
    with (
        psycopg.connect(database.projector_url) as conn,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        conn.execute(f"SELECT * FROM {table}".encode())


@pytest.mark.parametrize("table", TABLES)
def test_without_a_tenant_the_application_writes_nothing(database: TestDatabase, table: str) -> None:
    ids = "gen_random_uuid(), gen_random_uuid()"
    values = {
        "auth.feed_link": f"({ids}, '', {ids}, 'smartcredit', 'n', '', 'https://a.example', now(), NULL)",
        "auth.feed_token": f"({ids}, gen_random_uuid(), 'smartcredit', '', '{{}}', now(), now(), gen_random_uuid())",
    }
    with psycopg.connect(database.app_url) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(f"INSERT INTO {table} VALUES {values[table]}".encode())


def test_the_migration_takes_its_owner_s_role_and_names_what_it_follows() -> None:
    text = (FOLDER / "0007_feed_links.sql").read_text()
    assert text.startswith("-- depends: 0006_auth")
    assert "SET LOCAL ROLE sfdify_owner;" in text
