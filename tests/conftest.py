"""What every test shares: the database fixtures and how hypothesis runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler.loadfile import LoadFileScheduling

pytest_plugins = ["tests.support.postgres", "tests.support.journey", "tests.support.commands"]

DEMONSTRATED = ("tests/api/cli/", "tests/journeys/test_readme.py", "tests/journeys/test_walk.py")
"""Where the tests are that use the fixture `demonstrated`."""

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
    """Files with tests that take long come first: what comes last keeps one worker busy and the others waiting."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


class Together(LoadFileScheduling):
    """A file's tests run in one worker, and so do all that look at the one finished demonstration."""

    def _split_scope(self, nodeid: str) -> str:
        return "demonstrated" if nodeid.startswith(DEMONSTRATED) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)
