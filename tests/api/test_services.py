"""One API process's parts are opened together and closed together."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from api.services import READERS, Services, open_services
from infrastructure.limits import PostgresRateLimiter
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
