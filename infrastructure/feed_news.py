"""Webhooks as commands may read them: the print provider's, and those of providers of reports."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from application.feeding import FeedNews
from infrastructure.post_news import PostInbox
from infrastructure.vendors.smartcredit.webhooks import parse


class StoredNews(PostInbox):
    """Stored webhooks, read again from their raw bodies."""

    def feed_news(self, tenant_id: UUID, provider: str, event_id: str) -> FeedNews | None:
        """What the webhook says, or None when it names no consumer, or was worked off."""
        raw = self._inbox.body(tenant_id, provider, event_id)
        news = parse(raw) if raw is not None else None
        return news if news is not None and news.subject else None

    def finish_feed(self, tenant_id: UUID, provider: str, event_id: str) -> None:
        """Note that the webhook was worked off."""
        self._inbox.finish(tenant_id, provider, event_id, datetime.now(UTC))
