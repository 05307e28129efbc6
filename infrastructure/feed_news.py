"""Webhooks as commands may read them: the print provider's, and those of providers of reports."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from application.feeding import FeedNews, NewsKind
from infrastructure.post_news import PostInbox

_KINDS = {
    "report.updated": NewsKind.REPORT_UPDATED,
    "alert.created": NewsKind.ALERT_RAISED,
    "access.revoked": NewsKind.ACCESS_REVOKED,
}


class StoredNews(PostInbox):
    """Stored webhooks, read again from their raw bodies."""

    def feed_news(self, tenant_id: UUID, provider: str, event_id: str) -> FeedNews | None:
        """What the webhook says, or None when it names no consumer, or was worked off."""
        raw = self._inbox.body(tenant_id, provider, event_id)
        body = json.loads(raw) if raw is not None else {}
        subject = body.get("subject")
        if not isinstance(subject, str) or not subject:
            return None
        return FeedNews(event_id=event_id, kind=_KINDS.get(body.get("type"), NewsKind.OTHER), subject=subject)

    def finish_feed(self, tenant_id: UUID, provider: str, event_id: str) -> None:
        """Note that the webhook was worked off."""
        self._inbox.finish(tenant_id, provider, event_id, datetime.now(UTC))
