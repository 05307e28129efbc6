"""A stored webhook of a report provider is read again from its raw body."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from psycopg_pool import ConnectionPool

from application.feeding import NewsKind
from domain.kernel import NotFound
from infrastructure.feed_news import StoredNews
from infrastructure.inbox import Inbox
from infrastructure.postgres import Connection
from infrastructure.sealing import SecretSeal

NOW = datetime(2026, 1, 9, 19, tzinfo=UTC)
PROVIDER = "smartcredit"


def test_a_webhook_is_read_from_its_raw_body_and_worked_off_once(pool: ConnectionPool[Connection]) -> None:
    tenant, inbox = uuid4(), Inbox(pool, SecretSeal(bytes(range(32))))
    news = StoredNews(inbox)
    body = {"id": "evt_1", "type": "access.revoked", "created_at": "2026-01-09T19:00:00Z", "subject": "sub_1"}
    inbox.receive(tenant, PROVIDER, "evt_1", json.dumps(body).encode(), NOW)
    inbox.receive(tenant, PROVIDER, "evt_2", b"no json", NOW)
    found = news.feed_news(tenant, PROVIDER, "evt_1")
    assert found is not None
    assert (found.event_id, found.kind, found.subject) == ("evt_1", NewsKind.ACCESS_REVOKED, "sub_1")
    assert news.feed_news(tenant, PROVIDER, "evt_2") is None
    news.finish_feed(tenant, PROVIDER, "evt_1")
    assert not inbox.is_waiting(tenant, PROVIDER, "evt_1")
    assert inbox.is_waiting(tenant, PROVIDER, "evt_2")
    with pytest.raises(NotFound):
        news.feed_news(uuid4(), PROVIDER, "evt_1")
    with pytest.raises(NotFound):
        news.feed_news(tenant, "lob", "evt_1")
