"""The tenant of a thread is set for a block and no longer, and never leaks into another thread."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest

from infrastructure.event_store.tenancy import NoTenant, as_tenant, current_tenant, required_tenant

ONE, OTHER = UUID(int=1), UUID(int=2)


def test_blocks_nest_and_end() -> None:
    with as_tenant(ONE):
        with as_tenant(OTHER):
            assert required_tenant() == OTHER
        assert required_tenant() == ONE
    assert current_tenant.get() is None


def test_an_error_ends_the_block_too() -> None:
    with pytest.raises(KeyError), as_tenant(ONE):
        raise KeyError
    with pytest.raises(NoTenant, match="as_tenant"):
        required_tenant()


def test_another_thread_has_no_tenant() -> None:
    seen: list[UUID | None] = []
    with as_tenant(ONE):
        thread = threading.Thread(target=lambda: seen.append(current_tenant.get()))
        thread.start()
        thread.join(5)
    assert seen == [None]
