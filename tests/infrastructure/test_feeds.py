"""Which provider a tenant's consumers can have their reports fetched from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from psycopg_pool import ConnectionPool

from application.feeding import FeedAuth, FeedRefused
from domain.connections import MANUAL_UPLOAD
from domain.tenants import TenantMode
from infrastructure.directory import Entry
from infrastructure.feeds import Feeds
from infrastructure.postgres import Connection
from infrastructure.settings import REPORT_PROVIDER, Settings
from infrastructure.vendors.smartcredit.introductions import sandbox_client
from tests.support.odd_provider import Answer, Client, OddProvider, odd_provider, start_of_time


@dataclass
class Directory:
    mode: TenantMode | None

    def by_id(self, tenant_id: UUID) -> Entry | None:
        return Entry(tenant_id, "firm", self.mode) if self.mode else None


@pytest.fixture
def sandbox() -> Iterator[OddProvider]:
    with odd_provider() as opened:
        opened.usual["/sandbox/clients"] = Answer(200, {})
        yield opened


@pytest.fixture
def client(pool: ConnectionPool[Connection], sandbox: OddProvider) -> Client:
    return Client(pool, sandbox.endpoints())


def feeds(client: Client, home: Path, mode: TenantMode | None, url: str = "", live: bool = False) -> Feeds:
    given: dict[str, object] = {"home": home, "feed_url_override": url or None}
    if live:
        given |= {name: f"https://feed.example/{name}" for name in REPORT_PROVIDER}
        given |= {"smartcredit_scope": "reports:read", "public_url_override": "https://case.example"}
    return Feeds(Settings.model_validate(given), Directory(mode), client.links, client.tokens)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", [TenantMode.TEST, None])
@pytest.mark.parametrize("live", [True, False])
def test_a_test_tenant_is_introduced_to_the_sandbox_and_meets_nobody_else(
    client: Client, sandbox: OddProvider, tmp_path: Path, mode: TenantMode | None, live: bool
) -> None:
    made = feeds(client, tmp_path, mode, sandbox.url, live)
    feed = made.of(client.party.tenant_id, "smartcredit")
    assert sandbox.asked == []
    start = feed.begin_link(client.party, client.user_id, start_of_time())
    client_id, secret = sandbox_client(
        client.party.tenant_id, bytes.fromhex((tmp_path / "secrets/feed-sandbox").read_text())
    )
    assert start.url.startswith(f"{sandbox.url}/oauth/authorize?")
    assert parse_qs(urlsplit(start.url).query)["client_id"] == [client_id]
    assert f'"{secret}"'.encode() in sandbox.last("/sandbox/clients").body
    made.close()


def test_a_live_tenant_never_meets_invented_people(client: Client, sandbox: OddProvider, tmp_path: Path) -> None:
    with pytest.raises(FeedRefused) as refused:
        feeds(client, tmp_path, TenantMode.LIVE, sandbox.url).of(client.party.tenant_id, "smartcredit")
    assert refused.value.code == "not_configured"
    feed = feeds(client, tmp_path, TenantMode.LIVE, sandbox.url, live=True).of(client.party.tenant_id, "smartcredit")
    start = feed.begin_link(client.party, client.user_id, start_of_time())
    assert start.url.startswith("https://feed.example/smartcredit_authorize_url?")
    assert sandbox.asked == []


@pytest.mark.parametrize("mode", list(TenantMode))
def test_uploads_are_taken_from_everybody_and_strangers_are_unknown(
    client: Client, tmp_path: Path, mode: TenantMode
) -> None:
    made = feeds(client, tmp_path, mode)
    assert made.of(uuid4(), MANUAL_UPLOAD).capabilities.auth is FeedAuth.MANUAL_UPLOAD
    with pytest.raises(FeedRefused, match="unknown_provider"):
        made.of(uuid4(), "nobody")


def test_one_adapter_for_each_tenant(client: Client, sandbox: OddProvider, tmp_path: Path) -> None:
    made = feeds(client, tmp_path, TenantMode.TEST, sandbox.url)
    tenant = uuid4()
    assert made.of(tenant, "smartcredit") is made.of(tenant, "smartcredit")
    assert made.of(tenant, "smartcredit") is not made.of(uuid4(), "smartcredit")
