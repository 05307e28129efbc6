"""Databases of tests that have ended, emptied for the next: making one costs as much as a dozen tests."""

from __future__ import annotations

import time
from typing import Any, Protocol
from uuid import uuid4

import psycopg
from psycopg import Connection, sql

LARGEST_GROWTH = 16 << 20
_GONE_WITHIN_S = 10.0
_CATALOGUE = """
    SELECT md5(string_agg(row, ',' ORDER BY row)) FROM (
        SELECT 'c' || oid || ' ' || xmin FROM pg_class WHERE oid >= 16384
        UNION ALL SELECT 'a' || attrelid || ' ' || attnum || ' ' || xmin FROM pg_attribute WHERE attrelid >= 16384
        UNION ALL SELECT 'p' || oid || ' ' || xmin FROM pg_proc WHERE oid >= 16384
        UNION ALL SELECT 't' || oid || ' ' || xmin FROM pg_trigger
        UNION ALL SELECT 'y' || oid || ' ' || xmin FROM pg_policy
        UNION ALL SELECT 'k' || oid || ' ' || xmin FROM pg_constraint WHERE oid >= 16384
        UNION ALL SELECT 'd' || oid || ' ' || xmin FROM pg_attrdef
        UNION ALL SELECT 'n' || oid || ' ' || xmin FROM pg_namespace WHERE nspname !~ '^pg_'
        UNION ALL SELECT 'e' || oid || ' ' || xmin FROM pg_extension
        UNION ALL SELECT 's' || setrole || ' ' || setconfig::text FROM pg_db_role_setting s
            JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database()
    ) AS all_of_it(row)"""
_TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2"""
_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

Table = tuple[str, str]


class Server(Protocol):
    """Where the databases are."""

    def execute(self, statement: str, *names: str) -> None: ...

    def admin_url_of(self, name: str) -> str: ...


class Spares:
    """Gives out copies of a template. One that comes back exactly as it was, but for rows, is given out again."""

    def __init__(self, server: Server, template: str) -> None:
        self._server, self._template = server, template
        self._free: list[str] = []
        with psycopg.connect(server.admin_url_of(template), autocommit=True) as conn:
            self._tables = _tables(conn)
            self._catalogue, self._kept, self._size = _catalogue(conn), self._contents(conn), _size(conn)

    def take(self) -> str:
        """The name of a migrated database with nothing in it."""
        if self._free:
            return self._free.pop()
        name = f"sfdify_test_{uuid4().hex}"
        self._server.execute("CREATE DATABASE {} TEMPLATE {}", name, self._template)
        return name

    def give_back(self, name: str) -> None:
        """Empty the database, or drop it when a test has changed more than rows."""
        if self._emptied(name):
            self._free.append(name)
        else:
            self._server.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def close(self) -> None:
        """Drop those that nobody took again."""
        while self._free:
            self._server.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._free.pop())

    def _emptied(self, name: str) -> bool:
        try:
            conn = psycopg.connect(self._server.admin_url_of(name), autocommit=True)
        except psycopg.OperationalError:
            return False
        with conn:
            if not _alone(conn) or _size(conn) > self._size + LARGEST_GROWTH:
                return False
            conn.execute("SET session_replication_role = replica")  # the log's tables refuse a superuser too
            for table in _tables(conn):
                if table not in self._tables and table[0] == "rm":
                    conn.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(*table)))
            for table in _filled(conn, [table for table in self._tables if table not in self._kept]):
                conn.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(*table)))
            return (_catalogue(conn), self._contents(conn)) == (self._catalogue, self._kept)

    def _contents(self, conn: Connection[Any]) -> dict[Table, str]:
        """Of the tables that have rows from the start, what these are."""
        query = sql.SQL("SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {} t")
        return {
            table: str(conn.execute(query.format(sql.Identifier(*table))).fetchone())
            for table in _filled(conn, self._tables)
        }


def _alone(conn: Connection[Any]) -> bool:
    """End all other sessions of the database; whether they are gone."""
    until = time.monotonic() + _GONE_WITHIN_S
    while conn.execute(f"SELECT pg_terminate_backend(pid) {_OTHERS}").fetchall():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


def _filled(conn: Connection[Any], tables: list[Table]) -> list[Table]:
    look = sql.SQL("SELECT {}, {} WHERE EXISTS (SELECT FROM {})")
    parts = [look.format(*map(sql.Literal, table), sql.Identifier(*table)) for table in tables]
    return conn.execute(sql.SQL(" UNION ALL ").join(parts)).fetchall() if parts else []


def _tables(conn: Connection[Any]) -> list[Table]:
    return conn.execute(_TABLES).fetchall()


def _catalogue(conn: Connection[Any]) -> str:
    return str(conn.execute(_CATALOGUE).fetchone())


def _size(conn: Connection[Any]) -> int:
    row = conn.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return int(row[0])
