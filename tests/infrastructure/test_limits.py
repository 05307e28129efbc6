from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg_pool import ConnectionPool

from infrastructure.limits import (
    Bucket,
    Decision,
    Limits,
    Policy,
    PostgresRateLimiter,
    RateLimited,
    SignInGuard,
    SignInUnavailable,
    decide,
    network_of,
)
from infrastructure.postgres import Connection, async_pool
from tests.support.postgres import TestDatabase

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TENANT, USER = uuid4(), uuid4()
SMALL = Limits(Policy("user", 3, 60), Policy("tenant", 5, 60))


@pytest.fixture
def limiter(pool: ConnectionPool[Connection]) -> PostgresRateLimiter:
    return PostgresRateLimiter(pool)


def test_the_defaults_are_100_a_minute_for_a_user_and_1000_for_a_tenant(limiter: PostgresRateLimiter) -> None:
    decisions = [limiter.check(TENANT, USER, NOW) for _ in range(101)]
    assert [d.allowed for d in decisions] == [True] * 100 + [False]
    assert decisions[0].headers() == {
        "RateLimit-Policy": '"user";q=100;w=60, "tenant";q=1000;w=60',
        "RateLimit": '"user";r=99;t=1',
    }
    refused = decisions[-1].headers()
    assert refused["RateLimit"] == '"user";r=0;t=60'
    assert refused["Retry-After"] == "1"
    others = [limiter.check(TENANT, uuid4(), NOW) for _ in range(901)]
    assert [d.allowed for d in others] == [True] * 900 + [False]
    assert others[-1].policy.name == "tenant"


def test_a_refused_call_costs_nothing(limiter: PostgresRateLimiter) -> None:
    for _ in range(3):
        assert limiter.check(TENANT, USER, NOW, SMALL).allowed
    hammered = [limiter.check(TENANT, USER, NOW + timedelta(seconds=s / 10), SMALL) for s in range(1, 200)]
    assert not any(d.allowed for d in hammered)
    assert limiter.check(TENANT, USER, NOW + timedelta(seconds=20), SMALL).allowed
    assert not limiter.check(TENANT, USER, NOW + timedelta(seconds=20), SMALL).allowed


def test_a_user_over_the_limit_leaves_the_tenant_s_quota_to_the_others(limiter: PostgresRateLimiter) -> None:
    for _ in range(50):
        limiter.check(TENANT, USER, NOW, SMALL)
    assert [limiter.check(TENANT, uuid4(), NOW, SMALL).allowed for _ in range(3)] == [True, True, False]


def test_tenants_do_not_share_buckets(limiter: PostgresRateLimiter) -> None:
    for _ in range(4):
        limiter.check(TENANT, USER, NOW, SMALL)
    assert limiter.check(uuid4(), USER, NOW, SMALL).allowed


def test_a_tenant_s_own_limits_count_at_once(limiter: PostgresRateLimiter) -> None:
    for _ in range(4):
        limiter.check(TENANT, USER, NOW, SMALL)
    raised = Limits(Policy("user", 600, 60), Policy("tenant", 6000, 60))
    assert limiter.check(TENANT, USER, NOW + timedelta(seconds=1), raised).allowed


def test_a_clock_that_goes_back_gives_nothing_away(limiter: PostgresRateLimiter) -> None:
    for _ in range(3):
        limiter.check(TENANT, USER, NOW, SMALL)
    assert not limiter.check(TENANT, USER, NOW - timedelta(hours=1), SMALL).allowed
    assert not limiter.check(TENANT, USER, NOW, SMALL).allowed


def test_callers_at_the_same_moment_share_the_tokens_exactly(limiter: PostgresRateLimiter) -> None:
    limits = Limits(Policy("user", 50, 60), Policy("tenant", 30, 60))
    with ThreadPoolExecutor(16) as threads:
        users = [USER, uuid4(), uuid4()]
        decisions = list(threads.map(lambda n: limiter.check(TENANT, users[n % 3], NOW, limits), range(120)))
    assert sum(d.allowed for d in decisions) == 30


def test_the_store_s_clock_decides_when_no_time_is_given(limiter: PostgresRateLimiter) -> None:
    slow = Limits(Policy("user", 2, 3600), Policy("tenant", 100, 60))
    assert [limiter.check(TENANT, USER, limits=slow).allowed for _ in range(3)] == [True, True, False]


def test_async_calls_count_in_the_same_buckets(pool: ConnectionPool[Connection], database: TestDatabase) -> None:
    async def three() -> list[bool]:
        readers = await async_pool(database.app_url, "app", 2)
        try:
            limiter = PostgresRateLimiter(pool, readers)
            return [(await limiter.check_async(TENANT, USER, NOW, SMALL)).allowed for _ in range(3)]
        finally:
            await readers.close()

    assert PostgresRateLimiter(pool).check(TENANT, USER, NOW, SMALL).allowed
    assert asyncio.run(three()) == [True, True, False]


