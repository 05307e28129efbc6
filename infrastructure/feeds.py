"""Which report provider, and as which client of it, a tenant's consumers have their reports fetched from."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Final
from uuid import UUID

from application.feeding import CreditFeed, FeedRefused
from domain.connections import MANUAL_UPLOAD
from domain.tenants import TenantMode
from infrastructure.directory import TenantDirectory
from infrastructure.feed_links import FeedLinkStore
from infrastructure.feed_tokens import FeedTokens
from infrastructure.manual_uploads import ManualUploads
from infrastructure.settings import Settings
from infrastructure.vendors.smartcredit.calls import Calls
from infrastructure.vendors.smartcredit.client import SmartCredit
from infrastructure.vendors.smartcredit.endpoints import Endpoints, NotConfigured
from infrastructure.vendors.smartcredit.introductions import introduce, sandbox_client

SMARTCREDIT: Final = "smartcredit"
SANDBOX: Final = "feed-sandbox"


class Feeds:
    """One adapter for each tenant and provider. A test-mode tenant only ever reaches the sandbox and its invented
    people, and a live one never does: nobody is shown a stranger's report, or an invented one as their own."""

    def __init__(
        self, settings: Settings, directory: TenantDirectory, links: FeedLinkStore, tokens: FeedTokens
    ) -> None:
        self._settings, self._directory, self._links, self._tokens = settings, directory, links, tokens
        self._calls = Calls()
        self._connected = lru_cache(maxsize=256)(self._connect)

    def close(self) -> None:
        """Let go of the connections."""
        self._calls.close()

    def of(self, tenant_id: UUID, provider: str) -> CreditFeed:
        """The tenant's feed. Raises FeedRefused when there is none of this name for a tenant of its mode."""
        if provider == MANUAL_UPLOAD:
            return ManualUploads()
        if provider != SMARTCREDIT:
            raise FeedRefused("unknown_provider", "no report provider of this name is known here")
        return self._connected(tenant_id)

    def _connect(self, tenant_id: UUID) -> SmartCredit:
        entry = self._directory.by_id(tenant_id)
        if entry is not None and entry.mode is TenantMode.LIVE:
            return self._live()
        return self._sandbox(tenant_id)

    def _live(self) -> SmartCredit:
        try:
            endpoints = Endpoints.configured(self._settings)
        except NotConfigured:
            raise FeedRefused("not_configured", "no report provider is set up; upload the report instead") from None
        return SmartCredit(endpoints, self._links, self._tokens, self._calls)

    def _sandbox(self, tenant_id: UUID) -> SmartCredit:
        base_url, way_back = self._settings.feed_url, self._settings.feed_redirect_url
        client = sandbox_client(tenant_id, self._settings.secret(SANDBOX))
        known = partial(introduce, self._calls, base_url, *client, way_back)
        return SmartCredit(
            Endpoints.sandbox(base_url, *client, way_back), self._links, self._tokens, self._calls, introduce=known
        )
