"""What each person agreed to."""

from projections.consents import ConsentsProjection
from tests.support.histories import CONSUMER_ID, at
from tests.support.stored import Stored


def test_the_last_word_on_each_kind_is_shown(seen: Stored) -> None:
    rows = {row["kind"]: row for row in seen.rows("consents") if row["consumer_id"] == CONSUMER_ID}
    assert set(rows) == {"service_terms", "report_import", "dispute_in_my_name", "credit_pull"}
    assert rows["service_terms"]["withdrawn_at"] == at(3)
    assert rows["report_import"]["withdrawn_at"] is None
    assert rows["report_import"]["text_version"] == "2026-11"


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(ConsentsProjection())
