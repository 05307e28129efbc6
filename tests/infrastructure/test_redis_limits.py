from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import redis

from infrastructure.limits import DEFAULT_LIMITS, Decision, Limits, Policy, buckets_of, decide
from infrastructure.redis_limits import RedisRateLimiter

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
USER = uuid4()
SMALL = Limits(Policy("user", 3, 60), Policy("tenant", 5, 60))


class Standby:
    """A limiter that refuses everything, so that a test sees who was asked."""

    def check(
        self, tenant_id: UUID, user_id: UUID, now: datetime | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> Decision:
        return decide(buckets_of(tenant_id, user_id, limits), [(False, 0.0)])

    async def check_async(
        self, tenant_id: UUID, user_id: UUID, now: datetime | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> Decision:
        return self.check(tenant_id, user_id, now, limits)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    binary = shutil.which("redis-server")
    assert binary, "redis-server must be installed: ./run test installs it"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder: Path = tmp_path_factory.mktemp("redis")
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen([binary, *arguments], stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        until = time.monotonic() + 10
        while True:
            try:
                redis.Redis.from_url(url, socket_timeout=1).ping()
                break
            except redis.RedisError:
                assert time.monotonic() < until, "Redis did not start"
                time.sleep(0.02)
        yield url
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def limiter(redis_url: str) -> Iterator[RedisRateLimiter]:
    opened = RedisRateLimiter(redis_url, Standby())
    yield opened
    opened.close()


def test_the_defaults_are_the_same_as_in_postgres(limiter: RedisRateLimiter) -> None:
    tenant = uuid4()
    decisions = [limiter.check(tenant, USER, NOW) for _ in range(101)]
    assert [d.allowed for d in decisions] == [True] * 100 + [False]
    assert decisions[0].headers()["RateLimit"] == '"user";r=99;t=1'
    assert decisions[-1].retry_after_seconds == 1


def test_a_refused_call_costs_nothing_and_the_bucket_refills_evenly(limiter: RedisRateLimiter) -> None:
    tenant = uuid4()
    assert [limiter.check(tenant, USER, NOW, SMALL).allowed for _ in range(9)] == [True] * 3 + [False] * 6
    assert [limiter.check(tenant, USER, NOW + timedelta(seconds=20), SMALL).allowed for _ in range(2)] == [True, False]
    assert limiter.check(tenant, uuid4(), NOW + timedelta(seconds=20), SMALL).allowed


def test_a_clock_that_goes_back_gives_nothing_away(limiter: RedisRateLimiter) -> None:
    tenant = uuid4()
    for _ in range(3):
        limiter.check(tenant, USER, NOW, SMALL)
    assert not limiter.check(tenant, USER, NOW - timedelta(hours=1), SMALL).allowed
    assert not limiter.check(tenant, USER, NOW, SMALL).allowed


def test_callers_at_the_same_moment_share_the_tokens_exactly(limiter: RedisRateLimiter) -> None:
    tenant, limits = uuid4(), Limits(Policy("user", 50, 60), Policy("tenant", 30, 60))
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: limiter.check(tenant, uuid4(), NOW, limits).allowed, range(80)))
    assert sum(found) == 30


def test_async_calls_count_in_the_same_buckets(redis_url: str) -> None:
    tenant = uuid4()

    async def four() -> list[bool]:
        limiter = RedisRateLimiter(redis_url, Standby())
        try:
            return [(await limiter.check_async(tenant, USER, limits=SMALL)).allowed for _ in range(4)]
        finally:
            await limiter.close_async()
            limiter.close()

    assert asyncio.run(four()) == [True, True, True, False]


def test_buckets_disappear_when_they_would_be_full(limiter: RedisRateLimiter, redis_url: str) -> None:
    tenant = uuid4()
    limiter.check(tenant, USER, limits=SMALL)
    client = redis.Redis.from_url(redis_url, socket_timeout=1)
    keys = client.keys(f"*{tenant.hex}*")
    assert len(keys) == 2  # type: ignore[arg-type]
    assert all(0 < client.ttl(key) <= 61 for key in keys)  # type: ignore[union-attr,operator]


def test_the_other_limiter_counts_while_redis_is_away() -> None:
    limiter = RedisRateLimiter("redis://127.0.0.1:1/0", Standby())
    assert not limiter.check(uuid4(), USER).allowed

    async def once() -> bool:
        return (await limiter.check_async(uuid4(), USER)).allowed

    assert not asyncio.run(once())
