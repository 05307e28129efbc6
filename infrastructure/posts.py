"""Which print provider, and under which key, a tenant's letters go to."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from application.posting import Post, PostRejected
from domain.tenants import TenantMode
from infrastructure.directory import TenantDirectory
from infrastructure.settings import Settings
from infrastructure.vendors.lob import LobPost


class Posts:
    """One adapter for each tenant. A test-mode tenant never reaches a key that prints, and a live one no other:
    nobody is told that a letter was mailed which nobody printed."""

    def __init__(self, settings: Settings, directory: TenantDirectory) -> None:
        self._settings = settings
        self._directory = directory
        self._connected = lru_cache(maxsize=256)(self._connect)

    def of(self, tenant_id: UUID) -> Post:
        """The tenant's post. Raises PostRejected when its mode and the configured key do not go together."""
        return self._connected(tenant_id)

    def _connect(self, tenant_id: UUID) -> Post:
        entry = self._directory.by_id(tenant_id)
        given = self._settings.lob_api_key
        key = given.get_secret_value() if given is not None else sandbox_key(tenant_id)
        prints = not key.startswith("test_")
        if prints and (entry is None or entry.mode is TenantMode.TEST):
            raise PostRejected("test_tenant_live_key", "account", "a test-mode tenant never posts with a live key")
        if not prints and entry is not None and entry.mode is TenantMode.LIVE:
            raise PostRejected("live_tenant_test_key", "account", "a live tenant's letters need a key that prints")
        return LobPost(key, self._settings.post_url)


def sandbox_key(tenant_id: UUID) -> str:
    """The key under which the sandbox keeps a tenant's pieces apart from all others'."""
    return f"test_{tenant_id.hex}"
