"""What may stand in a log line: named fields only, and no value that looks like personal data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

ALLOWED: Final = frozenset(
    {
        *("event", "level", "timestamp", "logger", "version", "pid", "port", "process", "mode", "role"),
        *("request_id", "method", "route", "status", "duration_ms", "bytes_in", "bytes_out"),
        *("tenant_id", "actor_id", "consumer_id", "user_id", "session_id", "key_id", "endpoint_id", "aggregate_id"),
        *("report_id", "dispute_id", "letter_id", "mailing_id", "task_id", "notification_id"),
        *("correlation_id", "causation_id", "command_id", "command", "topic", "position"),
        *("job_id", "queue", "attempts", "lease_token", "step", "delay_seconds", "state", "count", "seconds"),
        *("projection", "lag_seconds", "rows", "events", "rate", "figure"),
        *("provider", "vendor_status", "error_type", "error_code", "error_place", "places"),
    }
)

_MASKS: Final = (
    ("uuid", r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"),
    ("instant", r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?"),
    ("date", r"(?<![\w-])(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[-/]\d{1,2}[-/]\d{4})(?![\w-])"),
    ("email", r"[\w.+-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+"),
    ("ssn", r"(?<![\w-])\d{3}[- ]?\d{2}[- ]?\d{4}(?![\w-])"),
    ("phone", r"(?<![\w-])(?:\+?\d{1,3}[-. ]?)?(?:\(\d{3}\)|\d{3})[-. ]?\d{3}[-. ]?\d{4}(?![\w-])"),
    ("number", r"(?<![\w-])(?:[Xx*]{2,}[ -]?)?\d(?:[ -]?\d){7,}(?![\w-])"),
    ("account", r"(?<![\w-])[Xx*]{4,}[ -]?\d{2,}(?![\w-])"),
    ("token", r"\b(?:sk_(?:live|test)|sfr|whsec)_[\w-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*"),
)
_PATTERN: Final = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _MASKS))
_HARMLESS: Final = frozenset({"uuid", "instant"})
LONGEST_TEXT: Final = 2000


def mask(text: str) -> str:
    """The text with e-mail addresses, SSNs, phone, card and account numbers and tokens replaced by their kind."""
    return _PATTERN.sub(_replacement, text[:LONGEST_TEXT])


def _replacement(found: re.Match[str]) -> str:
    kind = found.lastgroup or "text"
    return found[0] if kind in _HARMLESS else f"[{kind}]"


def clean(value: Any) -> Any:
    """A value as it may be logged: small numbers, ids and instants as they are, text masked, the rest by its type."""
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, Enum):
        return clean(value.value)
    if isinstance(value, int):
        return value if abs(value) < 10**8 else "[number]"
    if isinstance(value, (UUID, datetime)):
        return str(value)
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [clean(item) for item in list(value)[:50]]
    return f"[{type(value).__name__}]"


def redact(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Only allowed fields, cleaned; `redacted` counts what was left out, without naming it."""
    kept = {name: clean(value) for name, value in fields.items() if name in ALLOWED}
    if isinstance(fields.get("position"), int):
        kept["position"] = fields["position"]
    left_out = len(fields) - len(kept)
    return kept | ({"redacted": left_out} if left_out else {})
