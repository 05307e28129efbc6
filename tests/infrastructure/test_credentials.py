"""The doors machines and providers come in by, as commands see and close them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from psycopg_pool import ConnectionPool

from application.ports import WorkingKey
from domain.kernel import Role
from infrastructure.api_keys import ApiKeys, ListedKey
from infrastructure.credentials import CredentialRecords
from infrastructure.postgres import Connection
from infrastructure.sealing import SecretSeal
from infrastructure.tokens import Unauthenticated
from infrastructure.webhook_endpoints import UnknownEndpoint, WebhookEndpoints

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SEAL = SecretSeal(bytes(range(32)))
PERSON = uuid4()


def test_working_keys_are_seen_with_their_people_until_they_are_ended(pool: ConnectionPool[Connection]) -> None:
    tenant, records, keys = uuid4(), CredentialRecords(pool, SEAL), ApiKeys(pool)
    texts: dict[UUID, str] = {}
    for role in (Role.OWNER, Role.VIEWER):
        key = ListedKey(uuid4(), "test", role, "nightly", PERSON, NOW, None, None)
        texts[key.key_id] = keys.keep(tenant, key, "s" * 43)
    first, second = texts
    assert set(records.working_keys(tenant)) == {
        WorkingKey(first, Role.OWNER, PERSON), WorkingKey(second, Role.VIEWER, PERSON),
    }  # fmt: skip
    assert records.working_keys(uuid4()) == []
    for _ in range(2):
        records.end_key(tenant, first)
    assert [kept.key_id for kept in records.working_keys(tenant)] == [second]
    assert keys.verify(texts[second], NOW).key_id == second
    with pytest.raises(Unauthenticated):
        keys.verify(texts[first], NOW)


def test_open_endpoints_are_seen_until_they_are_closed(pool: ConnectionPool[Connection]) -> None:
    tenant, endpoint, records = uuid4(), uuid4(), CredentialRecords(pool, SEAL)
    endpoints = WebhookEndpoints(pool, SEAL)
    public_id = endpoints.keep(tenant, endpoint, "lob", "whsec", NOW)
    assert (records.open_endpoints(tenant), records.open_endpoints(uuid4())) == ({endpoint: "lob"}, {})
    for _ in range(2):
        records.close_endpoint(tenant, endpoint)
    assert records.open_endpoints(tenant) == {}
    with pytest.raises(UnknownEndpoint):
        endpoints.find("lob", public_id)
