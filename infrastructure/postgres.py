"""Postgres: migrations, one pool per role, the tenant of a transaction, and who holds the log's horizon."""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal, LiteralString
from uuid import UUID

import psycopg
import yoyo
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, ConnectionPool
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import default_migration_table

import migrations

PoolRole = Literal["app", "projector"]
Connection = psycopg.Connection[TupleRow]
AsyncConnection = psycopg.AsyncConnection[TupleRow]

CONNECT_TIMEOUT_S: Final = 5
LOCK_WAIT_S: Final = 60.0
_LOCK_KEY: Final = 7_301_946_203_118
_ROLES: Final = "0001_roles"
_NOT_ITS_ROLES: Final = (
    "the admin user may not grant the roles sfdify_*, which another admin of this server made;"
    " migrate as that one, or let it grant them to yours WITH ADMIN OPTION"
)
_LOGIN_SETTINGS: Final = (("idle_in_transaction_session_timeout", "5s"), ("statement_timeout", "30s"))


class CannotMigrate(Exception):
    """The database cannot be brought to this release's schema; the message says what to change."""


class UnsafeRole(Exception):
    """A pool's user could step around row security, so the product refuses to start with it."""


def migrate(admin_url: str, *, app_password: str, projector_password: str) -> list[str]:
    """Bring the database to this release's schema and set the passwords of the two logins.

    Safe to run at any time and from several machines at once. `admin_url` names a superuser or a
    CREATEROLE user that owns the database. Returns the names of the migrations that were applied.
    Raises CannotMigrate, or psycopg.Error when a lock could not be had within 3 seconds.
    """
    applied: list[str] = []
    with _locked(make_conninfo(admin_url, dbname="postgres")):
        _check_database(admin_url)
        try:
            with _backend(admin_url) as backend:
                applied += _apply(backend, lambda name: name == _ROLES)
        except psycopg.errors.InsufficientPrivilege:
            raise CannotMigrate(_NOT_ITS_ROLES) from None
        _set_logins(admin_url, {"sfdify_app": app_password, "sfdify_projector": projector_password})
    with _locked(admin_url), _backend(admin_url) as backend:
        applied += _apply(backend, lambda name: True)
    return applied


@contextmanager
def _locked(conninfo: str) -> Iterator[None]:
    """Hold the migration lock of one database; the cluster's is the one in database `postgres`."""
    with psycopg.connect(conninfo, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S) as conn:
        until = time.monotonic() + LOCK_WAIT_S
        while not _scalar(conn, "SELECT pg_try_advisory_lock(%s)", _LOCK_KEY):
            if time.monotonic() > until:
                raise CannotMigrate("another migration has been running for a minute; try again when it is done")
            time.sleep(0.02)
        yield


@contextmanager
def _backend(admin_url: str) -> Iterator[PostgresqlPsycopgBackend]:
    """yoyo's connection; its own tables live in schema yoyo, where no login of the product can see them."""
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S) as conn:
        conn.execute("SET client_min_messages = warning")
        conn.execute("CREATE SCHEMA IF NOT EXISTS yoyo")
    parts = conninfo_to_dict(admin_url, connect_timeout=CONNECT_TIMEOUT_S)
    options = f"{parts.get('options') or ''} -c lock_timeout=3s -c statement_timeout=0 -c client_min_messages=warning"
    args = {**parts, "options": options.strip(), "schema": "yoyo"}
    database = args.pop("dbname")
    uri = DatabaseURI("postgresql+psycopg", None, None, None, None, database, args)
    backend = PostgresqlPsycopgBackend(uri, default_migration_table)
    try:
        backend.init_database()
        yield backend
    finally:
        backend.connection.close()


def _apply(backend: PostgresqlPsycopgBackend, wanted: Callable[[str], bool]) -> list[str]:
    found = yoyo.read_migrations(str(migrations.FOLDER)).filter(lambda m: m.is_raw_sql())
    due = [m for m in backend.to_apply(found) if wanted(m.id)]
    for migration in due:
        backend.apply_one(migration)
    return [m.id for m in due]


