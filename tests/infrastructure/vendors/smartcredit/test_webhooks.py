"""Only the provider's own words are believed, and nothing it may say stops us."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.feeding import NewsKind
from infrastructure.vendors.smartcredit.webhooks import LARGEST, ForgedWebhook, parse, sign, verify

SECRET = b"per-endpoint-secret"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
STAMP = int(NOW.timestamp())
RAW = json.dumps({"id": "evt_1", "type": "report.updated", "created_at": "2026-03-02", "subject": "sub_1"}).encode()


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2026-01-09T19:00:00Z", datetime(2026, 1, 9, 19, tzinfo=UTC)),
        ("2026-01-09T19:00:00", None),
        ("yesterday", None),
        (1767985200, None),
        (None, None),
    ],
)
def test_a_webhook_says_when_it_came_about_or_it_is_not_known(told: object, at: datetime | None) -> None:
    body = {"id": "e", "type": "access.revoked", "subject": "s", "created_at": told}
    assert parse(json.dumps(body).encode()).at == at


def test_a_signature_over_these_bytes_is_believed_in_any_spelling_of_the_header() -> None:
    signature = sign(RAW, STAMP, SECRET)

    assert verify(RAW, {"Feed-Signature": signature}, SECRET, NOW) is None
    assert verify(RAW, {"feed-signature": signature}, SECRET, NOW) is None


def test_the_signature_is_hmac_sha256_over_seconds_dot_body() -> None:
    by_openssl = "47b6ce0fca59474308e2921c247cb2493dce6b8101d90ac05bd0c6a37d0e046e"

    assert sign(b"body", 1_700_000_000, b"key") == f"t=1700000000,v1={by_openssl}"


@pytest.mark.parametrize(("offset", "believed"), [(-300, True), (300, True), (-301, False), (301, False)])
def test_five_minutes_either_way_are_allowed(offset: int, believed: bool) -> None:
    headers, now = {"Feed-Signature": sign(RAW, STAMP, SECRET)}, NOW + timedelta(seconds=offset)
    if believed:
        assert verify(RAW, headers, SECRET, now) is None
        return
    with pytest.raises(ForgedWebhook) as forged:
        verify(RAW, headers, SECRET, now)
    assert forged.value.reason == "stale"


@pytest.mark.parametrize(
    ("header", "secret", "reason"),
    [
        (None, SECRET, "unsigned"),
        ("", SECRET, "unsigned"),
        (sign(b"other", STAMP, SECRET), SECRET, "bad_signature"),
        (sign(RAW, STAMP, b"another"), SECRET, "bad_signature"),
        (sign(RAW, STAMP, SECRET).replace(f"t={STAMP}", f"t={STAMP + 1}"), SECRET, "bad_signature"),
        (sign(RAW, STAMP, b""), b"", "no_usable_secret"),
        ("t=soon,v1=" + "0" * 64, SECRET, "bad_header"),
        (f"t={'9' * 13},v1=" + "0" * 64, SECRET, "bad_header"),
        (f"t=٣,v1={'0' * 64}", SECRET, "bad_header"),
        (f"v1={'0' * 64}", SECRET, "bad_header"),
        (f"t={STAMP},v1=", SECRET, "bad_header"),
    ],
)
def test_what_the_provider_did_not_sign_is_refused(header: str | None, secret: bytes, reason: str) -> None:
    with pytest.raises(ForgedWebhook) as forged:
        verify(RAW, {} if header is None else {"Feed-Signature": header}, secret, NOW)
    assert forged.value.reason == reason


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("report.updated", NewsKind.REPORT_UPDATED),
        ("alert.created", NewsKind.ALERT_RAISED),
        ("access.revoked", NewsKind.ACCESS_REVOKED),
        ("report.deleted", NewsKind.OTHER),
        (7, NewsKind.OTHER),
    ],
)
def test_news_is_read(told: object, kind: NewsKind) -> None:
    news = parse(json.dumps({"id": "evt_1", "type": told, "subject": "sub_1"}).encode())

    assert (news.event_id, news.kind, news.subject) == ("evt_1", kind, "sub_1")
    assert "sub_1" not in repr(news)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"id": ' + b"9" * 5_000 + b"}",
        b'{"id": "\\ud800", "subject": "\\u0000"}',
        json.dumps({"id": "e" * 201, "subject": ["sub_1"]}).encode(),
        b'{"id": "evt_1", "pad": "' + b"x" * LARGEST + b'"}',
    ],
)
def test_a_body_that_says_nothing_is_known_by_its_hash(raw: bytes) -> None:
    news = parse(raw)

    assert news.event_id.startswith("raw_")
    assert (news.kind, news.subject) == (NewsKind.OTHER, "")
    assert parse(raw) == news


@given(st.binary(max_size=200))
def test_nothing_raises(raw: bytes) -> None:
    assert 1 <= len(parse(raw).event_id) <= 255
