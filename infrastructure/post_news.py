"""The print provider's webhooks as commands may read them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from application.ports import PostNews
from infrastructure.inbox import Inbox
from infrastructure.vendors.lob import parse

PROVIDER = "lob"
MOST_UNREAD = 100_000
"""More webhooks of one tenant than could wait at a time."""


class PostInbox:
    """Stored webhooks of the print provider, read again from their raw bodies."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def post_news(self, tenant_id: UUID, event_id: str) -> PostNews | None:
        """What the webhook says, or None when it is about no piece of mail, or was worked off."""
        body = self._inbox.body(tenant_id, PROVIDER, event_id)
        event = parse(body) if body is not None else None
        if event is None or event.reference_id is None:
            return None
        return PostNews(provider_id=event.reference_id, scans=event.scans, incomplete=event.must_be_asked_about)

    def unread(self, tenant_id: UUID) -> dict[str, str | None]:
        """The webhooks that were not worked off, with the piece each is about; None where none can be told."""
        found: dict[str, str | None] = {}
        for one in self._inbox.waiting(tenant_id, datetime.now(UTC), MOST_UNREAD):
            if one.provider == PROVIDER:
                news = self.post_news(tenant_id, one.event_id)
                found[one.event_id] = news.provider_id if news is not None else None
        return found

    def finish(self, tenant_id: UUID, event_id: str) -> None:
        """Note that the webhook was worked off."""
        self._inbox.finish(tenant_id, PROVIDER, event_id, datetime.now(UTC))
