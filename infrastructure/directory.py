"""The one list that is nobody's own: which word the people of a tenant sign in with."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from domain.tenants import TenantMode
from infrastructure.postgres import Connection

_OTHERWISE_REGISTERED = "SF005"


@dataclass(frozen=True, slots=True)
class Entry:
    """A tenant as far as anyone may know it before signing in."""

    tenant_id: UUID
    slug: str
    mode: TenantMode


class TenantDirectory:
    """Slugs and modes of all tenants."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool

    def claim(self, slug: str, tenant_id: UUID, mode: TenantMode) -> bool:
        """Take the slug for this tenant; False when another has it. The same claim again changes nothing."""
        with self._pool.connection() as conn:
            try:
                conn.execute("SELECT es.register_tenant(%s, %s, %s)", (tenant_id, slug, mode.value))
            except psycopg.errors.UniqueViolation:
                return False
            except psycopg.Error as error:
                if error.sqlstate == _OTHERWISE_REGISTERED:
                    return False
                raise
        return True

    def by_slug(self, slug: str) -> Entry | None:
        """The tenant that signs in with this word."""
        return self._one("slug = %s", slug)

    def by_id(self, tenant_id: UUID) -> Entry | None:
        """The tenant of this id."""
        return self._one("tenant_id = %s", tenant_id)

    def _one(self, where: str, value: object) -> Entry | None:
        with self._pool.connection() as conn:
            query = f"SELECT tenant_id, slug, mode FROM es.tenant_directory WHERE {where}"
            row = conn.execute(query.encode(), (value,)).fetchone()
        return Entry(row[0], row[1], TenantMode(row[2])) if row else None
