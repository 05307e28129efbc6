"""The database a process works on: the one it was given, or the embedded one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from infrastructure.embedded import ensure_server
from infrastructure.postgres import CONNECT_TIMEOUT_S, Connection, require_schema
from infrastructure.settings import Settings, database_named, role_url
from infrastructure.vault import Vault, VaultRefused, vault_of


class ForeignSecrets(Exception):
    """The keys in the database were wrapped with other secrets than this installation has."""


@dataclass(frozen=True)
class Urls:
    """The database as each of its logins sees it."""

    app: str
    projector: str


def urls_of(settings: Settings, admin_url: str) -> Urls:
    """The two logins of the product, beside the administrator's."""
    return Urls(
        app=role_url(admin_url, "sfdify_app", settings.app_password),
        projector=role_url(admin_url, "sfdify_projector", settings.projector_password),
    )


def place_of(url: str) -> str:
    """A short name of the database an address leads to, the same for each of its logins."""
    parts = conninfo_to_dict(url)
    place = "\n".join(str(parts.get(name) or "") for name in ("host", "port", "dbname"))
    return hashlib.sha256(place.encode()).hexdigest()[:12]


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The administrator's address of the product's database; an embedded server is kept up for as long as needed."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with ensure_server(settings.home, settings.pg_bin) as server:
        with psycopg.connect(server.url, autocommit=True, connect_timeout=10) as conn:
            conn.execute("SELECT pg_advisory_lock(hashtext('sfdify create database'))")
            if conn.execute("SELECT FROM pg_database WHERE datname = %s", (settings.database_name,)).fetchone() is None:
                conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(settings.database_name)))
        yield database_named(server.url, settings.database_name)


@contextmanager
def migrated(settings: Settings) -> Iterator[str]:
    """As `database`, once it is known that one can work there. Raises as `require_migrated`."""
    with database(settings) as admin_url:
        require_migrated(settings, admin_url)
        yield admin_url


def require_migrated(settings: Settings, admin_url: str) -> None:
    """Refuse a database where the product cannot sign in, or finds no schema of its own.

    Raises psycopg.OperationalError with the server's own reason, CannotMigrate and ForeignSecrets.
    """
    urls = urls_of(settings, admin_url)
    with psycopg.connect(urls.app, connect_timeout=CONNECT_TIMEOUT_S) as conn:
        require_schema(conn)
    if settings.kms_key_id is None:
        with psycopg.connect(urls.projector, connect_timeout=CONNECT_TIMEOUT_S) as conn:
            _require_own_secrets(conn, vault_of(settings))


def _require_own_secrets(conn: Connection, vault: Vault) -> None:
    """Some of the consumers' keys must open: with other secrets nothing sealed can be read, and what is sealed from
    then on could not be read with the right ones either. One row that was altered keeps nobody from starting."""
    query = "SELECT tenant_id, kek_id, wrapped FROM es.subject_key WHERE wrapped IS NOT NULL LIMIT 20"
    refused = False
    for tenant_id, kek_id, wrapped in conn.execute(query):
        try:
            vault.unwrap(tenant_id, kek_id, wrapped)
        except VaultRefused:
            refused = True
        else:
            return
    if refused:
        raise ForeignSecrets(
            "the secrets under SFDIFY_HOME are not those this database was sealed with; put its own secrets folder back"
        )


def revive(settings: Settings) -> None:
    """Start the embedded server again if it has died under the processes that use it; a given one is not ours."""
    if settings.database_url is None:
        ensure_server(settings.home, settings.pg_bin).release()
