from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from psycopg_pool import ConnectionPool

from domain.kernel import Role
from infrastructure.api_keys import ApiKeys, ListedKey, Mode
from infrastructure.derived_secrets import NotShownAgain
from infrastructure.postgres import Connection, async_pool
from infrastructure.tokens import Unauthenticated
from tests.support.postgres import TestDatabase

NOW = datetime(2026, 11, 22, 12, 40, tzinfo=UTC)
TENANT, OWNER = uuid4(), uuid4()


SECRET = "s" * 43


def kept(
    keys: ApiKeys, mode: Mode, role: Role, name: str, key_id: UUID | None = None, secret: str = SECRET
) -> tuple[ListedKey, str]:
    key = ListedKey(key_id or uuid4(), mode, role, name, OWNER, NOW, None, None)
    return key, keys.keep(TENANT, key, secret)


@pytest.fixture
def keys(pool: ConnectionPool[Connection]) -> ApiKeys:
    return ApiKeys(pool)


def test_a_key_speaks_for_its_tenant_and_role(keys: ApiKeys) -> None:
    key, text = kept(keys, "test", Role.OPERATOR, "nightly import")
    machine = keys.verify(text, NOW)
    assert text.startswith(f"sk_test_{TENANT.hex}_")
    assert (machine.tenant_id, machine.key_id, machine.role, machine.mode) == (
        TENANT, key.key_id, Role.OPERATOR, "test",
    )


def test_use_is_noted_to_the_hour(keys: ApiKeys) -> None:
    _, text = kept(keys, "live", Role.VIEWER, "dashboard")
    for minutes in (0, 5, 10):
        keys.verify(text, NOW + timedelta(minutes=minutes))
    assert keys.of_tenant(TENANT)[0].last_used_at == NOW.replace(minute=0)
    keys.verify(text, NOW + timedelta(hours=2))
    assert keys.of_tenant(TENANT)[0].last_used_at == NOW.replace(hour=14, minute=0)


def test_a_revoked_key_is_refused_at_once(keys: ApiKeys) -> None:
    key, text = kept(keys, "live", Role.VIEWER, "dashboard")
    assert keys.revoke(TENANT, key.key_id, NOW)
    assert not keys.revoke(TENANT, key.key_id, NOW)
    with pytest.raises(Unauthenticated):
        keys.verify(text, NOW)
    assert keys.of_tenant(TENANT)[0].revoked_at == NOW


def test_wrong_secret_mode_tenant_or_shape_is_refused(keys: ApiKeys) -> None:
    _, text = kept(keys, "test", Role.OPERATOR, "import")
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


def test_a_key_is_kept_once_and_its_text_is_the_same_each_time(keys: ApiKeys) -> None:
    key, text = kept(keys, "test", Role.VIEWER, "dashboard")
    assert kept(keys, "test", Role.VIEWER, "dashboard", key.key_id) == (key, text)
    assert [found.key_id for found in keys.of_tenant(TENANT)].count(key.key_id) == 1
    assert keys.revoke(TENANT, key.key_id, NOW)
    assert kept(keys, "test", Role.VIEWER, "dashboard", key.key_id) == (key, text)
    with pytest.raises(Unauthenticated):
        keys.verify(text, NOW)


def test_a_text_that_would_open_nothing_is_not_given_out(keys: ApiKeys) -> None:
    key, _ = kept(keys, "test", Role.VIEWER, "dashboard")
    with pytest.raises(NotShownAgain):
        kept(keys, "test", Role.VIEWER, "dashboard", key.key_id, secret="t" * 43)


def test_working_keys_are_all_that_open_the_door(keys: ApiKeys) -> None:
    ended, working = (kept(keys, "test", Role.VIEWER, name)[0] for name in ("ended", "working"))
    keys.revoke(TENANT, ended.key_id, NOW)
    found = [key.key_id for key in keys.working(TENANT)]
    assert working.key_id in found
    assert ended.key_id not in found


def test_tenants_do_not_see_each_other_s_keys(keys: ApiKeys) -> None:
    key, _ = kept(keys, "test", Role.OPERATOR, "import")
    assert keys.of_tenant(uuid4()) == []
    assert not keys.revoke(uuid4(), key.key_id, NOW)


def test_async_reads_judge_keys_the_same_way(pool: ConnectionPool[Connection], database: TestDatabase) -> None:
    _, text = kept(ApiKeys(pool), "test", Role.VIEWER, "dashboard")

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
