from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from infrastructure.projecting import Runner
from infrastructure.projecting.positions import built, connect
from infrastructure.projecting.tables import ensure, is_stale
from tests.support.ledger import BOTH, OTHER_TENANT, TENANT, AccountsProjection, Ledger, account, decode
from tests.support.postgres import TestDatabase


class Renewed(AccountsProjection):
    name = "accounts"
    version = 2


def test_tables_are_made_once_by_many_processes_that_start_together(database: TestDatabase) -> None:
    def start(_: int) -> set[str]:
        with connect(database.projector_url, "test") as conn:
            ensure(conn, BOTH)
            return set(built(conn))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(start, range(4))) == [{"accounts", "owners"}] * 4


def test_every_table_is_under_forced_row_security_and_read_only_for_the_app(
    projector: psycopg.Connection[Any], admin: psycopg.Connection[Any]
) -> None:
    ensure(projector, BOTH)
    tables = admin.execute(
        "SELECT relname, relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner), "
        "(SELECT array_agg(polname::text ORDER BY polname) FROM pg_policy WHERE polrelid = c.oid), "
        "has_table_privilege('sfdify_app', c.oid, 'SELECT'), "
        "has_table_privilege('sfdify_app', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') "
        "FROM pg_class c WHERE relnamespace = 'rm'::regnamespace AND relkind = 'r' ORDER BY relname"
    ).fetchall()
    guarded = (True, True, "sfdify_projector", ["projector", "tenant"], True, False)
    assert tables == [(name, *guarded) for name in ("accounts", "entries", "owners")]


def test_the_app_sees_its_tenants_rows_and_none_without_a_tenant(database: TestDatabase) -> None:
    for tenant in (TENANT, OTHER_TENANT):
        with Ledger(database.app_url, tenant) as ledger:
            ledger.append(ledger.opened(1))
    Runner(database.projector_url, BOTH, decode).drain()
    with psycopg.connect(database.app_url) as app:
        assert app.execute("SELECT account_id FROM rm.accounts").fetchall() == []
        app.execute("SELECT set_config('app.tenant_id', %s, true)", (str(OTHER_TENANT),))
        assert app.execute("SELECT account_id FROM rm.accounts").fetchall() == [(account(1, OTHER_TENANT),)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DELETE FROM rm.accounts")


def test_the_tenant_comes_first_in_every_key_and_index(
    projector: psycopg.Connection[Any], admin: psycopg.Connection[Any]
) -> None:
    ensure(projector, BOTH)
    indexes = admin.execute("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'rm' ORDER BY 1").fetchall()
    assert {name for name, _ in indexes} == {
        "accounts_1_idx",
        "accounts_2_idx",
        "accounts_pkey",
        "entries_1_idx",
        "entries_pkey",
        "owners_pkey",
    }
    assert all("(tenant_id, " in definition for _, definition in indexes)
    assert "WHERE (status = 'open'::text)" in dict(indexes)["accounts_2_idx"]


def test_rows_of_another_version_are_stale_and_left_alone(projector: psycopg.Connection[Any]) -> None:
    ensure(projector, BOTH)
    before = built(projector)
    ensure(projector, [Renewed()])
    assert built(projector) == before
    assert is_stale(Renewed(), before["accounts"])
    assert not is_stale(BOTH[0], before["accounts"])
    assert is_stale(BOTH[0], None)
