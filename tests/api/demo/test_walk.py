"""What the walk chooses. The journeys walk it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.demo.walk import ITEMS_FROM, Story, Walk, read_json
from infrastructure.settings import CHECKOUT


def walk(tmp_path: Path, *, own_report: bool = False) -> Walk:
    profile = read_json(CHECKOUT / "samples" / "consumer.json")
    nowhere, reports = "http://127.0.0.1:9", [(date(2026, 1, 5), b"")]
    return Walk(nowhere, nowhere, nowhere, "sp_x", Story(), profile, reports, tmp_path, own_report)


def finding(**changes: Any) -> dict[str, Any]:
    facts = {"detector": ITEMS_FROM[0], "reason": "r", "tradeline_id": "t", "needs_consumer_confirm": False}
    return facts | changes


@pytest.mark.parametrize(
    "changes",
    [{"reason": None}, {"tradeline_id": None}, {"needs_consumer_confirm": True}, {"detector": "D02"}],
    ids=str,
)
def test_only_findings_that_can_be_disputed_as_they_are_get_chosen(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert walk(tmp_path)._is_wanted(finding())
    assert not walk(tmp_path)._is_wanted(finding(**changes))


def test_of_a_persons_own_report_every_kind_is_chosen(tmp_path: Path) -> None:
    assert walk(tmp_path, own_report=True)._is_wanted(finding(detector="D02"))


def test_the_clock_starts_on_the_day_of_the_report(tmp_path: Path) -> None:
    assert walk(tmp_path).now.date() == date(2026, 1, 5)
