"""Where a piece of mail is, folded from carrier scans that arrive late, twice and out of order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain.kernel import Value

ORDER = (
    "created",
    "accepted",
    "issue",
    "mailed",
    "in_transit",
    "in_local_area",
    "re_routed",
    "processed_for_delivery",
    "pickup_available",
    "returned",
    "delivered",
)
"""Scan kinds in the order in which a piece passes them; the later one wins at the same instant."""

TERMINAL = frozenset({"delivered", "returned"})
UNMOVED = frozenset({"created", "accepted", "issue", "unknown"})
"""Kinds that tell something about the piece without moving it."""


class TrackingScan(Value):
    """One carrier scan. `occurred_at` is the carrier's time; `provider_event` is the provider's own word for it."""

    id: str
    kind: str
    occurred_at: datetime
    provider_event: str
    location: str | None = None
    action_required: bool = False


class MailStatus(Value):
    """The furthest point reached, by carrier time, and the scans that have been counted."""

    kind: str | None = None
    at: datetime | None = None
    seen: frozenset[str] = frozenset()


def advance(current: MailStatus, scans: Iterable[TrackingScan]) -> MailStatus:
    """Fold scans into the status. Any order, and any repetition, ends in the same place."""
    for scan in scans:
        if scan.id in current.seen:
            continue
        seen = current.seen | {scan.id}
        ahead = scan.kind not in UNMOVED and _rank(scan.kind, scan.occurred_at) > _rank(current.kind, current.at)
        current = (
            MailStatus(kind=scan.kind, at=scan.occurred_at, seen=seen)
            if ahead
            else current.model_copy(update={"seen": seen})
        )
    return current


def _rank(kind: str | None, at: datetime | None) -> tuple[bool, float, int]:
    if kind is None or at is None:
        return (False, float("-inf"), -1)
    return (kind in TERMINAL, at.timestamp(), ORDER.index(kind) if kind in ORDER else -1)
