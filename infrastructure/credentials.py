"""Machines' keys and webhook endpoints, as far as commands look at them and end them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from psycopg_pool import ConnectionPool

from application.ports import WorkingKey
from infrastructure.api_keys import ApiKeys
from infrastructure.postgres import Connection
from infrastructure.sealing import Seal
from infrastructure.webhook_endpoints import WebhookEndpoints


class CredentialRecords:
    """The doors of every tenant. Times are real time."""

    def __init__(self, pool: ConnectionPool[Connection], seal: Seal) -> None:
        self._keys = ApiKeys(pool)
        self._endpoints = WebhookEndpoints(pool, seal)

    def working_keys(self, tenant_id: UUID) -> list[WorkingKey]:
        """Every key that still opens the door, and who answers for it."""
        return [WorkingKey(key.key_id, key.role, key.created_by) for key in self._keys.working(tenant_id)]

    def end_key(self, tenant_id: UUID, key_id: UUID) -> None:
        """Nobody signs in with this key again."""
        self._keys.revoke(tenant_id, key_id, datetime.now(UTC))

    def open_endpoints(self, tenant_id: UUID) -> dict[UUID, str]:
        """The provider of each endpoint that takes webhooks."""
        return self._endpoints.open_ones(tenant_id)

    def close_endpoint(self, tenant_id: UUID, endpoint_id: UUID) -> None:
        """Nothing is taken here again."""
        self._endpoints.disable(tenant_id, endpoint_id, datetime.now(UTC))
