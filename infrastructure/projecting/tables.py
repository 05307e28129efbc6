"""Query tables in the database: made by the projector, guarded by row security, swapped and dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from psycopg import Connection, sql

from infrastructure.projecting.positions import SHADOW, Built, built, position_of
from projections.kernel import Projection, Table

_ENSURE_LOCK: Final = 7_301_946_203_120


def ensure(conn: Connection[Any], projections: Iterable[Projection]) -> None:
    """Make the tables and position rows of projections that have none yet.

    `conn` is the projector's, in autocommit mode. Safe when several processes start together. A
    projection whose tables were built in another shape is left alone: it is stale until rebuilt.
    """
    for projection in projections:
        with conn.transaction():
            conn.execute("SELECT pg_advisory_xact_lock(%s)", (_ENSURE_LOCK,))
            if projection.name not in built(conn):
                make(conn, projection, "")
                register(conn, projection, projection.name)


def make(conn: Connection[Any], projection: Projection, suffix: str, *, indexed: bool = True) -> None:
    """Make the projection's tables under `<name><suffix>`, empty; existing ones of that name are dropped.

    Without its indexes (`index` makes them later) a table takes rows several times as fast.
    """
    drop(conn, (table.name for table in projection.tables), suffix)
    for table in projection.tables:
        for statement in (*_definition(table, suffix), *(_indexes(table, suffix).values() if indexed else ())):
            conn.execute(statement)


def index(conn: Connection[Any], projection: Projection, suffix: str) -> None:
    """Make the indexes that the tables lack, concurrently: nobody waits, and the log's horizon moves on.

    `conn` is in autocommit mode. What a killed run left half made is made again.
    """
    with without_time_limit(conn):
        for table in projection.tables:
            for name, statement in _indexes(table, suffix, " CONCURRENTLY").items():
                found = conn.execute(_IS_VALID, (name,)).fetchone()
                if found == (False,):
                    conn.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier("rm", name)))
                if found != (True,):
                    conn.execute(statement)


_IS_VALID: Final = """
    SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relname = %s AND c.relnamespace = 'rm'::regnamespace"""


@contextmanager
def without_time_limit(conn: Connection[Any]) -> Iterator[None]:
    """Statements inside may take as long as the log is large; outside a transaction, so that no horizon is held."""
    conn.execute("SET statement_timeout = 0")
    try:
        yield
    finally:
        if not conn.broken:
            conn.execute("RESET statement_timeout")


def drop(conn: Connection[Any], tables: Iterable[str], suffix: str) -> None:
    """Drop these tables of schema rm, named `<table><suffix>`."""
    for table in tables:
        conn.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier("rm", table + suffix)))


def register(conn: Connection[Any], projection: Projection, name: str, position: int = 0) -> None:
    """Note that the rows under `name` have the projection's present shape and hold the log up to `position`."""
    conn.execute(
        "INSERT INTO es.projection AS p (name, version, shape, tables) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (name) DO UPDATE SET version = excluded.version, shape = excluded.shape, "
        "tables = excluded.tables, epoch = p.epoch + 1, built_at = clock_timestamp()",
        (name, projection.version, projection.shape, [table.name for table in projection.tables]),
    )
    conn.execute(
        "INSERT INTO es.position (name, notification_id) VALUES (%s, %s) ON CONFLICT (name, part) "
        "DO UPDATE SET notification_id = excluded.notification_id, updated_at = clock_timestamp()",
        (name, position),
    )


