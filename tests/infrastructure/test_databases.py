"""A database given is used as it is; each login has its own address; the embedded one is made when needed."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from infrastructure.databases import ForeignSecrets, migrated, place_of, revive, urls_of
from infrastructure.databases import database as database_of
from infrastructure.postgres import CannotMigrate
from infrastructure.settings import Settings
from tests.support.journey import new_home
from tests.support.postgres import TestDatabase, TestServer
from tests.support.wired import settings_for, wired


def test_a_given_database_is_used_as_it_is(tmp_path: Path, server: TestServer, database: TestDatabase) -> None:
    with database_of(settings_for(tmp_path, server, database)) as url:
        assert url == database.admin_url


def test_each_login_has_an_address_of_its_own(tmp_path: Path, server: TestServer, database: TestDatabase) -> None:
    urls = urls_of(settings_for(tmp_path, server, database), database.admin_url)
    assert (urls.app, urls.projector) == (database.app_url, database.projector_url)


def test_a_place_is_the_database_and_not_who_signs_in() -> None:
    place = place_of("postgresql://a:secret@db:5432/books")
    assert place == place_of("postgresql://db:5432/books")
    assert "secret" not in place
    others = ("postgresql://db:5433/books", "postgresql://db:5432/other", "postgresql://else:5432/books")
    assert len({place, *map(place_of, others)}) == 4


def test_the_embedded_one_is_made_and_revived() -> None:
    with new_home() as home:
        settings = Settings(home=home, database_name="some_case")
        with database_of(settings) as url:
            revive(settings)
            with psycopg.connect(url) as conn:
                assert conn.execute("SELECT current_database()").fetchone() == ("some_case",)


def test_a_database_to_work_on_has_been_migrated(tmp_path: Path, server: TestServer, database: TestDatabase) -> None:
    with migrated(settings_for(tmp_path, server, database)) as url:
        assert url == database.admin_url
    with psycopg.connect(database.admin_url, autocommit=True) as conn:
        conn.execute("ALTER TABLE auth.feed_token RENAME TO another")
        try:
            with (
                pytest.raises(CannotMigrate, match="sfdify migrate"),
                migrated(settings_for(tmp_path, server, database)),
            ):
                pytest.fail("an old schema")
        finally:
            conn.execute("ALTER TABLE auth.another RENAME TO feed_token")


def test_a_database_sealed_with_other_secrets_is_not_worked_on(
    tmp_path: Path, server: TestServer, database: TestDatabase
) -> None:
    ours = settings_for(tmp_path / "ours", server, database)
    tenant_id = uuid4()
    with wired(tmp_path / "ours", server, database) as sfdify:
        for _ in range(2):
            sfdify.keyring.create(tenant_id, uuid4())
    with migrated(ours):
        pass
    others = settings_for(tmp_path / "others", server, database)
    with pytest.raises(ForeignSecrets, match="secrets folder"), migrated(others):
        pytest.fail("nothing in it could be read")
    with psycopg.connect(database.admin_url, autocommit=True) as conn:
        first = conn.execute("SELECT subject_id FROM es.subject_key WHERE wrapped IS NOT NULL LIMIT 1").fetchone()
        conn.execute("UPDATE es.subject_key SET wrapped = 'x' WHERE subject_id = %s", first)
    with migrated(ours) as url:
        assert url == database.admin_url, "one altered row is a matter for whoever reads it"
