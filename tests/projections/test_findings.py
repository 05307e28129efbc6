"""What detectors found."""

from projections.findings import FindingsProjection
from tests.support.histories import uid
from tests.support.stored import Stored


def test_findings_are_listed_in_the_order_of_their_strength(seen: Stored) -> None:
    rows = sorted(seen.rows("findings"), key=lambda row: int(str(row["place"])))
    assert [row["place"] for row in rows] == list(range(len(rows)))
    assert all(row["report_id"] == uid("report") for row in rows)
    assert any(row["tradeline_id"] is not None for row in rows)


def test_a_sensitive_finding_is_listed_without_its_words(seen: Stored) -> None:
    assert all(row["assertable"] is None and row["values"] is None for row in seen.rows("findings") if row["sensitive"])


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(FindingsProjection())
