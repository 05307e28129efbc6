"""A tenant is quiet when its jobs are done and its query tables level with the log."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg

from application.consumers import EraseConsumer, RegisterConsumer
from application.kernel import Context, system
from infrastructure.projecting import Runner
from infrastructure.quiet import wait_until_quiet
from infrastructure.runtime import decoder, prepare
from infrastructure.wiring import wire
from projections import ALL
from tests.support.cases import PROFILE
from tests.support.postgres import TestDatabase, TestServer
from tests.support.wired import settings_for
from tests.support.worker_app import NewJob, append


def test_a_timer_that_missed_the_clock_passing_it_is_not_rest(
    tmp_path: Path, server: TestServer, database: TestDatabase
) -> None:
    """Its append read the clock just before it was moved; the sweep frees the timer within seconds."""
    passed, own_key = datetime(2026, 3, 2, tzinfo=UTC), {"lob_api_key": "test_key"}
    settings = settings_for(tmp_path, server, database, lob_base_url="https://post.example/v1", **own_key)
    prepare(settings, database.admin_url)
    with wire(settings, database.admin_url, pool_size=4) as sfdify, psycopg.connect(database.admin_url) as admin:
        tenant = uuid4()
        admin.execute("INSERT INTO es.tenant_clock VALUES (%s, %s)", (tenant, passed - timedelta(days=1)))
        admin.commit()
        with sfdify.pool.connection() as conn:
            append(conn, tenant, jobs=[NewJob("timer", queue="sla_check", run_at=passed)])
        assert wait_until_quiet(sfdify, tenant, time.monotonic() + 10)
        admin.execute("UPDATE es.tenant_clock SET now_at = %s WHERE tenant_id = %s", (passed, tenant))
        admin.commit()
        assert not wait_until_quiet(sfdify, tenant, time.monotonic() + 0.5)


def test_quiet_means_no_job_and_no_lag(tmp_path: Path, server: TestServer, database: TestDatabase) -> None:
    settings = settings_for(
        tmp_path, server, database, lob_api_key="test_key", lob_base_url="https://post.example/v1"
    )
    prepare(settings, database.admin_url)
    with (
        wire(settings, database.admin_url, pool_size=4) as sfdify,
        decoder(settings, database.admin_url) as decode,
    ):
        tenant = uuid4()
        made = sfdify.bus.handle(RegisterConsumer(profile=PROFILE), system(tenant), Context())
        assert not wait_until_quiet(sfdify, tenant, time.monotonic() + 0.3)
        Runner(database.projector_url, ALL, decode).drain()
        assert wait_until_quiet(sfdify, tenant, time.monotonic() + 10)
        erase = EraseConsumer(consumer_id=made.answer["consumer_id"])
        sfdify.bus.handle(erase, system(tenant), Context())
        Runner(database.projector_url, ALL, decode).drain()
        assert not wait_until_quiet(sfdify, tenant, time.monotonic() + 0.3)
