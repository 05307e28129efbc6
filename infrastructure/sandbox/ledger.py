"""What a sandbox has promised, on disk before it is said: one JSON line for each fact, and larger files beside them.

A killed process loses nothing it acknowledged.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Ledger:
    """An append-only file, and a folder of files it speaks of. One process writes it."""

    def __init__(self, home: Path, folder: str) -> None:
        self._files = home / folder
        self._files.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = home / "ledger.jsonl"
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._drop_a_torn_end()

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every fact since the beginning."""
        with self._path.open("rb") as lines:
            for line in lines:
                yield json.loads(line)

    def append(self, entry: dict[str, Any], durable: bool = True) -> None:
        """Write one fact. A durable one is on the disk when this returns."""
        line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        if os.write(self._file, line) != len(line):
            raise OSError("the ledger could not be written in full")
        if durable:
            os.fsync(self._file)

    def keep(self, name: str, content: bytes) -> None:
        """Store a file, before a fact speaks of it."""
        with (self._files / name).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def kept(self, name: str) -> bytes:
        """The bytes of a file."""
        return (self._files / name).read_bytes()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _drop_a_torn_end(self) -> None:
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole != len(content):
            os.ftruncate(self._file, whole)
            os.fsync(self._file)
