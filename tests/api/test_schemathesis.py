"""The API does what its document says, and nothing its document allows breaks it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from api import sources
from api.reads import Source
from tests.support.api import Served
from tests.support.cases_over_http import full_firm
from tests.support.routes import document

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "tests" / "support" / "schemathesis.toml"
LEAST = 50
LISTS: dict[str, Source[Any]] = {
    "/v1/users": sources.USERS,
    "/v1/consumers": sources.CONSUMERS,
    "/v1/reports": sources.REPORTS,
    "/v1/reports/{report_id}/tradelines": sources.TRADELINES,
    "/v1/reports/{report_id}/findings": sources.FINDINGS,
    "/v1/tradelines": sources.TRADELINES,
    "/v1/connections": sources.CONNECTIONS,
    "/v1/connections/{connection_id}/pulls": sources.PULLS,
    "/v1/scores": sources.SCORES,
    "/v1/alerts": sources.ALERTS,
    "/v1/disputes": sources.DISPUTES,
    "/v1/deadlines": sources.DEADLINES,
    "/v1/letters": sources.LETTERS,
    "/v1/mailings": sources.MAILINGS,
    "/v1/tasks": sources.TASKS,
    "/v1/notifications": sources.NOTIFICATIONS,
    "/v1/timeline": sources.TIMELINE,
}
ROUNDS = 10
"""An operation that takes little has few different requests in one round, so it is tried again in others."""


@pytest.fixture(scope="module")
def trial(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """Trials as the owner of a tenant in which everything exists."""
    firm = full_firm(served, "trialfirm", "Tremaine")
    known = {**firm.ids, **firm.cases[0].ids, "user_id": firm.ids["viewer_id"]}
    known["about_id"] = known["originator_id"] = known["dispute_id"]
    environment = {
        "SFDIFY_TRIAL_OWNER": firm.owner.tokens["access_token"],
        "SFDIFY_TRIAL_PLATFORM": served.platform_key,
        "SFDIFY_TRIAL_TENANT": firm.tenant_id,
        "SFDIFY_TRIAL_CURSORS": served.settings.secret("cursors").hex(),
        "SFDIFY_TRIAL_KNOWN": json.dumps(known),
        "SFDIFY_TRIAL_LISTS": json.dumps({path: _sorted_by(source) for path, source in LISTS.items()}),
    }
    return Trial(served.base_url, environment, tmp_path_factory.mktemp("trial"))


class Trial:
    """Runs schemathesis in a process of its own and counts what it tried."""

    def __init__(self, base_url: str, environment: dict[str, str], folder: Path) -> None:
        self._base_url, self._folder = base_url, folder
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}

    def run(self, operations: list[str], seed: int) -> tuple[int, str, Counter[str]]:
        """Exit status, what was said, and how many requests each operation had. No operations mean all of them."""
        report = self._folder / f"report-{seed}.ndjson"
        chosen = [part for name in operations for part in ("--include-operation-id", name)]
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", *chosen),
                *("--seed", str(seed), "--report-ndjson-path", str(report), f"{self._base_url}/openapi.json"),
            ],
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return done.returncode, done.stdout[-20_000:] + done.stderr[-2_000:], _tried(report)


def _sorted_by(source: Source[Any]) -> str:
    """The kind of value its cursors hold."""
    kind = source.row.model_fields[source.sort].annotation
    assert isinstance(kind, type)
    return kind.__name__


def _tried(report: Path) -> Counter[str]:
    tried: Counter[str] = Counter()
    for line in report.read_text().splitlines():
        event = json.loads(line).get("ScenarioFinished")
        if event is not None:
            tried[event["recorder"]["label"]] += len(event["recorder"].get("cases", ()))
    return tried


@pytest.mark.slow
def test_every_check_holds_on_every_operation_fifty_times(trial: Trial) -> None:
    operations = {
        f"{method.upper()} {path}": operation["operationId"]
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }
    tried: Counter[str] = Counter()
    for seed in range(1, ROUNDS + 1):
        lacking = [operation for label, operation in operations.items() if tried[label] < LEAST]
        if not lacking:
            break
        status, said, more = trial.run([] if seed == 1 else lacking, seed)
        tried += more
        assert status == 0, said

    assert len(operations) > 60
    assert {label: tried[label] for label in operations if tried[label] < LEAST} == {}
