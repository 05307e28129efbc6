from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from psycopg_pool import ConnectionPool

from domain.kernel import Role
from infrastructure.api_keys import ApiKeys, NotForMachines
from infrastructure.postgres import Connection, async_pool
from infrastructure.tokens import Unauthenticated
from tests.support.postgres import TestDatabase

NOW = datetime(2026, 11, 22, 12, 40, tzinfo=UTC)
TENANT, OWNER = uuid4(), uuid4()


@pytest.fixture
def keys(pool: ConnectionPool[Connection]) -> ApiKeys:
    return ApiKeys(pool)


def test_a_key_speaks_for_its_tenant_and_role(keys: ApiKeys) -> None:
    key, text = keys.issue(TENANT, "test", Role.OPERATOR, "nightly import", OWNER, NOW)
    machine = keys.verify(text, NOW)
    assert text.startswith(f"sk_test_{TENANT.hex}_")
    assert (machine.tenant_id, machine.key_id, machine.role, machine.mode) == (
        TENANT, key.key_id, Role.OPERATOR, "test",
    )


def test_use_is_noted_to_the_hour(keys: ApiKeys) -> None:
    _, text = keys.issue(TENANT, "live", Role.VIEWER, "dashboard", OWNER, NOW)
    for minutes in (0, 5, 10):
        keys.verify(text, NOW + timedelta(minutes=minutes))
    assert keys.of_tenant(TENANT)[0].last_used_at == NOW.replace(minute=0)
    keys.verify(text, NOW + timedelta(hours=2))
    assert keys.of_tenant(TENANT)[0].last_used_at == NOW.replace(hour=14, minute=0)


def test_a_revoked_key_is_refused_at_once(keys: ApiKeys) -> None:
    key, text = keys.issue(TENANT, "live", Role.VIEWER, "dashboard", OWNER, NOW)
    assert keys.revoke(TENANT, key.key_id, NOW)
    assert not keys.revoke(TENANT, key.key_id, NOW)
    with pytest.raises(Unauthenticated):
        keys.verify(text, NOW)
    assert keys.of_tenant(TENANT)[0].revoked_at == NOW


def test_wrong_secret_mode_tenant_or_shape_is_refused(keys: ApiKeys) -> None:
    _, text = keys.issue(TENANT, "test", Role.OPERATOR, "import", OWNER, NOW)
    last = "A" if text[-1] != "A" else "B"
    forged = [
        text[:-1] + last,
        text.replace("sk_test_", "sk_live_"),
        text.replace(TENANT.hex, uuid4().hex),
        text + "A",
        text[:-1],
        text.upper(),
        "",
        "sk_test_",
        text.replace("sk_test", "sk_beta"),
        f"sk_test_{TENANT.hex}_{uuid4().hex}_{'A' * 43}",
    ]
    for candidate in forged:
        with pytest.raises(Unauthenticated):
            keys.verify(candidate, NOW)


@pytest.mark.parametrize("role", [Role.CONSUMER, Role.SYSTEM])
def test_machines_are_neither_consumers_nor_the_system(keys: ApiKeys, role: Role) -> None:
    with pytest.raises(NotForMachines):
        keys.issue(TENANT, "test", role, "no", OWNER, NOW)


def test_tenants_do_not_see_each_other_s_keys(keys: ApiKeys) -> None:
    key, _ = keys.issue(TENANT, "test", Role.OPERATOR, "import", OWNER, NOW)
    assert keys.of_tenant(uuid4()) == []
    assert not keys.revoke(uuid4(), key.key_id, NOW)


def test_async_reads_judge_keys_the_same_way(pool: ConnectionPool[Connection], database: TestDatabase) -> None:
    _, text = ApiKeys(pool).issue(TENANT, "test", Role.VIEWER, "dashboard", OWNER, NOW)

    async def read() -> tuple[Role, str]:
        readers = await async_pool(database.app_url, "app", 2)
        try:
            keys = ApiKeys(pool, readers)
            machine = await keys.verify_async(text, NOW)
            try:
                await keys.verify_async(text[:-1] + ("A" if text[-1] != "A" else "B"), NOW)
            except Unauthenticated:
                return machine.role, "refused"
            return machine.role, "accepted"
        finally:
            await readers.close()

    assert asyncio.run(read()) == (Role.VIEWER, "refused")
    assert ApiKeys(pool).of_tenant(TENANT)[0].last_used_at == NOW.replace(minute=0)


def test_async_use_needs_an_async_pool(keys: ApiKeys) -> None:
    with pytest.raises(RuntimeError, match="async pool"):
        asyncio.run(keys.verify_async("sk_test_", NOW))
