"""Reading query tables as one tenant, in one round trip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg import AsyncClientCursor, AsyncConnection, ClientCursor, Connection
from psycopg.rows import dict_row

Params = Sequence[Any] | Mapping[str, Any]
Row = dict[str, Any]

_AS_TENANT: Final[LiteralString] = "SELECT set_config('app.tenant_id', %s, true)"
_PLAIN: Final = (UUID, int, float, Decimal, date, timedelta, Enum, type(None))


def many(conn: Connection[Any], tenant_id: UUID, query: LiteralString, params: Params = ()) -> list[Row]:
    """The rows `query` finds for this tenant; row security hides all others.

    `conn` must be in autocommit mode, as the pools give it. Raises psycopg.Error.
    """
    if _says_nothing(params):
        with ClientCursor(conn, row_factory=dict_row) as cursor:
            cursor.execute(_one_message(cursor, tenant_id, query, params))
            cursor.nextset()
            return cursor.fetchall()
    with conn.pipeline(), conn.cursor(row_factory=dict_row) as reader:
        conn.execute(_AS_TENANT, (str(tenant_id),))
        return reader.execute(query, params).fetchall()


def one(conn: Connection[Any], tenant_id: UUID, query: LiteralString, params: Params = ()) -> Row | None:
    """The first row `query` finds for this tenant, or None."""
    return next(iter(many(conn, tenant_id, query, params)), None)


async def many_async(
    conn: AsyncConnection[Any], tenant_id: UUID, query: LiteralString, params: Params = ()
) -> list[Row]:
    """As `many`, for async readers."""
    if _says_nothing(params):
        async with AsyncClientCursor(conn, row_factory=dict_row) as cursor:
            await cursor.execute(_one_message(cursor, tenant_id, query, params))
            cursor.nextset()
            return await cursor.fetchall()
    async with conn.pipeline(), conn.cursor(row_factory=dict_row) as reader:
        await conn.execute(_AS_TENANT, (str(tenant_id),))
        await reader.execute(query, params)
        return await reader.fetchall()


async def one_async(
    conn: AsyncConnection[Any], tenant_id: UUID, query: LiteralString, params: Params = ()
) -> Row | None:
    """As `one`, for async readers."""
    return next(iter(await many_async(conn, tenant_id, query, params)), None)


def _says_nothing(params: Params) -> bool:
    """Whether no value could be a person's words.

    Ids, numbers and instants may be written into the query's text, which takes half the time. A text
    travels apart from it, because servers log the query of a statement that fails.
    """
    values = params.values() if isinstance(params, Mapping) else params
    return all(isinstance(value, _PLAIN) for value in values)


def _one_message(
    cursor: ClientCursor[Row] | AsyncClientCursor[Row], tenant_id: UUID, query: LiteralString, params: Params
) -> bytes:
    """Both statements in one message, which the server runs as one transaction: the setting ends with it."""
    return f"{cursor.mogrify(_AS_TENANT, (str(tenant_id),))};{cursor.mogrify(query, params)}".encode()
