"""What a report provider tells us by itself: is it really the provider, and what does it say."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from application.feeding import FeedNews, NewsKind

TOLERANCE: Final = timedelta(minutes=5)
PROVIDER: Final = "smartcredit"
HEADER: Final = "Feed-Signature"
LARGEST: Final = 65_536
_SIGNED: Final = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-fA-F]{64})")
_KINDS: Final[Mapping[str, NewsKind]] = {
    "report.updated": NewsKind.REPORT_UPDATED,
    "alert.created": NewsKind.ALERT_RAISED,
    "access.revoked": NewsKind.ACCESS_REVOKED,
}


class ForgedWebhook(Exception):
    """Not signed by the provider with this endpoint's secret, or signed too long ago."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def sign(raw: bytes, at: int, secret: bytes) -> str:
    """The header's value for a body: seconds of real time, and hex HMAC-SHA256 over `<seconds>.<body>`."""
    return f"t={at},v1={_mac(raw, str(at), secret)}"


def verify(raw: bytes, headers: Mapping[str, str], secret: bytes, now: datetime) -> None:
    """Refuse what the provider did not sign within five minutes of `now`, real time. Raises `ForgedWebhook`."""
    if not secret:
        raise ForgedWebhook("no_usable_secret")
    given = next((value for name, value in headers.items() if name.lower() == HEADER.lower()), "")
    if not given:
        raise ForgedWebhook("unsigned")
    signed = _SIGNED.fullmatch(given.strip())
    if signed is None:
        raise ForgedWebhook("bad_header")
    if not hmac.compare_digest(_mac(raw, signed[1], secret), signed[2].lower()):
        raise ForgedWebhook("bad_signature")
    if abs(now.timestamp() - int(signed[1])) > TOLERANCE.total_seconds():
        raise ForgedWebhook("stale")


def parse(raw: bytes) -> FeedNews:
    """Read a verified body. What is not understood is of kind `other` and names nobody; nothing raises.

    A body without an id of its own is known by its hash, so that the same body is still seen once.
    """
    body = _object(raw)
    return FeedNews(
        event_id=_text(body.get("id")) or f"raw_{sha256(raw).hexdigest()[:32]}",
        kind=_KINDS.get(_text(body.get("type")), NewsKind.OTHER),
        subject=_text(body.get("subject")),
        at=_instant(body.get("created_at")),
    )


def _object(raw: bytes) -> dict[str, Any]:
    if len(raw) > LARGEST:
        return {}
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _text(value: Any) -> str:
    fits = isinstance(value, str) and value.isprintable() and len(value) <= 200
    return value if fits else ""


def _instant(value: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _mac(raw: bytes, at: str, secret: bytes) -> str:
    return hmac.new(secret, at.encode() + b"." + raw, sha256).hexdigest()
