"""One running API for the tests of the API that do not mind each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.api import Served, serving
from tests.support.cases_over_http import Firm, full_firm
from tests.support.postgres import TestServer


@pytest.fixture(scope="session")
def served(server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The API with projector and worker."""
    with serving(server, template, tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture(scope="session")
def firms(served: Served) -> tuple[Firm, Firm]:
    """Two tenants in which everything exists; the first has two consumers."""
    return full_firm(served, "amberfirm", "Aldenquist", "Brackwater"), full_firm(served, "zebrafirm", "Zimberleaf")
