from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from infrastructure.derived_secrets import NotShownAgain
from infrastructure.sealing import SecretSeal
from infrastructure.webhook_endpoints import (
    ListedEndpoint,
    UnknownEndpoint,
    WebhookEndpoints,
    endpoint_named,
    public_id_of,
)
from tests.support.pools import app_pool
from tests.support.postgres import TestDatabase

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TENANT = uuid4()


@pytest.fixture
def endpoints(database: TestDatabase) -> Iterator[WebhookEndpoints]:
    with app_pool(database) as pool:
        yield WebhookEndpoints(pool, SecretSeal(bytes(range(32))))


def test_the_public_id_leads_to_the_tenant_and_its_secret(endpoints: WebhookEndpoints) -> None:
    public_id = endpoints.keep(TENANT, uuid4(), "lob", "whsec", NOW)
    found = endpoints.find("lob", public_id)
    assert (found.tenant_id, found.provider, found.secret) == (TENANT, "lob", b"whsec")


def test_any_other_id_leads_nowhere(endpoints: WebhookEndpoints) -> None:
    public_id = endpoints.keep(TENANT, uuid4(), "lob", "whsec", NOW)
    wrong = ["", "whe_x_y", public_id + "0", public_id.upper(), public_id.replace(TENANT.hex, uuid4().hex)]
    for candidate in wrong:
        with pytest.raises(UnknownEndpoint):
            endpoints.find("lob", candidate)
    with pytest.raises(UnknownEndpoint):
        endpoints.find("sendgrid", public_id)


def test_a_disabled_endpoint_takes_nothing_more(endpoints: WebhookEndpoints) -> None:
    endpoint_id = uuid4()
    public_id = endpoints.keep(TENANT, endpoint_id, "lob", "whsec", NOW)
    assert not endpoints.disable(uuid4(), endpoint_id, NOW)
    assert endpoints.disable(TENANT, endpoint_id, NOW)
    assert not endpoints.disable(TENANT, endpoint_id, NOW)
    assert endpoints.keep(TENANT, endpoint_id, "lob", "whsec", NOW) == public_id
    with pytest.raises(UnknownEndpoint):
        endpoints.find("lob", public_id)


def test_a_secret_that_would_sign_nothing_is_not_given_out(endpoints: WebhookEndpoints) -> None:
    endpoint_id = uuid4()
    endpoints.keep(TENANT, endpoint_id, "lob", "whsec", NOW)
    with pytest.raises(NotShownAgain):
        endpoints.keep(TENANT, endpoint_id, "lob", "another", NOW)


def test_a_tenants_endpoints_are_listed_without_secrets(endpoints: WebhookEndpoints) -> None:
    tenant, first, second = uuid4(), uuid4(), uuid4()
    endpoints.keep(tenant, first, "lob", "whsec", NOW)
    endpoints.keep(tenant, second, "lob", "whsec", NOW + timedelta(hours=1))
    endpoints.disable(tenant, first, NOW + timedelta(hours=2))
    assert endpoints.of_tenant(tenant) == [
        ListedEndpoint(second, "lob", NOW + timedelta(hours=1), None),
        ListedEndpoint(first, "lob", NOW, NOW + timedelta(hours=2)),
    ]
    assert endpoints.open_ones(tenant) == {second: "lob"}
    assert endpoints.of_tenant(uuid4()) == []


def test_a_public_id_names_tenant_and_endpoint() -> None:
    endpoint_id = uuid4()
    assert endpoint_named(public_id_of(TENANT, endpoint_id)) == (TENANT, endpoint_id)
    assert endpoint_named("whe_x") is None


def test_the_secret_is_sealed(endpoints: WebhookEndpoints, database: TestDatabase) -> None:
    endpoints.keep(TENANT, uuid4(), "lob", "whsec", NOW)
    with psycopg.connect(database.admin_url) as conn:
        row = conn.execute("SELECT sealed_secret FROM auth.webhook_endpoint").fetchone()
    assert row is not None
    assert b"whsec" not in row[0]
