"""What Lob tells us by itself: is it really Lob, and what does it say.

Source: Lob's help centre, "Using webhooks" and "Tracking your mail". Bodies arrive redacted, so an event
belongs to a piece by its `reference_id` and never by metadata.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from application.posting import ScanKind, TrackingScan
from domain.kernel import Value
from infrastructure.vendors.lob.mapping import LobTrackingEvent, tracking_scan

TOLERANCE: Final = timedelta(minutes=5)
_DEBUGGER_SECRET: Final = b"secret"  # with which Lob's public debugger signs
_MILLISECONDS_FROM: Final = 100_000_000_000
_INSTANT: Final = TypeAdapter(AwareDatetime)
_YEARS: Final = range(2000, 2200)


class ForgedWebhook(Exception):
    """Not signed by the provider with this endpoint's secret, or signed too long ago."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EventKind(StrEnum):
    """What happened to a piece, by the provider's account."""

    CREATED = "created"
    REJECTED = "rejected"
    RENDERED_PDF = "rendered_pdf"
    RENDERED_THUMBNAILS = "rendered_thumbnails"
    DELETED = "deleted"
    FAILED = "failed"
    VIEWED = "viewed"
    MAILED = "mailed"
    IN_TRANSIT = "in_transit"
    IN_LOCAL_AREA = "in_local_area"
    PROCESSED_FOR_DELIVERY = "processed_for_delivery"
    PICKUP_AVAILABLE = "pickup_available"
    DELIVERED = "delivered"
    RE_ROUTED = "re_routed"
    RETURNED = "returned"
    ISSUE = "issue"
    UNKNOWN = "unknown"


_LAST_WORDS: Final[Mapping[str, EventKind]] = {
    **{kind.value: kind for kind in EventKind if kind is not EventKind.RETURNED},
    "re-routed": EventKind.RE_ROUTED,
    "returned_to_sender": EventKind.RETURNED,
}


class ProviderEvent(Value):
    """One event of the provider. `id` is the provider's, or a hash when the body cannot be read.

    `scans` are all scans known to the provider at the event, not only the newest.
    """

    id: str
    type: str
    kind: EventKind
    reference_id: str | None = None
    occurred_at: AwareDatetime | None = None
    scans: tuple[TrackingScan, ...] = ()
    tracking_number: str | None = None

    @property
    def must_be_asked_about(self) -> bool:
        """Whether the event names a scan that its body does not hold, or a failure: then ask for the piece."""
        if self.kind in (EventKind.FAILED, EventKind.REJECTED):
            return True
        with suppress(ValueError):
            return ScanKind(self.kind.value) not in {scan.kind for scan in self.scans} | _NOT_SCANNED
        return False


_NOT_SCANNED: Final = {ScanKind.CREATED, ScanKind.UNKNOWN}


def sign(raw: bytes, timestamp: str, secret: bytes) -> str:
    """The signature over `timestamp.body`: hex HMAC-SHA256."""
    return hmac.new(secret, timestamp.encode() + b"." + raw, sha256).hexdigest()


def verify(
    raw: bytes, headers: Mapping[str, str], secret: bytes, now: datetime, tolerance: timedelta = TOLERANCE
) -> None:
    """Refuse what the provider did not sign just now. `now` is real time.

    The timestamp may be in seconds or milliseconds; Lob's text does not say, so its size decides.
    Raises `ForgedWebhook`.
    """
    if not secret or hmac.compare_digest(secret, _DEBUGGER_SECRET):
        raise ForgedWebhook("no_usable_secret")
    given = {name.lower(): value for name, value in headers.items()}
    signature, timestamp = given.get("lob-signature", ""), given.get("lob-signature-timestamp", "")
    if not signature or not timestamp:
        raise ForgedWebhook("unsigned")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 16:
        raise ForgedWebhook("bad_timestamp")
    if not hmac.compare_digest(sign(raw, timestamp, secret).encode(), signature.lower().encode("utf-8", "replace")):
        raise ForgedWebhook("bad_signature")
    if abs(now - _instant(int(timestamp))) > tolerance:
        raise ForgedWebhook("stale")


def parse(raw: bytes) -> ProviderEvent:
    """Read a verified body. What is not understood has kind `unknown`; nothing raises."""
    try:
        event = json.loads(raw)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        return ProviderEvent(id=_hash_id(raw), type="", kind=EventKind.UNKNOWN)
    kind_of = event.get("event_type")
    name = _text(kind_of.get("id")) if isinstance(kind_of, dict) else None
    body = event.get("body")
    body = body if isinstance(body, dict) else {}
    return ProviderEvent(
        id=_text(event.get("id")) or _hash_id(raw),
        type=name or "",
        kind=_kind(name or ""),
        reference_id=_text(event.get("reference_id")) or _text(body.get("id")),
        occurred_at=_when(event.get("date_created")),
        scans=_scans(body.get("tracking_events")),
        tracking_number=_text(body.get("tracking_number")),
    )


def _kind(name: str) -> EventKind:
    words = name.split(".")
    if words[0] != "letter" or words[1:-1] not in ([], ["certified"]) or len(words) < 2:
        return EventKind.UNKNOWN
    return _LAST_WORDS.get(words[-1], EventKind.UNKNOWN)


def _scans(events: Any) -> tuple[TrackingScan, ...]:
    scans = []
    for event in events if isinstance(events, list) else []:
        with suppress(ValidationError, OverflowError):
            scan = tracking_scan(LobTrackingEvent.model_validate(event))
            if scan.occurred_at.year in _YEARS:
                scans.append(scan)
    return tuple(scans)


def _when(value: Any) -> datetime | None:
    with suppress(ValidationError):
        instant = _INSTANT.validate_python(value) if isinstance(value, str) else None
        return instant if instant is not None and instant.year in _YEARS else None
    return None


def _instant(stamp: int) -> datetime:
    seconds = stamp / 1000 if stamp >= _MILLISECONDS_FROM else stamp
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise ForgedWebhook("bad_timestamp") from None


def _text(value: Any) -> str | None:
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= 200 or value == "REDACTED":
        return None
    return value


def _hash_id(raw: bytes) -> str:
    return f"raw_{sha256(raw).hexdigest()[:32]}"
