"""The gap torture itself, in short, and what its report says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from infrastructure.torture import GapReport, run
from tests.support.postgres import TestDatabase

GOOD = GapReport(
    writers=2, seconds=1, seed=0, committed=10, refused=1, rolled_back=1, read=10, skipped=0, out_of_order=0,
    repeated=0, control_read=8, control_skipped=2,
)  # fmt: skip


@pytest.mark.slow
def test_no_event_is_skipped_while_six_processes_write(database: TestDatabase) -> None:
    report = run(database.admin_url, database.app_url, database.projector_url, writers=6, seconds=4)
    assert report.skipped == 0, report.verdict
    assert (report.out_of_order, report.repeated) == (0, 0)
    assert report.read == report.committed > 100
    assert report.refused > 0
    assert report.rolled_back > 0
    assert report.proved, report.verdict


def test_a_good_run_holds_and_says_against_what() -> None:
    assert GOOD.ok
    assert GOOD.verdict == "held: 0 of 10 skipped, where a naive reader missed 2"
    assert GOOD.as_dict()["ok"] is True


def test_a_run_in_which_nobody_missed_anything_proves_nothing() -> None:
    gentle = replace(GOOD, control_skipped=0)
    assert not gentle.ok
    assert "proved nothing" in gentle.verdict


@pytest.mark.parametrize("fault", [{"skipped": 1}, {"out_of_order": 1}, {"repeated": 1}])
def test_any_fault_fails_the_run(fault: dict[str, int]) -> None:
    bad = replace(GOOD, **fault)
    assert not bad.ok
    assert "FAILED" in bad.verdict
