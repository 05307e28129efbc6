"""Lists in pages: a stable order, a sealed cursor that names the last row seen, never an offset."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final, Generic, TypeVar
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import Query
from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from domain.kernel import Invalid

T = TypeVar("T")
Row = TypeVar("Row")
SortValue = str | int | datetime | date | UUID
DEFAULT_LIMIT: Final = 25
LARGEST_CURSOR: Final = 1000

Limit = Annotated[int, Query(ge=1, le=100, description="How many items at most")]
Cursor = Annotated[
    str | None,
    Query(
        description="next_cursor of the page before",
        json_schema_extra={"format": "cursor"},
    ),
]


class InvalidCursor(Invalid):
    """The cursor was not issued for this list, filter and tenant. Start again without a cursor."""

    code: ClassVar[str] = "invalid_cursor"
    status: ClassVar[int] = 400


class Page(BaseModel, Generic[T]):
    """A part of a list; `next_cursor` leads to the rest."""

    model_config = ConfigDict(extra="forbid")

    items: list[T] = Field(max_length=100)
    next_cursor: str | None = Field(default=None, max_length=LARGEST_CURSOR)
    has_more: bool


@dataclass(frozen=True)
class Keyset:
    """The last row of the page before: its sort value and its id."""

    value: SortValue
    id: UUID


@dataclass(frozen=True)
class List:
    """Which list a cursor belongs to: it opens for this tenant, route and filter and no other."""

    tenant_id: UUID
    route: str
    filters: Mapping[str, Any]

    def binding(self) -> bytes:
        """The associated data that ties a cursor to its list."""
        content = [str(self.tenant_id), self.route, {k: None if v is None else str(v) for k, v in self.filters.items()}]
        return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()


_TO_TEXT: Final[Mapping[type, str]] = {str: "s", int: "i", datetime: "t", date: "d", UUID: "u"}
_FROM_TEXT: Final[Mapping[str, Callable[[str], SortValue]]] = {
    "s": str,
    "i": int,
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "u": UUID,
}


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


class Cursors:
    """Issues and opens cursors. They are sealed, not only signed: a sort value may be a person's name."""

    def __init__(self, secret: bytes) -> None:
        """`secret`: 32 bytes or more, the same in every API process."""
        if len(secret) < 32:
            raise ValueError("the cursor secret needs at least 32 bytes")
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sfdify list cursors v1").derive(secret)
        self._cipher = AESGCM(key)

    def issue(self, of: List, after: Keyset) -> str:
        """The opaque text that continues list `of` behind row `after`."""
        value = after.value.isoformat() if isinstance(after.value, (datetime, date)) else str(after.value)
        content = orjson.dumps([_TO_TEXT[type(after.value)], value, str(after.id)])
        nonce = os.urandom(12)
        sealed = nonce + self._cipher.encrypt(nonce, content, of.binding())
        return _text(sealed)

    def open(self, of: List, cursor: str | None) -> Keyset | None:
        """The row behind which the page starts; None for the first page, `InvalidCursor` for anything else."""
        if cursor is None:
            return None
        try:
            if len(cursor) > LARGEST_CURSOR or not cursor.isascii():
                raise ValueError("too long")
            sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            if _text(sealed) != cursor:
                raise ValueError("not canonical")
            kind, value, identity = orjson.loads(self._cipher.decrypt(sealed[:12], sealed[12:], of.binding()))
            return Keyset(_FROM_TEXT[kind](value), UUID(identity))
        except (InvalidTag, binascii.Error, ValueError, KeyError, TypeError) as error:
            raise InvalidCursor("This cursor does not belong to this list; start without a cursor.") from error

    def page(
        self, of: List, rows: Sequence[Row], limit: int, keyset: Callable[[Row], Keyset], item: Callable[[Row], T]
    ) -> Page[T]:
        """A page from up to `limit + 1` rows in list order; the extra row only says that there is more."""
        shown, more = rows[:limit], len(rows) > limit
        following = self.issue(of, keyset(shown[-1])) if more else None
        return Page(items=[item(row) for row in shown], next_cursor=following, has_more=more)


@dataclass(frozen=True)
class KeysetSql:
    """The pieces of a list query: a condition and an order. Its values come from `keyset_params`."""

    where: sql.Composable
    order_by: sql.Composable


def keyset_sql(sort_column: str, continued: bool, *, id_column: str = "id", descending: bool = False) -> KeysetSql:
    """SQL for one page ordered by (sort column, id), the first or one that is continued from another.

    The sort column must be NOT NULL and indexed with the id. Use as
    `WHERE ... AND {where} ORDER BY {order_by} LIMIT %(page_rows)s`.
    """
    columns = sql.Identifier(sort_column), sql.Identifier(id_column)
    direction, comparison = (sql.SQL("DESC"), sql.SQL("<")) if descending else (sql.SQL("ASC"), sql.SQL(">"))
    order_by = sql.SQL("{0} {2}, {1} {2}").format(*columns, direction)
    if not continued:
        return KeysetSql(sql.SQL("true"), order_by)
    return KeysetSql(
        sql.SQL("({0}, {1}) {2} (%(page_after)s, %(page_after_id)s)").format(*columns, comparison), order_by
    )


def keyset_params(after: Keyset | None, limit: int) -> dict[str, Any]:
    """The values of `keyset_sql`: one row more than the page holds says whether there is another page."""
    rows = {"page_rows": limit + 1}
    return rows if after is None else rows | {"page_after": after.value, "page_after_id": after.id}
