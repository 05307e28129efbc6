"""Documents at rest: sealed under the person's own key before they reach a disk or a bucket."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from infrastructure.event_store.keyring import Keyring


class StoreUnavailable(Exception):
    """The store cannot be reached or is full. Nothing was stored; the same request or job may be tried again."""


class Backend(Protocol):
    """Where sealed bytes lie. `get` answers None when there is nothing; `erase` counts what it removed.

    Each raises StoreUnavailable.
    """

    def put(self, name: str, content: bytes) -> None: ...

    def get(self, name: str) -> bytes | None: ...

    def erase(self, prefix: str) -> int: ...


class SealedStore:
    """The object store of the product: a backend that never sees a readable byte.

    Objects are named `<tenant>/<person>/<key>`. A box is bound to its name, so that one document cannot
    be put in another's place.
    """

    def __init__(self, keyring: Keyring, backend: Backend) -> None:
        self._keyring = keyring
        self._backend = backend

    def put(self, tenant_id: UUID, subject_id: UUID, key: str, content: bytes) -> None:
        """Store a document durably. The same name again replaces it by an equal one."""
        name = _name(tenant_id, subject_id, key)
        self._backend.put(name, self._keyring.seal(tenant_id, subject_id, content, name.encode()))

    def get(self, tenant_id: UUID, subject_id: UUID, key: str) -> bytes | None:
        """The document, or None when it is gone or the person's key was destroyed. Raises Altered."""
        name = _name(tenant_id, subject_id, key)
        box = self._backend.get(name)
        return None if box is None else self._keyring.open(tenant_id, subject_id, box, name.encode())

    def erase(self, tenant_id: UUID, subject_id: UUID) -> int:
        """Remove all that is kept of a person; how many documents that were."""
        return self._backend.erase(f"{tenant_id}/{subject_id}/")


def _name(tenant_id: UUID, subject_id: UUID, key: str) -> str:
    if not key or key.startswith("/") or ".." in key.split("/"):
        raise ValueError("an object's key is a relative path without '..'")
    return f"{tenant_id}/{subject_id}/{key}"
