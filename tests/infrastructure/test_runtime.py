"""A database is migrated, its query tables are made, and projectors can read it."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import uuid4

from application.consumers import RegisterConsumer
from application.kernel import Context, system
from infrastructure.projecting import Runner
from infrastructure.projecting.positions import connect
from infrastructure.quiet import wait_until_projected
from infrastructure.runtime import FindingPlace, decoder, place_of_finding, prepare, tenant_of_consumer
from projections import ALL
from tests.support.cases import PROFILE
from tests.support.postgres import TestDatabase, TestServer
from tests.support.wired import register, settings_for, wired


def test_a_given_database_is_prepared_once(tmp_path: Path, server: TestServer, database: TestDatabase) -> None:
    settings = settings_for(tmp_path, server, database)
    assert prepare(settings, database.admin_url) == prepare(settings, database.admin_url) == []


def test_projectors_read_what_was_sealed_and_waiting_ends(
    tmp_path: Path, server: TestServer, database: TestDatabase
) -> None:
    settings = settings_for(tmp_path, server, database)
    prepare(settings, database.admin_url)
    with wired(tmp_path, server, database) as sfdify:
        tenant = register(sfdify).tenant_id
        done = sfdify.bus.handle(RegisterConsumer(profile=PROFILE), system(tenant), Context())
        assert not wait_until_projected(sfdify, done.position, time.monotonic() + 0.2)
        assert tenant_of_consumer(settings, database.admin_url, done.answer["consumer_id"]) == tenant
        with decoder(settings, database.admin_url) as decode:
            Runner(database.projector_url, ALL, decode).drain()
        assert wait_until_projected(sfdify, done.position, time.monotonic() + 10)
        assert tenant_of_consumer(settings, database.admin_url, uuid4()) is None


def test_a_finding_is_looked_up_across_tenants(tmp_path: Path, server: TestServer, database: TestDatabase) -> None:
    settings = settings_for(tmp_path, server, database)
    prepare(settings, database.admin_url)
    place = FindingPlace(uuid4(), uuid4(), "0123456789abcdef0123")
    finding = uuid4()
    with connect(database.projector_url, "test") as conn:
        conn.execute(
            "INSERT INTO rm.findings (id, tenant_id, report_id, finding_key) VALUES (%s, %s, %s, %s)",
            (finding, *place),
        )
    assert place_of_finding(settings, database.admin_url, finding) == place
    assert place_of_finding(settings, database.admin_url, uuid4()) is None
