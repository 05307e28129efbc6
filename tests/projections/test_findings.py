"""What detectors found."""

from projections.findings import FindingsProjection
from tests.support.histories import report, uid
from tests.support.stored import Stored

STRENGTH = {finding.finding_key: finding.rank for finding in report().findings}


def test_findings_are_listed_in_the_order_of_their_strength(seen: Stored) -> None:
    mine = [row for row in seen.rows("findings") if row["report_id"] == uid("report")]
    rows = sorted(mine, key=lambda row: int(str(row["place"])))
    strengths = [STRENGTH[str(row["finding_key"])] for row in rows]
    assert strengths == sorted(strengths, reverse=True)
    assert len(set(strengths)) > 1
    assert len({row["place"] for row in rows}) == len(rows)
    assert any(row["tradeline_id"] is not None for row in rows)


def test_a_sensitive_finding_is_listed_without_its_words(seen: Stored) -> None:
    assert all(row["assertable"] is None and row["values"] is None for row in seen.rows("findings") if row["sensitive"])


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(FindingsProjection())