def swap(conn: Connection[Any], projection: Projection) -> None:
    """Put the shadow tables in place of the live ones, with their position and parked events.

    Runs in the caller's short transaction, under the projection's gate. Readers wait for the commit and
    go on with the new rows.
    """
    name, shadow = projection.name, projection.name + SHADOW
    before = built(conn).get(name)
    drop(conn, before.tables if before else (), "")
    for table in projection.tables:
        conn.execute(_rename("TABLE", table.name + SHADOW, table.name))
        for ending in _index_endings(table):
            conn.execute(_rename("INDEX", f"{table.name}{SHADOW}_{ending}", f"{table.name}_{ending}"))
    reached = position_of(conn, shadow)
    conn.execute("DELETE FROM es.parked WHERE name = %s", (name,))
    conn.execute("UPDATE es.parked SET name = %s WHERE name = %s", (name, shadow))
    register(conn, projection, name, reached)
    forget(conn, shadow)


def discard(conn: Connection[Any], name: str, suffix: str) -> None:
    """Drop the tables under `<name><suffix>`, also those only an earlier version had, and what is known of them."""
    before = built(conn).get(name + suffix)
    drop(conn, before.tables if before else (), suffix)
    forget(conn, name + suffix)


def forget(conn: Connection[Any], name: str) -> None:
    """Drop what is known about the rows under `name`."""
    for table in ("parked", "position", "projection"):
        conn.execute(sql.SQL("DELETE FROM es.{} WHERE name = %s").format(sql.Identifier(table)), (name,))


def is_stale(projection: Projection, found: Built | None) -> bool:
    """Whether these rows were made by another version of the projection, or by none."""
    return found is None or found.shape != projection.shape


def named(table: Table, suffix: str) -> sql.Identifier:
    """The table's qualified name."""
    return sql.Identifier("rm", table.name + suffix)


def identifiers(names: Iterable[str]) -> sql.Composed:
    """Quoted names with commas between them."""
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _rename(what: str, old: str, new: str) -> sql.Composed:
    return sql.SQL("ALTER {} {} RENAME TO {}").format(_raw(what), sql.Identifier("rm", old), sql.Identifier(new))


def _index_endings(table: Table) -> list[str]:
    return ["pkey", *(f"{n}_idx" for n in range(1, len(table.indexes) + 1))]


def _definition(table: Table, suffix: str) -> list[sql.Composed]:
    name, pkey = named(table, suffix), f"{table.name}{suffix}_pkey"
    declared = {"tenant_id": "uuid", **table.key, **table.columns, **table.stamps}
    columns = [sql.SQL("{} {}").format(sql.Identifier(column), _raw(ddl)) for column, ddl in declared.items()]
    key = sql.SQL("CONSTRAINT {} PRIMARY KEY ({})").format(sql.Identifier(pkey), identifiers(table.primary_key))
    return [
        sql.SQL("CREATE TABLE {} ({}, {}) WITH (fillfactor = 85)").format(name, sql.SQL(", ").join(columns), key),
        *(sql.SQL(guard).format(name) for guard in _GUARDS),
    ]


def _indexes(table: Table, suffix: str, how: str = "") -> dict[str, sql.Composed]:
    """The statement that makes each of the table's own indexes, by the index's name."""
    statements = {}
    for ending, spec in zip(_index_endings(table)[1:], table.indexes, strict=True):
        listed, _, condition = spec.partition(" WHERE ")
        where = sql.SQL(" WHERE {}").format(_raw(condition)) if condition else sql.SQL("")
        name = f"{table.name}{suffix}_{ending}"
        create = sql.SQL("CREATE INDEX{} {} ON {} (tenant_id, {}){}")
        statements[name] = create.format(_raw(how), sql.Identifier(name), named(table, suffix), _raw(listed), where)
    return statements


_GUARDS: Final = (
    "ALTER TABLE {} ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE {} FORCE ROW LEVEL SECURITY",
    "CREATE POLICY tenant ON {} FOR SELECT TO sfdify_app USING (tenant_id = (SELECT es.tenant()))",
    "CREATE POLICY projector ON {} TO sfdify_projector USING (true) WITH CHECK (true)",
    "GRANT SELECT ON {} TO sfdify_app",
)


def _raw(text: str) -> sql.SQL:
    """DDL that a read model's author wrote in its own file: never a value from outside."""
    return sql.SQL(text)
