"""Which providers of reports there are."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from application.feeding import Callback, FeedAuth, FeedParty, FeedRefused, LinkRefused
from domain.connections import MANUAL_UPLOAD
from infrastructure.feeds import NoLinks, feed_of

NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)
PARTY = FeedParty(tenant_id=uuid4(), consumer_id=uuid4(), connection_id=uuid4(), provider=MANUAL_UPLOAD)


def test_a_provider_that_is_not_set_up_is_refused_by_name() -> None:
    with pytest.raises(FeedRefused, match="unknown_provider"):
        feed_of(uuid4(), "nobody")


def test_nothing_can_be_asked_of_uploads() -> None:
    feed = feed_of(uuid4(), MANUAL_UPLOAD)
    assert feed.capabilities.auth is FeedAuth.MANUAL_UPLOAD
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


def test_no_link_is_under_way_where_none_can_be_begun() -> None:
    with pytest.raises(LinkRefused, match="unknown_state"):
        NoLinks().claim(uuid4(), uuid4(), "state", NOW)
    assert NoLinks().forget(uuid4(), uuid4()) == 0
