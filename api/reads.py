"""Reading query tables for a route: a row or a page, of one tenant and, for a consumer, of their own case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

from fastapi import Request, Response
from psycopg import sql
from pydantic import BaseModel

from api.access import check, own_case
from api.etags import etag, not_modified, unchanged
from api.pages import Keyset, List, Page, keyset_sql
from api.positions import ProjectionLagging
from api.route_templates import route_template
from api.services import Services
from domain.kernel import Caller, NotFound
from domain.permissions import Permission
from projections.reading import many_async

R = TypeVar("R", bound=BaseModel)
WAIT_S = 2.0


@dataclass(frozen=True)
class Source(Generic[R]):
    """A query table as the API shows it. `case` names the column that says whose case a row belongs to."""

    name: str
    row: type[R]
    id: str
    sort: str
    case: str | None = "consumer_id"
    descending: bool = True
    read_from: str = ""
    needs: Permission = Permission.READ_CASES
    waits_for: tuple[str, ...] = field(default=())

    @property
    def projections(self) -> tuple[str, ...]:
        """The projections that must have seen what the reader wrote."""
        return self.waits_for or (self.name,)

    def select(self, extra: tuple[str, ...] = ()) -> sql.Composed:
        """The columns of the row model."""
        columns = sql.SQL(", ").join(map(sql.Identifier, (*self.row.model_fields, *extra)))
        return sql.SQL("SELECT {} FROM {}").format(columns, sql.SQL(self.read_from or f"rm.{self.name}"))


async def current(api: Services, names: tuple[str, ...], position: int | None) -> None:
    """Wait until these tables show what the client wrote. Raises ProjectionLagging."""
    if position is not None and not await api.watermarks.wait_for(position, names, WAIT_S):
        raise ProjectionLagging


async def page(
    api: Services,
    caller: Caller,
    source: Source[R],
    request: Request,
    *,
    limit: int,
    cursor: str | None,
    position: int | None,
    filters: Mapping[str, Any],
) -> Page[R]:
    """One page of the list, newest or next due first."""
    check(caller, source.needs)
    await current(api, source.projections, position)
    chosen = {name: value for name, value in filters.items() if value is not None}
    of = List(caller.tenant_id, route_template(request.scope) or "", {**chosen, "own case": own_case(caller)})
    keys = keyset_sql(
        source.sort, api.cursors.open(of, cursor), limit, id_column=source.id, descending=source.descending
    )
    conditions: list[sql.Composable] = [keys.where]
    params: dict[str, Any] = dict(keys.params)
    for name, value in chosen.items():
        conditions.append(sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(f"f_{name}")))
        params[f"f_{name}"] = value
    _restrict(source, caller, conditions, params)
    query = sql.SQL("{} WHERE {} ORDER BY {} LIMIT %(page_rows)s").format(
        source.select(), sql.SQL(" AND ").join(conditions), keys.order_by
    )
    rows = await _rows(api, caller.tenant_id, query, params)
    return api.cursors.page(
        of,
        rows,
        limit,
        lambda row: Keyset(row[source.sort], row[source.id]),
        lambda row: source.row.model_validate(row),
    )


async def single(
    api: Services,
    caller: Caller,
    source: Source[R],
    identity: UUID,
    request: Request,
    response: Response,
    position: int | None,
) -> R | Response:
    """One row with its ETag; 304 when the client has it already. Another tenant's row is no row."""
    check(caller, source.needs)
    await current(api, source.projections, position)
    conditions: list[sql.Composable] = [sql.SQL("{} = %(id)s").format(sql.Identifier(source.id))]
    params: dict[str, Any] = {"id": identity}
    _restrict(source, caller, conditions, params)
    query = sql.SQL("{} WHERE {}").format(source.select(("position",)), sql.SQL(" AND ").join(conditions))
    rows = await _rows(api, caller.tenant_id, query, params)
    if not rows:
        raise NotFound("there is nothing of this id")
    row = rows[0]
    tag = etag(row.get("version", 0), row.pop("position"))
    if not_modified(request, tag):
        return unchanged(tag)
    response.headers["ETag"] = tag
    return source.row.model_validate(row)


def _restrict(source: Source[R], caller: Caller, conditions: list[sql.Composable], params: dict[str, Any]) -> None:
    mine = own_case(caller)
    if mine is None:
        return
    if source.case is None:
        raise NotFound("there is nothing of this kind for you")
    conditions.append(sql.SQL("{} = %(own_case)s").format(sql.Identifier(source.case)))
    params["own_case"] = mine


async def _rows(api: Services, tenant_id: UUID, query: sql.Composed, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    async with api.readers.connection() as conn:
        return await many_async(conn, tenant_id, query.as_string(conn), params)
