"""One process's parts, put together: a consumer registered through the bus lies sealed in the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from application.consumers import RegisterConsumer
from application.kernel import Context, system
from domain.consumers import Consumer
from domain.kernel import Forbidden, Invalid
from domain.tenants import TenantMode
from infrastructure.clocks import TenantClocks
from infrastructure.directory import TenantDirectory
from infrastructure.reads import QueryTables
from infrastructure.stores import SealedStore
from infrastructure.vendors.files import Files
from infrastructure.wiring import Sfdify, backend_of
from tests.support.cases import PROFILE
from tests.support.postgres import TestDatabase, TestServer
from tests.support.wired import register, settings_for, wired

START = datetime(2026, 1, 5, 15, tzinfo=UTC)


@pytest.fixture
def sfdify(tmp_path: Path, server: TestServer, database: TestDatabase):  # type: ignore[no-untyped-def]
    with wired(tmp_path, server, database) as made:
        yield made


def test_what_the_bus_decides_is_loaded_again(sfdify: Sfdify) -> None:
    tenant = register(sfdify, clock_starts_at=START)
    done = sfdify.bus.handle(RegisterConsumer(profile=PROFILE), system(tenant.tenant_id), Context())
    found = sfdify.engine.load(tenant.tenant_id, Consumer, done.answer["consumer_id"])
    assert found is not None
    assert (found.profile, found.created_on) == (PROFILE, START)
    (entry,) = sfdify.engine.read_stream(tenant.tenant_id, found.id)
    assert b"Quillfeather" not in entry.state


def test_without_a_bucket_objects_lie_in_files(tmp_path: Path, server: TestServer, database: TestDatabase) -> None:
    assert isinstance(backend_of(settings_for(tmp_path, server, database)), Files)


def test_a_test_tenants_clock_stands_still_and_moves_forward_only(sfdify: Sfdify) -> None:
    tenant = register(sfdify, clock_starts_at=START)
    clocks: TenantClocks = sfdify.clocks
    assert clocks.tenant_now(tenant.tenant_id) == START
    clocks.start(tenant.tenant_id, START + timedelta(days=9))
    assert clocks.tenant_now(tenant.tenant_id) == START
    clocks.advance(tenant.tenant_id, START + timedelta(days=1))
    assert clocks.tenant_now(tenant.tenant_id) == START + timedelta(days=1)
    with pytest.raises((Invalid, Forbidden)):
        clocks.advance(tenant.tenant_id, START)


def test_a_live_tenants_time_is_everybodys(sfdify: Sfdify) -> None:
    tenant = register(sfdify, TenantMode.LIVE)
    before = sfdify.clocks.now()
    assert before <= sfdify.clocks.tenant_now(tenant.tenant_id) <= sfdify.clocks.now()
    with pytest.raises(Forbidden):
        sfdify.clocks.start(tenant.tenant_id, START)


def test_a_slug_is_claimed_once(sfdify: Sfdify) -> None:
    directory: TenantDirectory = sfdify.directory
    mine, other = uuid4(), uuid4()
    assert directory.claim("my-firm", mine, TenantMode.TEST)
    assert directory.claim("my-firm", mine, TenantMode.TEST)
    assert not directory.claim("my-firm", other, TenantMode.TEST)
    assert not directory.claim("another", mine, TenantMode.LIVE)
    entry = directory.by_slug("my-firm")
    assert entry == directory.by_id(mine)
    assert directory.by_slug("nobody") is directory.by_id(other) is None


def test_objects_are_sealed_bound_to_their_name_and_erased_with_the_person(sfdify: Sfdify, tmp_path: Path) -> None:
    tenant, person, other = uuid4(), uuid4(), uuid4()
    store: SealedStore = sfdify.store
    for subject in (person, other):
        sfdify.keyring.create(tenant, subject)
        store.put(tenant, subject, "letters/1.pdf", b"%PDF readable")
    assert store.get(tenant, person, "letters/1.pdf") == b"%PDF readable"
    assert not any(b"readable" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert store.erase(tenant, person) == 1
    assert store.get(tenant, person, "letters/1.pdf") is None
    sfdify.keyring.destroy(tenant, other)
    assert store.get(tenant, other, "letters/1.pdf") is None
    with pytest.raises(ValueError, match="relative path"):
        store.put(tenant, person, "../x", b"")


def test_handlers_read_query_tables_as_one_tenant(sfdify: Sfdify) -> None:
    tables = QueryTables(sfdify.pool)
    assert tables.reached(uuid4(), 0)
    assert not tables.reached(uuid4(), 2**62)
    assert tables.disputes_to_reconcile(uuid4(), uuid4()) == []
    assert tables.own_disputes(uuid4(), uuid4()) == []
    assert tables.mailing_of_piece(uuid4(), "ltr_1") is None
