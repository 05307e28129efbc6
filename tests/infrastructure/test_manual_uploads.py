"""Nothing can be fetched from the consumer."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from application.feeding import Callback, CreditFeed, FeedAuth, FeedParty, FeedRefused
from domain.connections import MANUAL_UPLOAD
from infrastructure.manual_uploads import ManualUploads

NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)
PARTY = FeedParty(tenant_id=uuid4(), consumer_id=uuid4(), connection_id=uuid4(), provider=MANUAL_UPLOAD)


def test_nothing_can_be_asked_of_uploads() -> None:
    feed: CreditFeed = ManualUploads()
    assert feed.capabilities.auth is FeedAuth.MANUAL_UPLOAD
    assert not feed.capabilities.has_webhooks
    asked = (
        lambda: feed.begin_link(PARTY, uuid4(), NOW),
        lambda: feed.complete_link(PARTY, Callback(state="s"), NOW),
        lambda: feed.order(PARTY, (), "key"),
        lambda: feed.fetch_report(PARTY, "ord_1"),
        lambda: feed.fetch_scores(PARTY),
        lambda: feed.fetch_alerts(PARTY, ""),
    )
    for ask in asked:
        with pytest.raises(FeedRefused, match="upload_instead"):
            ask()
    feed.unlink(PARTY)
