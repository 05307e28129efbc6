"""Stored webhooks of report providers, read again from their bodies."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from application.feeding import NewsKind
from infrastructure.feed_news import StoredNews

TENANT = uuid4()


class Bodies:
    """An inbox that holds one body."""

    def __init__(self, body: dict[str, object]) -> None:
        self._body = body
        self.finished: list[tuple[UUID, str, str]] = []

    def body(self, tenant_id: UUID, provider: str, event_id: str) -> bytes:
        return json.dumps(self._body).encode()

    def finish(self, tenant_id: UUID, provider: str, event_id: str, now: datetime) -> bool:
        self.finished.append((tenant_id, provider, event_id))
        return True


@pytest.mark.parametrize(
    ("kind", "meant"),
    [
        ("report.updated", NewsKind.REPORT_UPDATED),
        ("alert.created", NewsKind.ALERT_RAISED),
        ("access.revoked", NewsKind.ACCESS_REVOKED),
        ("weather.changed", NewsKind.OTHER),
    ],
)
def test_a_webhook_says_what_it_is_about(kind: str, meant: NewsKind) -> None:
    body = {"id": "evt_1", "type": kind, "created_at": "2026-01-05T15:00:00Z", "subject": "sub-1"}
    news = StoredNews(Bodies(body)).feed_news(TENANT, "smartcredit", "evt_1")  # type: ignore[arg-type]
    assert news is not None
    assert (news.kind, news.subject, news.event_id) == (meant, "sub-1", "evt_1")


def test_a_webhook_that_names_nobody_is_about_no_consumer() -> None:
    assert StoredNews(Bodies({"id": "evt_1"})).feed_news(TENANT, "smartcredit", "evt_1") is None  # type: ignore[arg-type]


def test_what_was_worked_off_is_noted_under_its_own_provider() -> None:
    bodies = Bodies({})
    StoredNews(bodies).finish_feed(TENANT, "smartcredit", "evt_1")  # type: ignore[arg-type]
    assert bodies.finished == [(TENANT, "smartcredit", "evt_1")]
