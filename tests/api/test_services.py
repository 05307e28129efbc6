"""One API process's parts are opened together and closed together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
import redis.asyncio

from api.services import READERS, Services, open_services
from infrastructure.limits import PostgresRateLimiter
from infrastructure.redis_limits import RedisRateLimiter
from infrastructure.telemetry import Metrics
from tests.support.api import CHEAP, Served


def test_the_parts_work_and_end_with_their_block(served: Served) -> None:
    async def use() -> tuple[Services, int]:
        async with open_services(served.sfdify, Metrics(), CHEAP) as services:
            async with services.readers.connection() as conn:
                found = await (await conn.execute("SELECT 1")).fetchone()
            assert found == (1,)
            return services, services.readers.max_size

    services, size = asyncio.run(use())

    assert size == READERS
    assert services.readers.closed
    assert services.platform_key == served.platform_key
    assert isinstance(services.limiter, PostgresRateLimiter)
    assert abs((Services.now() - datetime.now(UTC)).total_seconds()) < 60


def test_the_counters_in_redis_are_let_go_of_however_the_block_ends(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    for name in ("close", "aclose"):
        kind = redis.Redis if name == "close" else redis.asyncio.Redis
        monkeypatch.setattr(kind, name, _noted(getattr(kind, name), name, closed))
    settings = served.sfdify.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})

    async def use() -> None:
        async with open_services(replace(served.sfdify, settings=settings), Metrics(), CHEAP) as services:
            assert isinstance(services.limiter, RedisRateLimiter)
            raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(use())
    assert {"close", "aclose"} <= set(closed)


def _noted(real: Callable[..., Any], name: str, closed: list[str]) -> Callable[..., Any]:
    def note(*given: Any, **more: Any) -> Any:
        closed.append(name)
        return real(*given, **more)

    return note
