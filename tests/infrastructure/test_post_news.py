"""A stored webhook is read again from its raw body."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from domain.kernel import NotFound
from infrastructure.post_news import PROVIDER, PostInbox
from tests.support.postgres import TestDatabase, TestServer
from tests.support.wired import wired

NOW = datetime(2026, 1, 9, 19, tzinfo=UTC)


def test_a_webhook_is_read_from_its_raw_body_and_worked_off_once(
    tmp_path: Path, server: TestServer, database: TestDatabase
) -> None:
    tenant = uuid4()
    with wired(tmp_path, server, database) as sfdify:
        news = PostInbox(sfdify.inbox)
        body = {"id": "evt_1", "event_type": {"id": "letter.delivered"}, "reference_id": "ltr_0001", "body": {}}
        sfdify.inbox.receive(tenant, PROVIDER, "evt_1", json.dumps(body).encode(), NOW)
        sfdify.inbox.receive(tenant, PROVIDER, "evt_2", b"no json", NOW)
        found = news.post_news(tenant, "evt_1")
        assert found is not None
        assert found.provider_id == "ltr_0001"
        assert news.post_news(tenant, "evt_2") is None
        assert news.unread(tenant) == {"evt_1": "ltr_0001", "evt_2": None}
        assert news.unread(uuid4()) == {}
        news.finish(tenant, "evt_1")
        assert news.unread(tenant) == {"evt_2": None}
        assert news.post_news(tenant, "evt_1") is None
        assert not sfdify.inbox.is_waiting(tenant, PROVIDER, "evt_1")
        assert sfdify.inbox.is_waiting(tenant, PROVIDER, "evt_2")
        with pytest.raises(NotFound):
            news.post_news(uuid4(), "evt_1")
