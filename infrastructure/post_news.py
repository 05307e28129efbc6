"""The print provider's webhooks as commands may read them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from application.ports import PostNews
from infrastructure.inbox import Inbox
from infrastructure.vendors.lob import parse

PROVIDER = "lob"


class PostInbox:
    """Stored webhooks of the print provider, read again from their raw bodies."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def post_news(self, tenant_id: UUID, event_id: str) -> PostNews | None:
        """What the webhook says, or None when it is about no piece of mail."""
        event = parse(self._inbox.body(tenant_id, PROVIDER, event_id))
        if event.reference_id is None:
            return None
        return PostNews(provider_id=event.reference_id, scans=event.scans, incomplete=event.must_be_asked_about)

    def finish(self, tenant_id: UUID, event_id: str) -> None:
        """Note that the webhook was worked off."""
        self._inbox.finish(tenant_id, PROVIDER, event_id, datetime.now(UTC))
