"""Reading the log as projections need it: in order, below the horizon, decoded once for all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple, Protocol
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from psycopg import Connection

from domain.kernel import Event
from projections.kernel import Recorded

END: Final = 2**63 - 1


class LogRow(NamedTuple):
    """One row of the log."""

    position: int
    recorded_at: datetime
    originator_version: int
    tenant_id: UUID
    originator_id: UUID
    topic: str
    metadata: bytes
    state: bytes


Decode = Callable[[LogRow], Event | None]
"""Turns a row into its event; None when there is nothing for projections in it."""

_READ: Final[LiteralString] = """
    SELECT position, recorded_at, originator_version, tenant_id, originator_id, topic, metadata, state
    FROM es.event WHERE position > %s AND position <= %s AND position < es.horizon() ORDER BY position LIMIT %s"""


def read(conn: Connection[Any], after: int, limit: int, upto: int = END) -> Batch:
    """The next events that are final: no transaction can still write before them."""
    rows = conn.execute(_READ, (after, upto, limit), binary=True).fetchall()
    return Batch([LogRow._make(row) for row in rows])


def last_final(conn: Connection[Any]) -> int:
    """The position of the last event below the horizon, 0 in an empty log."""
    row = conn.execute(
        "SELECT position FROM es.event WHERE position < es.horizon() ORDER BY position DESC LIMIT 1"
    ).fetchone()
    return int(row[0]) if row else 0


def has_unsettled(conn: Connection[Any], after: int) -> bool:
    """Whether events after `after` are written but may not be read yet, or not by the last look."""
    row = conn.execute("SELECT EXISTS (SELECT FROM es.event WHERE position > %s)", (after,)).fetchone()
    return bool(row and row[0])


class Batch:
    """Some rows of the log. Each is decoded when first asked for, and once."""

    def __init__(self, rows: list[LogRow], decoded: dict[int, Recorded[Event] | None] | None = None) -> None:
        self.rows = rows
        self._decoded = {} if decoded is None else decoded

    @property
    def last(self) -> int:
        """The position up to which the log has been read."""
        return self.rows[-1].position

    def after(self, position: int) -> Batch:
        """Without the rows up to `position`."""
        if self.rows[0].position > position:
            return self
        return Batch([row for row in self.rows if row.position > position], self._decoded)

    def halves(self) -> tuple[Batch, Batch]:
        """Two batches, the earlier one first."""
        middle = len(self.rows) // 2
        return Batch(self.rows[:middle], self._decoded), Batch(self.rows[middle:], self._decoded)

    def decode_ahead(self, wanted: Callable[[str], bool], decode: Decode) -> None:
        """Decode the wanted rows now. One that fails is left for whoever asks for it."""
        for row in self.rows:
            if wanted(row.topic):
                try:
                    self.recorded(row, decode)
                except Exception:  # noqa: BLE001 it is raised again where it can be blamed on its event
                    return

    def recorded(self, row: LogRow, decode: Decode) -> Recorded[Event] | None:
        """The row's event. Raises whatever `decode` raises."""
        if row.position not in self._decoded:
            event = decode(row)
            self._decoded[row.position] = None if event is None else _recorded(row, event)
        return self._decoded[row.position]


def _recorded(row: LogRow, event: Event) -> Recorded[Event]:
    metadata = json.loads(row.metadata) if row.metadata else {}
    return Recorded(row.position, row.recorded_at, row.tenant_id, event, metadata)


class StoredDecoder(Protocol):
    """The log's mapper, as far as a reader of many tenants needs it."""

    def decode(self, tenant_id: UUID | None, stored: StoredEvent) -> Event: ...


def decoded_by(mapper: StoredDecoder) -> Decode:
    """A decoder that gives every row to the log's mapper."""

    def decode(row: LogRow) -> Event:
        stored = StoredEvent(row.originator_id, row.originator_version, row.topic, row.state)
        return mapper.decode(row.tenant_id, stored)

    return decode
