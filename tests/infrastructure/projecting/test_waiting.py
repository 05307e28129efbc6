import asyncio
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from infrastructure.projecting import Runner
from infrastructure.projecting.waiting import Watermarks, has_reached, wait_for
from tests.support.ledger import BOTH, Ledger, decode
from tests.support.postgres import TestDatabase
from tests.support.projecting import running

NAMES = ["accounts", "owners"]


def test_a_reader_waits_for_its_own_write(ledger: Ledger, database: TestDatabase) -> None:
    with psycopg.connect(database.app_url, autocommit=True) as app:
        at = ledger.append(ledger.opened(1))
        assert not has_reached(app, at, NAMES)
        assert not wait_for(app, at, NAMES, 0.05)
        with running(Runner(database.projector_url, BOTH, decode)):
            assert wait_for(app, at, NAMES, 10)
            assert not wait_for(app, at + 1, ["accounts"], 0.05)
        assert not has_reached(app, 0, ["letters"])


def test_many_readers_wait_with_one_look_at_a_time(ledger: Ledger, database: TestDatabase) -> None:
    looks: list[int] = []
    looking = 0

    class Counting(Watermarks):
        async def _look(self) -> None:
            nonlocal looking
            looking += 1
            looks.append(looking)
            await super()._look()
            looking -= 1

    async def read() -> tuple[list[bool], int, list[bool]]:
        async with AsyncConnectionPool[Any](
            database.app_url, min_size=1, max_size=2, kwargs={"autocommit": True}, open=False
        ) as pool:
            marks = Counting(pool)
            reached = await asyncio.gather(*(marks.wait_for(at, NAMES, 10) for _ in range(50)))
            for_all = len(looks)
            return list(reached), for_all, list(
                await asyncio.gather(*(marks.wait_for(at + 1, NAMES, 0.05) for _ in range(50)))
            )

    at = ledger.append(ledger.opened(1))
    Runner(database.projector_url, BOTH, decode).drain()
    reached, for_all, beyond = asyncio.run(read())
    assert reached == [True] * 50
    assert for_all == 1
    assert beyond == [False] * 50
    assert set(looks) == {1}
