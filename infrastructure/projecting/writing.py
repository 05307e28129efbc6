"""Folded changes become few statements: one for each table and set of columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from psycopg import Connection, sql
from pydantic_core import to_json

from infrastructure.projecting.tables import identifiers, named
from projections.folding import Rows, Step, Sweep
from projections.kernel import AmendWhere, Plus, Table

Columns = tuple[str, ...]
_Grouped = dict[tuple[frozenset[str], frozenset[str]], list[tuple[tuple[Any, ...], dict[str, Any]]]]


def write(conn: Connection[Any], steps: Iterable[Step], suffix: str = "") -> None:
    """Make the changes in tables named `<table><suffix>`, inside the caller's transaction. Raises psycopg.Error."""
    for step in steps:
        if isinstance(step, Sweep):
            _sweep(conn, step, suffix)
        else:
            for table, rows in step.items():
                _write_rows(conn, table, rows, suffix)


def _write_rows(conn: Connection[Any], table: Table, rows: Rows, suffix: str) -> None:
    amended: _Grouped = defaultdict(list)
    put: _Grouped = defaultdict(list)
    removed: list[tuple[Any, ...]] = []
    for key, fate in rows.items():
        if fate.amended is not None:
            amended[_columns_of(table, fate.amended)].append((key, fate.amended))
        if fate.removed:
            removed.append(key)
        if fate.put is not None:
            put[_columns_of(table, fate.put)].append((key, fate.put))
    for (columns, counted), group in amended.items():
        _send(conn, _amend(table, suffix, _ordered(table, columns), counted), table, columns, group)
    if removed:
        _send(conn, _remove(table, suffix), table, frozenset(), [(key, {}) for key in removed])
    for (columns, counted), group in put.items():
        _send(conn, _put(table, suffix, _ordered(table, columns), counted), table, columns, group)


