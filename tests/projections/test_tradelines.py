"""What each bureau reports of each account."""

from projections.tradelines import TradelinesProjection
from tests.support.stored import Stored


def test_every_row_of_a_report_is_listed_with_its_account(seen: Stored) -> None:
    rows = seen.rows("tradelines")
    assert len(rows) == 12
    assert len({row["tradeline_id"] for row in rows}) == 4
    assert {row["balance_cents"] for row in rows} == {120_000}
    assert not any("44440000" in str(row) for row in rows)


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(TradelinesProjection())
