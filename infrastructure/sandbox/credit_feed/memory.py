"""What the provider knows, rebuilt from the ledger at the start.

Every change is written to the ledger first and then made, by the same code that reads the ledger back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infrastructure.sandbox.ledger import Ledger

Apply = Callable[[dict[str, Any]], None]


class Memory:
    """Facts, and who remembers which. Each part says with `keeps` what it makes of its facts."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._appliers: dict[str, Apply] = {}

    def keeps(self, kind: str, apply: Apply) -> None:
        """Facts of this kind are made so by `apply`."""
        self._appliers[kind] = apply

    def record(self, kind: str, durable: bool = True, **facts: Any) -> None:
        """Write a change down, then make it."""
        entry = {"kind": kind, **facts}
        self.ledger.append(entry, durable)
        self._appliers[kind](entry)

    def replay(self) -> None:
        """Make every change of the ledger again."""
        for entry in self.ledger.entries():
            self._appliers[entry["kind"]](entry)
