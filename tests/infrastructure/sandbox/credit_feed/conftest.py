"""The provider's parts without its HTTP face."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.sandbox.ledger import Ledger
from tests.support.credit_feed_parts import Opened, Parts


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    ledger = Ledger(tmp_path, "reports")
    made = Opened(tmp_path, ledger, Parts(ledger))
    yield made
    made.ledger.close()


@pytest.fixture
def parts(opened: Opened) -> Parts:
    return opened.parts