def _check_database(admin_url: str) -> None:
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S) as conn:
        if _scalar(conn, "SHOW server_encoding") != "UTF8":
            raise CannotMigrate("the database must be encoded in UTF8; create it with ENCODING 'UTF8'")
        if conn.info.server_version < 150000:
            raise CannotMigrate(f"PostgreSQL 15 or later is needed, this server is {conn.info.server_version // 10000}")
        roles = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        if not _scalar(conn, roles):
            raise CannotMigrate("the admin user needs CREATEROLE (or superuser) to migrate")
        owns = "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"
        if not _scalar(conn, owns):
            raise CannotMigrate("the admin user must own the database (or be a superuser) to migrate")


def _set_logins(admin_url: str, passwords: dict[str, str]) -> None:
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S) as conn:
        for role, password in passwords.items():
            name = sql.Identifier(role)
            verifier = conn.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
            conn.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(verifier)))
            for setting, value in _LOGIN_SETTINGS:
                statement = sql.SQL("ALTER ROLE {} SET {} = {}")
                conn.execute(statement.format(name, sql.Identifier(setting), sql.Literal(value)))


def pool(url: str, role: PoolRole, size: int) -> ConnectionPool[Connection]:
    """Open autocommit connections for one role. Raises UnsafeRole or psycopg.Error."""
    opened = _Pool(
        url,
        min_size=min(size, 2),
        max_size=size,
        timeout=CONNECT_TIMEOUT_S,
        kwargs=_session(role),
        open=False,
        name=f"sfdify-{role}",
    )
    opened.open()
    try:
        with opened.connection() as conn:
            _refuse_unsafe(role, conn.execute(_WHO).fetchone())
    except BaseException:
        opened.close()
        raise
    return opened


async def async_pool(url: str, role: PoolRole, size: int) -> AsyncConnectionPool[AsyncConnection]:
    """As `pool`, for async readers."""
    opened = _AsyncPool(
        url,
        min_size=min(size, 2),
        max_size=size,
        timeout=CONNECT_TIMEOUT_S,
        kwargs=_session(role),
        open=False,
        name=f"sfdify-{role}-async",
    )
    await opened.open()
    try:
        async with opened.connection() as conn:
            _refuse_unsafe(role, await (await conn.execute(_WHO)).fetchone())
    except BaseException:
        await opened.close()
        raise
    return opened


class _WarmestFirst(deque[Any]):
    """A pool's idle connections, of which the one returned last is lent first.

    The library lends the one that rested longest, so that each call meets another server process with cold caches:
    an append of one event took 6 % longer.
    """

    def popleft(self) -> Any:
        """The connection that came back last."""
        return self.pop()


class _Pool(ConnectionPool[Connection]):
    """Lends no connection whose server has gone away, so that a restart of the server costs nobody an error.

    An idle connection on which there is something to read has been closed, or told of it; only then is the
    server asked, which every loan would otherwise pay for with a round trip.
    """

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._pool = _WarmestFirst()

    def getconn(self, timeout: float | None = None) -> Connection:
        """See `ConnectionPool`."""
        while True:
            conn = super().getconn(timeout)
            try:
                if _has_news(conn.fileno()):
                    self.check_connection(conn)
                return conn
            except psycopg.Error:
                self.putconn(conn)


