"""What was asked of the provider and how often, so that a test can prove that something was asked once."""

from __future__ import annotations

from collections import Counter
from typing import Any

from infrastructure.sandbox.credit_feed.memory import Memory


class Counts:
    """Requests by client, by what they asked and how they were answered.

    What was done counts even where a fault kept the answer from arriving.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._asked: dict[str, Counter[tuple[str, int]]] = {}
        memory.keeps("asked", self._counted)

    def count(self, client_id: str, what: str, status: int) -> None:
        """One request. Losing the last of them in a crash harms nobody, so none waits for the disk."""
        self._memory.record("asked", durable=False, client_id=client_id, what=what, status=status)

    def of(self, client_id: str) -> dict[str, Any]:
        """The counts of one client: what succeeded in words, and everything by path and status."""
        asked = self._asked.get(client_id, Counter())
        by_path: dict[str, dict[str, int]] = {}
        for (what, status), number in sorted(asked.items()):
            by_path.setdefault(what, {})[str(status)] = number
        return {
            "fetches": asked["GET /v1/reports/{id}", 200],
            "exchanges": asked["POST /oauth/token authorization_code", 200],
            "refreshes": asked["POST /oauth/token refresh_token", 200],
            "revocations": asked["POST /oauth/revoke", 200],
            "asked": by_path,
        }

    @property
    def clients(self) -> list[str]:
        """Every client that asked for anything."""
        return sorted(self._asked)

    def _counted(self, entry: dict[str, Any]) -> None:
        self._asked.setdefault(entry["client_id"], Counter())[entry["what"], entry["status"]] += 1
