"""A dispute as it was: the read model's own fold, over the events up to a version or an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.disputes import Dispute
from domain.kernel import Invalid
from infrastructure.event_store.application import Engine
from projections.disputes import DisputeRow, DisputesProjection
from projections.kernel import Amend, Put, Recorded


@dataclass(frozen=True, slots=True)
class AsOf:
    """Up to which version, or which instant of the tenant's time, events count."""

    version: int | None = None
    instant: datetime | None = None


def parse_as_of(text: str) -> AsOf:
    """Read the query parameter: digits are a version, anything else an ISO 8601 instant with its offset."""
    if len(text) <= 18 and text.isascii() and text.isdigit():
        return AsOf(version=int(text))
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("give as_of as a version number, or as an instant such as 2026-02-01T12:00:00Z") from None
    if instant.tzinfo is None:
        raise Invalid("give as_of with its offset, such as 2026-02-01T12:00:00Z")
    return AsOf(instant=instant)


def dispute_as_of(engine: Engine, tenant_id: UUID, dispute_id: UUID, wanted: AsOf) -> DisputeRow | None:
    """The row as it stood, or None when there was no such dispute then."""
    if engine.load(tenant_id, Dispute, dispute_id) is None:
        return None
    entries = engine.read_stream(tenant_id, dispute_id)
    row: dict[str, object] = {}
    projection = DisputesProjection()
    for entry, event in zip(entries, engine.decode(entries), strict=True):
        too_new = wanted.version is not None and entry.version > wanted.version
        if too_new or (wanted.instant is not None and event.timestamp > wanted.instant):
            break
        recorded = Recorded(entry.position, entry.recorded_at, tenant_id, event, entry.metadata)
        for _, change in projection.rows([recorded]):
            if isinstance(change, Put | Amend):
                row |= change.values
    if not row or (wanted.version is not None and wanted.version > len(entries)):
        return None
    blank = dict.fromkeys(DisputeRow.model_fields)
    return DisputeRow.model_validate(
        blank
        | {"dispute_id": dispute_id, "provisional": False}
        | {name: value for name, value in row.items() if name in DisputeRow.model_fields}
    )
