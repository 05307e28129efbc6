"""Reading query tables for a route: a row or a page, of one tenant and, for a consumer, of their own case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Request, Response
from psycopg import sql
from pydantic import BaseModel

from api.access import Reader, check, own_case
from api.etags import etag, not_modified, unchanged
from api.pages import Cursor, Keyset, Limit, List, Page, keyset_params, keyset_sql
from api.positions import MinEventPosition, ProjectionLagging
from api.route_templates import route_template
from api.services import Api, Services
from domain.kernel import Caller, NotFound
from domain.permissions import Permission
from projections.reading import many_async

R = TypeVar("R", bound=BaseModel)
WAIT_S = 2.0


@dataclass(frozen=True)
class Source(Generic[R]):
    """A query table as the API shows it. `case` names the column that says whose case a row belongs to.

    `read_from` is where rows come from; `read_all_from` serves lists that ask for no one case, where that can be
    had without looking at rows the page will not show. A column of `lists` holds several values; a row is found by any
    of them.
    """

    name: str
    row: type[R]
    id: str
    sort: str
    case: str | None = "consumer_id"
    descending: bool = True
    read_from: str = ""
    read_all_from: str = ""
    needs: Permission = Permission.READ_CASES
    waits_for: tuple[str, ...] = field(default=())
    lists: frozenset[str] = frozenset()

    @property
    def projections(self) -> tuple[str, ...]:
        """The projections that must have seen what the reader wrote."""
        return self.waits_for or (self.name,)

    def select(self, extra: tuple[str, ...] = (), *, of_all_cases: bool = False) -> sql.Composed:
        """The columns of the row model."""
        columns = sql.SQL(", ").join(map(sql.Identifier, (*self.row.model_fields, *extra)))
        place = (of_all_cases and self.read_all_from) or self.read_from or f"rm.{self.name}"
        return sql.SQL("SELECT {} FROM {}").format(columns, sql.SQL(place))


@dataclass(frozen=True)
class Listing:
    """A request for a part of a list: whose, which part, and what it must already show."""

    request: Request
    api: Services
    caller: Caller
    position: int | None
    limit: int
    cursor: str | None

    async def page(self, source: Source[R], **filters: Any) -> Page[R]:
        """One page of the list, newest or next due first; filters that are None are not asked for."""
        check(self.caller, source.needs)
        await current(self.api, source, self.position)
        chosen = {name: value for name, value in filters.items() if value is not None}
        route = route_template(self.request.scope) or ""
        of = List(self.caller.tenant_id, route, {**chosen, "own case": own_case(self.caller)})
        after = self.api.cursors.open(of, self.cursor)
        wanted = _own(source, self.caller, list(chosen.items()))
        query = _list_query(source, tuple(column for column, _ in wanted), after is not None)
        params = keyset_params(after, self.limit) | {f"f_{n}": value for n, (_, value) in enumerate(wanted)}
        rows = await _rows(self.api, self.caller.tenant_id, query, params)
        return self.api.cursors.page(
            of,
            rows,
            self.limit,
            lambda row: Keyset(row[source.sort], row[source.id]),
            lambda row: source.row.model_validate(row),
        )


@dataclass(frozen=True)
class Single:
    """A request for one row, and what it must already show."""

    request: Request
    response: Response
    api: Services
    caller: Caller
    position: int | None

    async def row(self, source: Source[R], identity: UUID) -> R | Response:
        """The row with its ETag; 304 when the client has it already. Another tenant's row is no row."""
        check(self.caller, source.needs)
        await current(self.api, source, self.position)
        wanted = _own(source, self.caller, [(source.id, identity)])
        query = _row_query(source, tuple(column for column, _ in wanted))
        params = {f"f_{n}": value for n, (_, value) in enumerate(wanted)}
        rows = await _rows(self.api, self.caller.tenant_id, query, params)
        if not rows:
            raise NotFound("there is nothing of this id")
        row = rows[0]
        tag = etag(row.get("version", 0), row.pop("position"))
        if not_modified(self.request, tag):
            return unchanged(tag)
        self.response.headers["ETag"] = tag
        return source.row.model_validate(row)


async def _listing(
    request: Request, api: Api, caller: Reader, position: MinEventPosition, limit: Limit = 25, cursor: Cursor = None
) -> Listing:
    return Listing(request, api, caller, position, limit, cursor)


async def _single(request: Request, response: Response, api: Api, caller: Reader, position: MinEventPosition) -> Single:
    return Single(request, response, api, caller, position)


Lists = Annotated[Listing, Depends(_listing)]
One = Annotated[Single, Depends(_single)]


async def current(api: Services, source: Source[Any], position: int | None) -> None:
    """Wait until the table shows what the client wrote. Raises ProjectionLagging."""
    if position is not None and not await api.watermarks.wait_for(position, source.projections, WAIT_S):
        raise ProjectionLagging


def _own(source: Source[R], caller: Caller, wanted: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """What a row must have in which column, for this caller: a consumer sees their own case only."""
    mine = own_case(caller)
    if mine is None:
        return wanted
    if source.case is None:
        raise NotFound("there is nothing of this kind for you")
    return [*wanted, (source.case, mine)]


@lru_cache(maxsize=1_000)
def _list_query(source: Source[Any], columns: tuple[str, ...], continued: bool) -> str:
    keys = keyset_sql(source.sort, continued, id_column=source.id, descending=source.descending)
    where = sql.SQL(" AND ").join([keys.where, *_equal(source, columns)])
    query = sql.SQL("{} WHERE {} ORDER BY {} LIMIT %(page_rows)s")
    return query.format(source.select(of_all_cases=source.case not in columns), where, keys.order_by).as_string()


@lru_cache(maxsize=1_000)
def _row_query(source: Source[Any], columns: tuple[str, ...]) -> str:
    where = sql.SQL(" AND ").join(_equal(source, columns))
    return sql.SQL("{} WHERE {}").format(source.select(("position",)), where).as_string()


def _equal(source: Source[Any], columns: tuple[str, ...]) -> list[sql.Composed]:
    equal, among = sql.SQL("{} = {}"), sql.SQL("{1} = ANY({0})")
    return [
        (among if name in source.lists else equal).format(sql.Identifier(name), sql.Placeholder(f"f_{n}"))
        for n, name in enumerate(columns)
    ]


async def _rows(api: Services, tenant_id: UUID, query: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    async with api.readers.connection() as conn:
        return await many_async(conn, tenant_id, query, params)
