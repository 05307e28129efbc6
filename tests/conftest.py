"""What every test shares: the database fixtures and how hypothesis runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.support.postgres", "tests.support.journey", "tests.support.commands"]

settings.register_profile("ci", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command carried out in the tests' own process sends the log to its own standard error, which then closes."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests run in one worker, and so do all that look at the one finished demonstration."""
    groups = [_group(item) for item in items]
    for item, group in zip(items, groups, strict=True):
        item.add_marker(pytest.mark.xdist_group(group))
    slow = {group for item, group in zip(items, groups, strict=True) if item.get_closest_marker("slow")}
    items.sort(key=lambda item: _group(item) not in slow)  # what takes long must not come last


def _group(item: pytest.Item) -> str:
    shared = "demonstrated" in getattr(item, "fixturenames", ())
    return "demonstrated" if shared else item.nodeid.partition("::")[0]
