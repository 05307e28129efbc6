"""Whose events are being read or written on this thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from uuid import UUID

current_tenant: Final[ContextVar[UUID | None]] = ContextVar("current_tenant", default=None)


class NoTenant(RuntimeError):
    """The log was touched without saying for whom: wrap the call in `with as_tenant(tenant_id):`."""

    def __init__(self) -> None:
        super().__init__("no tenant is set; wrap the call in `with as_tenant(tenant_id):`")


@contextmanager
def as_tenant(tenant_id: UUID) -> Iterator[None]:
    """Read and write as this tenant within the block."""
    token = current_tenant.set(tenant_id)
    try:
        yield
    finally:
        current_tenant.reset(token)


def required_tenant() -> UUID:
    """The tenant of this thread. Raises NoTenant."""
    tenant = current_tenant.get()
    if tenant is None:
        raise NoTenant
    return tenant
