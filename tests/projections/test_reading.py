import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from infrastructure.projecting import Runner
from projections.reading import many, many_async, one, one_async
from tests.support.ledger import BOTH, OTHER_TENANT, TENANT, AccountStatus, Ledger, account, decode
from tests.support.postgres import TestDatabase

BY_ID = "SELECT account_id, owner_name, status FROM rm.accounts WHERE account_id = %s"
BY_NAME = "SELECT account_id FROM rm.accounts WHERE owner_name = %s ORDER BY account_id"
ALL = "SELECT account_id FROM rm.accounts"


@pytest.fixture
def app(database: TestDatabase) -> Iterator[psycopg.Connection[Any]]:
    for tenant in (TENANT, OTHER_TENANT):
        with Ledger(database.app_url, tenant) as ledger:
            ledger.append(ledger.opened(1, 5), ledger.opened(2, 5))
    Runner(database.projector_url, BOTH, decode).drain()
    with psycopg.connect(database.app_url, autocommit=True) as conn:
        yield conn


def test_a_tenant_reads_its_own_rows_only(app: psycopg.Connection[Any]) -> None:
    mine, theirs = account(1), account(1, OTHER_TENANT)
    assert one(app, TENANT, BY_ID, (mine,)) == {"account_id": mine, "owner_name": "Owner 5", "status": "open"}
    assert one(app, TENANT, BY_ID, (theirs,)) is None
    assert one(app, OTHER_TENANT, BY_ID, (theirs,)) is not None
    assert many(app, uuid4(), ALL) == []


@pytest.mark.parametrize("words", ["Owner 5", "Owner 5' OR true --"])
def test_a_text_travels_as_a_parameter(app: psycopg.Connection[Any], words: str) -> None:
    found = many(app, TENANT, BY_NAME, (words,))
    assert [row["account_id"] for row in found] == (sorted([account(1), account(2)]) if words == "Owner 5" else [])


def test_nothing_of_the_tenant_stays_on_the_connection(app: psycopg.Connection[Any]) -> None:
    many(app, TENANT, BY_NAME, ("Owner 5",))
    many(app, TENANT, ALL)
    assert app.execute("SELECT count(*) FROM rm.accounts").fetchone() == (0,)
    assert app.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


@pytest.mark.parametrize("value", [1, "x"])
def test_a_failing_read_leaves_the_connection_usable(app: psycopg.Connection[Any], value: object) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        many(app, TENANT, "SELECT * FROM rm.nothing WHERE a = %s", (value,))
    assert len(many(app, TENANT, ALL)) == 2
    assert app.execute("SELECT count(*) FROM rm.accounts").fetchone() == (0,)


def test_named_parameters_and_enums(app: psycopg.Connection[Any]) -> None:
    query = "SELECT count(*) AS n FROM rm.accounts WHERE status = %(status)s"
    assert one(app, TENANT, query, {"status": AccountStatus.OPEN}) == {"n": 2}
    assert one(app, TENANT, query, {"status": "closed"}) == {"n": 0}


def test_async_reads_are_the_same(app: psycopg.Connection[Any], database: TestDatabase) -> None:
    async def read() -> tuple[Any, ...]:
        async with await psycopg.AsyncConnection.connect(database.app_url, autocommit=True) as conn:
            return (
                await one_async(conn, TENANT, BY_ID, (account(2),)),
                await one_async(conn, OTHER_TENANT, BY_ID, (account(2),)),
                await many_async(conn, TENANT, BY_NAME, ("Owner 5",)),
            )

    mine, theirs, named = asyncio.run(read())
    assert mine == one(app, TENANT, BY_ID, (account(2),))
    assert theirs is None
    assert named == many(app, TENANT, BY_NAME, ("Owner 5",))
