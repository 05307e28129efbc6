"""Webhook endpoints: where a provider posts for one tenant. The public id carries the tenant."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from psycopg_pool import ConnectionPool

from domain.kernel import NotFound
from infrastructure.derived_secrets import NotShownAgain
from infrastructure.postgres import Connection, tenant_transaction
from infrastructure.sealing import Seal

_ADDRESS: Final = re.compile(r"whe_([0-9a-f]{32})_([0-9a-f]{32})")
_PURPOSE: Final = "webhook secret"


class UnknownEndpoint(NotFound):
    """There is no such webhook endpoint, or it was disabled."""

    code: ClassVar[str] = "unknown_webhook_endpoint"


@dataclass(frozen=True)
class WebhookEndpoint:
    """Where a provider posts its webhooks for one tenant, and the secret it signs them with."""

    tenant_id: UUID
    endpoint_id: UUID
    provider: str
    secret: bytes


@dataclass(frozen=True)
class ListedEndpoint:
    """An endpoint as its tenant sees it: everything but the secret."""

    endpoint_id: UUID
    provider: str
    created_at: datetime
    disabled_at: datetime | None


class WebhookEndpoints:
    """The tenants' webhook endpoints. An endpoint's public id carries its tenant."""

    def __init__(self, pool: ConnectionPool[Connection], seal: Seal) -> None:
        self._pool, self._seal = pool, seal

    def keep(self, tenant_id: UUID, endpoint_id: UUID, provider: str, secret: str, now: datetime) -> str:
        """Take webhooks here, unless a former try has seen to it already; the public id. Raises `NotShownAgain`."""
        sealed = self._seal.seal(tenant_id, _PURPOSE, secret.encode())
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            conn.execute(
                "INSERT INTO auth.webhook_endpoint (tenant_id, endpoint_id, provider, sealed_secret, created_at)"
                " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (tenant_id, endpoint_id) DO NOTHING",
                (tenant_id, endpoint_id, provider, sealed, now),
            )
            row = conn.execute(
                "SELECT sealed_secret FROM auth.webhook_endpoint WHERE tenant_id = %s AND endpoint_id = %s",
                (tenant_id, endpoint_id),
            ).fetchone()
        if row is None or not hmac.compare_digest(self._seal.unseal(tenant_id, _PURPOSE, row[0]), secret.encode()):
            raise NotShownAgain("the endpoint's secret cannot be shown again; close it and open another")
        return public_id_of(tenant_id, endpoint_id)

    def find(self, provider: str, public_id: str) -> WebhookEndpoint:
        """The endpoint behind a public id; `UnknownEndpoint` for any other, whatever is wrong with it."""
        named = endpoint_named(public_id)
        if named is None:
            raise UnknownEndpoint("There is no such webhook endpoint.")
        tenant_id, endpoint_id = named
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            row = conn.execute(
                "SELECT sealed_secret FROM auth.webhook_endpoint"
                " WHERE tenant_id = %s AND endpoint_id = %s AND provider = %s AND disabled_at IS NULL",
                (tenant_id, endpoint_id, provider),
            ).fetchone()
        if row is None:
            raise UnknownEndpoint("There is no such webhook endpoint.")
        return WebhookEndpoint(tenant_id, endpoint_id, provider, self._seal.unseal(tenant_id, _PURPOSE, row[0]))

    def disable(self, tenant_id: UUID, endpoint_id: UUID, now: datetime) -> bool:
        """Accept nothing more at this endpoint; False when it was not open for this tenant."""
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            done = conn.execute(
                "UPDATE auth.webhook_endpoint SET disabled_at = %s"
                " WHERE tenant_id = %s AND endpoint_id = %s AND disabled_at IS NULL",
                (now, tenant_id, endpoint_id),
            )
        return done.rowcount == 1

    def of_tenant(self, tenant_id: UUID) -> list[ListedEndpoint]:
        """The tenant's endpoints, newest first, closed ones included."""
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            rows = conn.execute(
                "SELECT endpoint_id, provider, created_at, disabled_at FROM auth.webhook_endpoint"
                " WHERE tenant_id = %s ORDER BY created_at DESC, endpoint_id LIMIT 1000",
                (tenant_id,),
            ).fetchall()
        return [ListedEndpoint(*row) for row in rows]

    def open_ones(self, tenant_id: UUID) -> dict[UUID, str]:
        """The provider of each endpoint that takes webhooks."""
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            rows = conn.execute(
                "SELECT endpoint_id, provider FROM auth.webhook_endpoint WHERE tenant_id = %s AND disabled_at IS NULL",
                (tenant_id,),
            ).fetchall()
        return {row[0]: row[1] for row in rows}


def public_id_of(tenant_id: UUID, endpoint_id: UUID) -> str:
    """What an endpoint is called outside, the last part of its URL."""
    return f"whe_{tenant_id.hex}_{endpoint_id.hex}"


def endpoint_named(public_id: str) -> tuple[UUID, UUID] | None:
    """The tenant and the endpoint that a public id speaks of; None when it is no such id."""
    found = _ADDRESS.fullmatch(public_id)
    return (UUID(found[1]), UUID(found[2])) if found is not None else None
