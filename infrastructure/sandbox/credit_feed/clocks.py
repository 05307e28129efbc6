"""What time it is: for a client's people together, or for one person alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from infrastructure.sandbox.credit_feed.memory import Memory
from infrastructure.sandbox.credit_feed.problems import Refused


class Clocks:
    """Clocks that are set by hand. A person's own goes before their client's; without any it is real time."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._clocks: dict[tuple[str, str | None], datetime] = {}
        memory.keeps("clock", self._moved)

    def now(self, client_id: str, subject: str | None = None) -> datetime:
        """The time for a person, or for a client."""
        own = self._clocks.get((client_id, subject))
        return own or self._clocks.get((client_id, None)) or datetime.now(UTC)

    def move(self, now: datetime, client_id: str, subject: str | None = None) -> None:
        """Set a clock going by hand; it starts anywhere and moves only forward."""
        clock = self._clocks.get((client_id, subject))
        if clock and now < clock:
            raise Refused("conflict", f"the clock shows {clock.isoformat()} and moves only forward", 409)
        self._memory.record("clock", client_id=client_id, subject=subject, now=now.isoformat())

    def _moved(self, entry: dict[str, Any]) -> None:
        self._clocks[entry["client_id"], entry["subject"]] = datetime.fromisoformat(entry["now"])
