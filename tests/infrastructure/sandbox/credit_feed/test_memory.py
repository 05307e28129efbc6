"""Facts are written first, and made again from what was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infrastructure.sandbox.credit_feed.memory import Memory
from infrastructure.sandbox.ledger import Ledger


def test_facts_are_made_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "files")
    made: list[dict[str, Any]] = []
    memory = Memory(ledger)
    memory.keeps("thing", made.append)
    memory.record("thing", name="one")
    memory.record("thing", durable=False, name="two")

    again: list[dict[str, Any]] = []
    second = Memory(ledger)
    second.keeps("thing", again.append)
    second.replay()

    assert again == made == [{"kind": "thing", "name": "one"}, {"kind": "thing", "name": "two"}]
    ledger.close()


def test_what_cannot_be_written_is_not_made(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "files")
    memory, made = Memory(ledger), []
    memory.keeps("thing", made.append)
    ledger.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        memory.record("thing")
    assert made == []
