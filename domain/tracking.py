"""Where a piece of mail is, folded from carrier scans that arrive late, twice and out of order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime

from domain.kernel import Value


class ScanKind(StrEnum):
    """Where a piece is on its way, in the carrier's own steps."""

    CREATED = "created"
    ACCEPTED = "accepted"
    MAILED = "mailed"
    IN_TRANSIT = "in_transit"
    IN_LOCAL_AREA = "in_local_area"
    PROCESSED_FOR_DELIVERY = "processed_for_delivery"
    PICKUP_AVAILABLE = "pickup_available"
    RE_ROUTED = "re_routed"
    ISSUE = "issue"
    DELIVERED = "delivered"
    RETURNED = "returned"
    UNKNOWN = "unknown"


class TrackingScan(Value):
    """One scan of the piece by the carrier. `occurred_at` is the carrier's instant, not ours."""

    id: str
    kind: ScanKind
    occurred_at: AwareDatetime
    location: str | None = None
    provider_event: str
    detail: str | None = None
    action_required: bool = False


_PHASE: Final[Mapping[ScanKind, int]] = {
    ScanKind.UNKNOWN: -1,
    ScanKind.CREATED: 0,
    ScanKind.ACCEPTED: 1,
    ScanKind.DELIVERED: 3,
    ScanKind.RETURNED: 3,
}
_STEP: Final[Mapping[ScanKind, int]] = {kind: step for step, kind in enumerate(ScanKind)}


class MailStatus(Value):
    """Where a mailing stands. Folding scans into it gives one answer, whatever their order.

    `delivered_at` and `returned_at` are the earliest such scans; `seen` are the scans already counted.
    """

    kind: ScanKind = ScanKind.CREATED
    at: AwareDatetime | None = None
    scan_id: str = ""
    action_required: bool = False
    mailed_at: AwareDatetime | None = None
    delivered_at: AwareDatetime | None = None
    returned_at: AwareDatetime | None = None
    seen: tuple[str, ...] = ()

    @property
    def final(self) -> bool:
        """Whether the carrier has nothing more to tell."""
        return _phase(self.kind) == _phase(ScanKind.DELIVERED)


def advance(current: MailStatus, scans: Iterable[TrackingScan]) -> MailStatus:
    """Fold scans into the status: the latest by the carrier's clock wins, an end is an end.

    A scan counted before changes nothing, and a late report of an earlier scan never takes the
    piece back. Any order, grouping and repetition of the same scans gives the same status.
    """
    for scan in scans:
        if scan.id not in current.seen:
            current = _fold(current, scan)
    return current


def _fold(current: MailStatus, scan: TrackingScan) -> MailStatus:
    changes: dict[str, object] = {"seen": tuple(sorted({*current.seen, scan.id}))}
    for kind, field in (
        (ScanKind.MAILED, "mailed_at"),
        (ScanKind.DELIVERED, "delivered_at"),
        (ScanKind.RETURNED, "returned_at"),
    ):
        known = getattr(current, field)
        if scan.kind is kind and (known is None or scan.occurred_at < known):
            changes[field] = scan.occurred_at
    if _is_further(scan, current):
        changes |= {
            "kind": scan.kind,
            "at": scan.occurred_at,
            "scan_id": scan.id,
            "action_required": scan.action_required,
        }
    return current.model_copy(update=changes)


def _is_further(scan: TrackingScan, current: MailStatus) -> bool:
    phases = _phase(scan.kind), _phase(current.kind)
    if phases[0] != phases[1] or current.at is None:
        return phases[0] > phases[1] or (phases[0] == phases[1] and current.at is None)
    return (scan.occurred_at, _STEP[scan.kind], scan.id) > (current.at, _STEP[current.kind], current.scan_id)


def _phase(kind: ScanKind) -> int:
    return _PHASE.get(kind, 2)
