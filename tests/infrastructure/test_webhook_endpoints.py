from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from infrastructure.sealing import SecretSeal
from infrastructure.webhook_endpoints import UnknownEndpoint, WebhookEndpoints
from tests.support.pools import app_pool
from tests.support.postgres import TestDatabase

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TENANT = uuid4()


@pytest.fixture
def endpoints(database: TestDatabase) -> Iterator[WebhookEndpoints]:
    with app_pool(database) as pool:
        yield WebhookEndpoints(pool, SecretSeal(bytes(range(32))))


def test_the_public_id_leads_to_the_tenant_and_its_secret(endpoints: WebhookEndpoints) -> None:
    public_id = endpoints.open(TENANT, "lob", b"whsec", NOW)
    found = endpoints.find("lob", public_id)
    assert (found.tenant_id, found.provider, found.secret) == (TENANT, "lob", b"whsec")


def test_any_other_id_leads_nowhere(endpoints: WebhookEndpoints) -> None:
    public_id = endpoints.open(TENANT, "lob", b"whsec", NOW)
    wrong = ["", "whe_x_y", public_id + "0", public_id.upper(), public_id.replace(TENANT.hex, uuid4().hex)]
    for candidate in wrong:
        with pytest.raises(UnknownEndpoint):
            endpoints.find("lob", candidate)
    with pytest.raises(UnknownEndpoint):
        endpoints.find("sendgrid", public_id)


def test_a_disabled_endpoint_takes_nothing_more(endpoints: WebhookEndpoints) -> None:
    public_id = endpoints.open(TENANT, "lob", b"whsec", NOW)
    assert not endpoints.disable(uuid4(), public_id, NOW)
    assert not endpoints.disable(TENANT, "whe_x", NOW)
    assert endpoints.disable(TENANT, public_id, NOW)
    assert not endpoints.disable(TENANT, public_id, NOW)
    with pytest.raises(UnknownEndpoint):
        endpoints.find("lob", public_id)


def test_the_secret_is_sealed(endpoints: WebhookEndpoints, database: TestDatabase) -> None:
    endpoints.open(TENANT, "lob", b"whsec", NOW)
    with psycopg.connect(database.admin_url) as conn:
        row = conn.execute("SELECT sealed_secret FROM auth.webhook_endpoint").fetchone()
    assert row is not None
    assert b"whsec" not in row[0]