def _columns_of(table: Table, values: dict[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    counted = [name for name in table.counters if isinstance(values.get(name), Plus)]
    return frozenset(values), frozenset(counted)


def _ordered(table: Table, columns: frozenset[str]) -> Columns:
    return tuple(name for name in table.types if name in columns)


def _send(
    conn: Connection[Any],
    query: bytes,
    table: Table,
    columns: frozenset[str],
    rows: Sequence[tuple[tuple[Any, ...], dict[str, Any]]],
) -> None:
    keys = zip(*(key for key, _ in rows), strict=True)
    params = [_array(table.types[name], values) for name, values in zip(table.primary_key, keys, strict=True)]
    for name in _ordered(table, columns):
        params.append(_array(table.types[name], [values[name] for _, values in rows]))
    conn.execute(query, params)


def _array(sql_type: str, values: Iterable[Any]) -> str:
    """One column's values in Postgres' own notation for arrays: several times cheaper than a list of parameters."""
    write_out = _writer(sql_type)
    return "{" + ",".join(["NULL" if value is None else write_out(value) for value in values]) + "}"


@lru_cache(maxsize=256)
def _writer(sql_type: str) -> Callable[[Any], str]:
    """Turns a value of this type, other than None, into an element of an array."""
    if sql_type in ("jsonb", "json"):
        return lambda value: _quoted(to_json(value).decode())
    if sql_type.endswith("[]"):
        return lambda value: _quoted(_array(sql_type[:-2], value))
    return _WRITERS.get(sql_type, _written)


def _written(value: Any) -> str:
    if isinstance(value, Enum):
        value = value.value
    return _quoted(f"\\x{value.hex()}" if isinstance(value, bytes) else str(value))


def _number(value: Any) -> str:
    return str(value.n if isinstance(value, Plus) else int(value))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_WRITERS: Final[dict[str, Callable[[Any], str]]] = {
    "uuid": str,
    "int": _number,
    "integer": _number,
    "bigint": _number,
    "smallint": _number,
    "date": str,
}


def _plain(value: Any) -> Any:
    if isinstance(value, Plus):
        return value.n
    return value.value if isinstance(value, Enum) else value


def _single(sql_type: str, value: Any) -> Any:
    if value is None or sql_type not in ("jsonb", "json"):
        return _array(sql_type[:-2], value) if value is not None and sql_type.endswith("[]") else _plain(value)
    return to_json(value).decode()


@lru_cache(maxsize=4096)
def _put(table: Table, suffix: str, columns: Columns, counted: frozenset[str]) -> bytes:
    query = sql.SQL("INSERT INTO {} AS t ({}) SELECT {} FROM {} ON CONFLICT ({}) DO UPDATE SET {}")
    names = (*table.primary_key, *columns)
    return query.format(
        named(table, suffix),
        identifiers(names),
        sql.SQL(", ").join(_read_back(table, name) for name in names),
        _sent(table, names),
        identifiers(table.primary_key),
        sql.SQL(", ").join(_assign(name, sql.SQL("excluded.{}").format(_id(name)), counted) for name in columns),
    ).as_bytes(None)


@lru_cache(maxsize=4096)
def _amend(table: Table, suffix: str, columns: Columns, counted: frozenset[str]) -> bytes:
    query = sql.SQL("UPDATE {} AS t SET {} FROM {} WHERE {}")
    return query.format(
        named(table, suffix),
        sql.SQL(", ").join(_assign(name, _read_back(table, name), counted) for name in columns),
        _sent(table, (*table.primary_key, *columns)),
        _same_key(table),
    ).as_bytes(None)


@lru_cache(maxsize=256)
def _remove(table: Table, suffix: str) -> bytes:
    query = sql.SQL("DELETE FROM {} AS t USING {} WHERE {}")
    return query.format(named(table, suffix), _sent(table, table.primary_key), _same_key(table)).as_bytes(None)


def _sent(table: Table, names: Sequence[str]) -> sql.Composed:
    """The rows as the client sends them: one array a column."""
    arrays = [sql.SQL("%s::" + _travels_as(table.types[name]) + "[]") for name in names]
    return sql.SQL("unnest({}) AS v({})").format(sql.SQL(", ").join(arrays), identifiers(names))


def _travels_as(sql_type: str) -> str:
    return "text" if sql_type.endswith("[]") or sql_type in ("jsonb", "json") else sql_type


def _read_back(table: Table, name: str) -> sql.Composed:
    sql_type = table.types[name]
    cast = f"::{sql_type}" if _travels_as(sql_type) != sql_type else ""
    return sql.SQL("v.{}{}").format(_id(name), sql.SQL(cast))


def _same_key(table: Table) -> sql.Composed:
    pairs = [sql.SQL("t.{} = v.{}").format(_id(name), _id(name)) for name in table.primary_key]
    return sql.SQL(" AND ").join(pairs)


def _assign(name: str, value: sql.Composable, counted: frozenset[str]) -> sql.Composed:
    if name in counted:
        return sql.SQL("{} = coalesce(t.{}, 0) + {}").format(_id(name), _id(name), value)
    if name == "position":
        # An event parked and replayed later is older than what other streams did to its rows meanwhile.
        return sql.SQL("{} = greatest(t.{}, {})").format(_id(name), _id(name), value)
    return sql.SQL("{} = {}").format(_id(name), value)


def _id(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _sweep(conn: Connection[Any], sweep: Sweep, suffix: str) -> None:
    change, table = sweep.change, sweep.change.table
    tests: list[sql.Composable] = [sql.SQL("t.tenant_id = %s")]
    params: list[Any] = [sweep.tenant_id]
    for name, value in change.where.items():
        tests.append(sql.SQL("t.{} IS NULL" if value is None else "t.{} = %s").format(_id(name)))
        params += [] if value is None else [_plain(value)]
    where = sql.SQL(" AND ").join(tests)
    if not isinstance(change, AmendWhere):
        conn.execute(sql.SQL("DELETE FROM {} AS t WHERE {}").format(named(table, suffix), where), params)
        return
    counted = _columns_of(table, change.values)[1]
    columns = [_assign(name, sql.SQL("%s::" + table.types[name]), counted) for name in change.values]
    values = [_single(table.types[name], value) for name, value in change.values.items()]
    query = sql.SQL("UPDATE {} AS t SET {} WHERE {}").format(named(table, suffix), sql.SQL(", ").join(columns), where)
    conn.execute(query, [*values, *params])
