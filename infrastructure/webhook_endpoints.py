"""Webhook endpoints: where a provider posts for one tenant. The public id carries the tenant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID, uuid4

from psycopg_pool import ConnectionPool

from domain.kernel import NotFound
from infrastructure.postgres import Connection, tenant_transaction
from infrastructure.sealing import Seal

_ADDRESS: Final = re.compile(r"whe_([0-9a-f]{32})_([0-9a-f]{32})")


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


class WebhookEndpoints:
    """The tenants' webhook endpoints. An endpoint's public id carries its tenant."""

    def __init__(self, pool: ConnectionPool[Connection], seal: Seal) -> None:
        self._pool, self._seal = pool, seal

    def open(self, tenant_id: UUID, provider: str, secret: bytes, now: datetime) -> str:
        """Make an endpoint and return its public id, the last part of its URL."""
        endpoint_id = uuid4()
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            conn.execute(
                "INSERT INTO auth.webhook_endpoint (tenant_id, endpoint_id, provider, sealed_secret, created_at)"
                " VALUES (%s, %s, %s, %s, %s)",
                (tenant_id, endpoint_id, provider, self._seal.seal(tenant_id, "webhook secret", secret), now),
            )
        return f"whe_{tenant_id.hex}_{endpoint_id.hex}"

    def find(self, provider: str, public_id: str) -> WebhookEndpoint:
        """The endpoint behind a public id; `UnknownEndpoint` for any other, whatever is wrong with it."""
        found = _ADDRESS.fullmatch(public_id)
        if found is None:
            raise UnknownEndpoint("There is no such webhook endpoint.")
        tenant_id, endpoint_id = UUID(found[1]), UUID(found[2])
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            row = conn.execute(
                "SELECT sealed_secret FROM auth.webhook_endpoint"
                " WHERE tenant_id = %s AND endpoint_id = %s AND provider = %s AND disabled_at IS NULL",
                (tenant_id, endpoint_id, provider),
            ).fetchone()
        if row is None:
            raise UnknownEndpoint("There is no such webhook endpoint.")
        return WebhookEndpoint(tenant_id, endpoint_id, provider, self._seal.unseal(tenant_id, "webhook secret", row[0]))

    def disable(self, tenant_id: UUID, public_id: str, now: datetime) -> bool:
        """Accept nothing more at this endpoint; False when it was not open for this tenant."""
        found = _ADDRESS.fullmatch(public_id)
        if found is None or UUID(found[1]) != tenant_id:
            return False
        with self._pool.connection() as conn, tenant_transaction(conn, tenant_id):
            done = conn.execute(
                "UPDATE auth.webhook_endpoint SET disabled_at = %s"
                " WHERE tenant_id = %s AND endpoint_id = %s AND disabled_at IS NULL",
                (now, tenant_id, UUID(found[2])),
            )
        return done.rowcount == 1
