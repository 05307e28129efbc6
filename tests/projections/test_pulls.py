"""The history of pulls."""

import pytest

from projections.pulls import PullsProjection
from tests.support.access_histories import SHA, at, uid
from tests.support.stored import Stored


@pytest.mark.parametrize(
    ("pull", "state", "delays", "reason"),
    [
        ("first pull", "fetched", 1, None),
        ("second pull", "failed", 0, "scope_missing"),
        ("third pull", "revoked", 0, None),
        ("waiting pull", "delayed", 1, "outage"),
        ("ordered pull", "ordered", 0, None),
    ],
)
def test_each_pull_says_how_far_it_came_and_why(
    seen: Stored, pull: str, state: str, delays: int, reason: str | None
) -> None:
    row = seen.row("pulls", pull_id=uid(pull))
    assert (row["state"], row["delays"], row["reason"]) == (state, delays, reason)


def test_a_pull_names_the_bytes_and_the_report_it_brought(seen: Stored) -> None:
    row = seen.row("pulls", pull_id=uid("first pull"))
    assert (row["sha256"], row["size_bytes"], row["media_type"]) == (SHA, 1234, "application/json")
    assert row["report_id"] == uid(f"report of {uid('first pull')}")
    assert (row["cause"], row["readable"], row["ended_at"]) == ("connected", True, at(8))


def test_an_upload_that_could_not_be_read_stands_in_the_history(seen: Stored) -> None:
    row = seen.row("pulls", pull_id=uid("upload"))
    assert (row["cause"], row["state"], row["readable"]) == ("uploaded", "fetched", False)


def test_a_delayed_pull_says_when_it_goes_on(seen: Stored) -> None:
    assert seen.row("pulls", pull_id=uid("waiting pull"))["next_try_at"] == at(5)


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(PullsProjection())