def test_async_use_needs_an_async_pool(limiter: PostgresRateLimiter) -> None:
    with pytest.raises(RuntimeError, match="async pool"):
        asyncio.run(limiter.check_async(TENANT, USER, NOW))


def test_idle_buckets_are_forgotten(limiter: PostgresRateLimiter) -> None:
    limiter.check(TENANT, USER, NOW)
    limiter.check(TENANT, uuid4(), NOW + timedelta(hours=1))
    assert limiter.forget_idle(NOW + timedelta(minutes=30)) == 1
    assert limiter.forget_idle(NOW + timedelta(hours=2)) == 2


def test_buckets_are_not_written_to_the_write_ahead_log(limiter: PostgresRateLimiter, database: TestDatabase) -> None:
    with psycopg.connect(database.admin_url) as conn:
        row = conn.execute("SELECT relpersistence FROM pg_class WHERE oid = 'limits.bucket'::regclass").fetchone()
    assert row == ("u",)


@settings(max_examples=200)
@given(
    st.integers(1, 10_000),
    st.integers(1, 86_400),
    st.floats(0, 10_000, allow_nan=False),
    st.booleans(),
)
def test_what_the_headers_say_adds_up(quota: int, window: int, held: float, allowed: bool) -> None:
    policy = Policy("user", quota, window)
    tokens = min(held, quota - 1) if allowed else min(held, 0.999)
    decision = decide([Bucket("k", policy)], [(allowed, tokens)])
    assert 0 <= decision.remaining < quota
    assert 0 <= decision.reset_seconds <= window + 1
    assert (decision.retry_after_seconds == 0) == allowed
    if not allowed:
        assert tokens + decision.retry_after_seconds * policy.rate >= 1 - 1e-9


@pytest.mark.parametrize(("quota", "window"), [(0, 60), (-1, 60), (1, 0)])
def test_a_policy_must_let_something_through(quota: int, window: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        Policy("user", quota, window)


GUARD_SECRET = bytes(range(32))


def attempts(guard: SignInGuard, n: int, slug: str, email: str, ip: str) -> list[Decision | None]:
    found: list[Decision | None] = []
    for _ in range(n):
        try:
            guard.attempt(slug, email, ip, NOW)
            found.append(None)
        except RateLimited as error:
            found.append(error.decision)
    return found


def test_ten_attempts_for_one_account_whatever_the_address_and_spelling(pool: ConnectionPool[Connection]) -> None:
    guard = SignInGuard(pool, GUARD_SECRET)
    found = [attempts(guard, 1, "acme", "Ann@Example.com ", f"192.0.2.{n}")[0] for n in range(6)]
    found += [attempts(guard, 1, "ACME", "ann@example.com", f"198.51.100.{n}")[0] for n in range(6)]
    assert [d is None for d in found] == [True] * 10 + [False] * 2
    assert found[-1] is not None
    assert found[-1].retry_after_seconds == 90
    assert attempts(guard, 1, "other", "ann@example.com", "192.0.2.1") == [None]


def test_a_right_password_wipes_the_account_s_slate(pool: ConnectionPool[Connection]) -> None:
    guard = SignInGuard(pool, GUARD_SECRET)
    attempts(guard, 10, "acme", "ann@example.com", "192.0.2.1")
    guard.succeeded("acme", "Ann@example.com")
    assert attempts(guard, 1, "acme", "ann@example.com", "192.0.2.1") == [None]


def test_a_hundred_attempts_from_one_address_whatever_the_account(pool: ConnectionPool[Connection]) -> None:
    guard = SignInGuard(pool, GUARD_SECRET)
    found = [attempts(guard, 1, "acme", f"user{n}@example.com", "192.0.2.1")[0] for n in range(101)]
    assert [d is None for d in found] == [True] * 100 + [False]


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9%eth0", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
    ],
)
def test_one_subscriber_has_one_count(ip: str, network: str) -> None:
    assert network_of(ip) == network


def test_neither_address_nor_e_mail_is_stored(pool: ConnectionPool[Connection], database: TestDatabase) -> None:
    attempts(SignInGuard(pool, GUARD_SECRET), 1, "acme", "ann@example.com", "192.0.2.1")
    with psycopg.connect(database.admin_url) as conn:
        keys = [row[0] for row in conn.execute("SELECT key FROM limits.bucket").fetchall()]
    assert len(keys) == 2
    assert not any("ann" in key or "192" in key or "acme" in key for key in keys)


def test_no_sign_in_while_attempts_cannot_be_counted(pool: ConnectionPool[Connection], database: TestDatabase) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as conn:
        conn.execute("DROP FUNCTION limits.take")
    with pytest.raises(SignInUnavailable):
        SignInGuard(pool, GUARD_SECRET).attempt("acme", "ann@example.com", "192.0.2.1")
