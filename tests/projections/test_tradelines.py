"""What each bureau reports of each account."""

from projections.tradelines import TradelinesProjection
from tests.support.histories import credit_file, uid
from tests.support.stored import Stored


def test_every_row_of_a_report_is_listed_with_its_account(seen: Stored) -> None:
    rows = [row for row in seen.rows("tradelines") if row["report_id"] == uid("report")]
    assert len(rows) == 12
    assert len({row["tradeline_id"] for row in rows}) == 4
    assert {row["balance_cents"] for row in rows} == {120_000}
    assert not any("44440000" in str(row) for row in rows)


def test_a_row_shows_how_it_was_matched_and_whose_an_operator_said_it_is(seen: Stored) -> None:
    rows = {row["ref"]: row for row in seen.rows("tradelines") if row["report_id"] == uid("unsure report")}
    settled = credit_file().pending_events[-1]
    assert rows["experian-34"]["tradeline_id"] == getattr(settled, "tradeline_id")  # noqa: B009
    assert rows["experian-34"]["match_candidates"] is None
    assert rows["experian-34"]["match_tier"] == "T4"
    assert {row["match_tier"] for ref, row in rows.items() if ref != "experian-34"} == {"T2"}


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(TradelinesProjection())
