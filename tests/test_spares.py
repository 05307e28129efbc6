"""A database that one test has used is empty for the next, or is not used again."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from tests.support.log import Sql
from tests.support.postgres import TestServer
from tests.support.spares import Spares


def test_rows_and_query_tables_are_gone_and_the_log_takes_events_again(server: TestServer, spares: Spares) -> None:
    name = spares.take()
    urls = server.database(name)
    for _ in range(2):
        with psycopg.connect(urls.app_url, autocommit=True) as app, psycopg.connect(urls.admin_url) as admin:
            Sql(app).append((uuid4(), 1), command=uuid4(), jobs=[("q", "one")])
            admin.execute("CREATE TABLE rm.things (id int)")
            admin.execute("INSERT INTO rm.things VALUES (1)")
        spares.give_back(name)
        assert spares.take() == name
        with psycopg.connect(urls.admin_url) as admin:
            for table in ("es.event", "es.command_seen", "es.job"):
                assert admin.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,)
            assert admin.execute("SELECT to_regclass('rm.things')").fetchone() == (None,)
    spares.give_back(name)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE es.event DISABLE TRIGGER ALL",
        "DROP POLICY tenant ON auth.password",
        "GRANT DELETE ON es.event TO sfdify_app",
        "CREATE TABLE es.more (id int)",
        "DELETE FROM yoyo._yoyo_migration",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''8MB''', current_database()); END $$",
    ],
)
def test_what_is_changed_in_any_other_way_is_not_used_again(server: TestServer, spares: Spares, change: str) -> None:
    name = spares.take()
    with psycopg.connect(server.admin_url_of(name)) as admin:
        admin.execute(change.encode())
    spares.give_back(name)
    assert spares.take() != name