class _AsyncPool(AsyncConnectionPool[AsyncConnection]):
    """As `_Pool`."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._pool = _WarmestFirst()

    async def getconn(self, timeout: float | None = None) -> AsyncConnection:  # noqa: ASYNC109  the library's own
        """See `AsyncConnectionPool`."""
        while True:
            conn = await super().getconn(timeout)
            try:
                if _has_news(conn.fileno()):
                    await self.check_connection(conn)
                return conn
            except psycopg.Error:
                await self.putconn(conn)


def _has_news(socket: int) -> bool:
    looking = select.poll()
    looking.register(socket, select.POLLIN)
    return bool(looking.poll(0))


def _session(role: str) -> dict[str, Any]:
    return {
        "autocommit": True,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "application_name": f"sfdify {role}",
        "keepalives_idle": 30,
        "tcp_user_timeout": 30_000,
    }


_WHO: Final[LiteralString] = """
    SELECT current_user::text, r.rolsuper, r.rolbypassrls,
      EXISTS (SELECT FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = to_regnamespace('es')
              AND pg_has_role(current_user, c.relowner, 'MEMBER')),
      EXISTS (SELECT FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = to_regnamespace('rm')
              AND pg_has_role(current_user, c.relowner, 'MEMBER'))
    FROM pg_roles r WHERE r.rolname = current_user"""


def _refuse_unsafe(role: PoolRole, who: TupleRow | None) -> None:
    user, superuser, bypass, owns_log, owns_tables = who or ("unknown", False, False, True, True)
    reasons = [
        ("is a superuser", superuser),
        ("has BYPASSRLS", bypass),
        ("owns, or is a member of the owner of, tables of schema es", owns_log),
        ("owns query tables of schema rm", owns_tables and role == "app"),
    ]
    bad = [text for text, holds in reasons if holds]
    if bad:
        raise UnsafeRole(
            f"database user {user!r} {' and '.join(bad)}: row security would not bind it. "
            f"Connect the {role} pool as sfdify_{role}; the admin login is for `sfdify migrate` only."
        )


@contextmanager
def tenant_transaction(conn: Connection, tenant_id: UUID) -> Iterator[Connection]:
    """One transaction that sees and writes this tenant's rows only."""
    with conn.transaction():
        conn.execute("SELECT set_config('app.tenant_id', %s, true)", (str(tenant_id),))
        yield conn


def require_schema(conn: Connection) -> None:
    """Refuse to work on a database that was never migrated. Raises CannotMigrate."""
    there = "SELECT to_regclass('auth.feed_token') IS NOT NULL AND to_regclass('es.event') IS NOT NULL"
    if not _scalar(conn, there):
        raise CannotMigrate("the database has no schema yet, or an old one; run: sfdify migrate")


@dataclass(frozen=True)
class Holder:
    """The oldest transaction that still may write: nothing after it can be read from the log yet.

    `what` is a backend's state, `prepared` for a two-phase transaction, or `hidden` when this login
    may not see the other's details; `age` is then how long this process has known of the transaction, since
    the server does not tell when it began. It never contains the query text, which may hold personal data.
    """

    pid: int | None
    age: timedelta
    what: str
    application: str
    database: str


def check_horizon(conn: Connection) -> Holder | None:
    """Name the transaction that holds the horizon, or None when nothing does."""
    row = conn.execute(_HOLDER).fetchone()
    if row is None:
        return None
    pid, age, what, application, database, transaction = row
    known_for = _known.since(transaction)
    return Holder(pid, known_for if age is None else age, what, application, database)


class _Known:
    """Since when the oldest writing transaction has been seen: a short one is gone at the next look."""

    def __init__(self) -> None:
        self._seen = ("", 0.0)

    def since(self, transaction: str) -> timedelta:
        """How long ago this transaction was seen first, 0 now."""
        name, began = self._seen
        if name != transaction:
            began = time.monotonic()
            self._seen = (transaction, began)
        return timedelta(seconds=time.monotonic() - began)


_known: Final = _Known()


# Locks on transaction ids are visible to every login, unlike the ids in pg_stat_activity.
_HOLDER: Final[LiteralString] = """
    SELECT pid, age, what, application, database, transaction FROM (
      SELECT l.pid, clock_timestamp() - a.xact_start AS age, coalesce(a.state, 'hidden') AS what,
        coalesce(a.application_name, '') AS application, coalesce(a.datname, '') AS database,
        age(l.transactionid) AS xids, concat_ws('/', l.pid, l.transactionid) AS transaction
      FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid()
      UNION ALL
      SELECT NULL, clock_timestamp() - p.prepared, 'prepared', '', p.database, age(p.transaction),
        p.transaction::text
      FROM pg_prepared_xacts p
    ) writers ORDER BY xids DESC LIMIT 1"""


def _scalar(conn: Connection, query: LiteralString, *params: object) -> Any:
    row = conn.execute(query, params or None).fetchone()
    return row[0] if row else None
