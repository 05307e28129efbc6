"""Objects as files under one folder: the default when no bucket is configured."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from infrastructure.stores import StoreUnavailable


class Files:
    """Sealed objects on the local disk, complete or absent, readable by the product's own account only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, name: str, content: bytes) -> None:
        """Write durably: the bytes and their name survive a power cut."""
        try:
            self._write(self._folder / name, content)
        except OSError as error:
            raise StoreUnavailable(f"the folder of objects cannot be written: {error.strerror}") from None

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        _sync(path.parent)

    def get(self, name: str) -> bytes | None:
        """The bytes, or None."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def erase(self, prefix: str) -> int:
        """Remove every object below the folder `prefix`, counting those that nobody else removed at the same time."""
        count = 0
        try:
            for place, _, names in os.walk(self._folder / prefix, topdown=False):
                for name in names:
                    with suppress(FileNotFoundError):
                        Path(place, name).unlink()
                        count += 1
                with suppress(FileNotFoundError):
                    Path(place).rmdir()
        except OSError as error:
            raise StoreUnavailable(f"objects could not be removed: {error.strerror}") from None
        return count


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
