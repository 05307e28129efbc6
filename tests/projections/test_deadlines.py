"""Dates that receipts set going."""

from datetime import date

from projections.deadlines import NOTICE_DUE, DeadlinesProjection
from tests.support.histories import at, uid
from tests.support.stored import Stored


def test_every_date_says_rule_and_inputs_and_ends_with_its_dispute(seen: Stored) -> None:
    rows = {row["kind"]: row for row in seen.rows("deadlines") if row["dispute_id"] == uid("dispute")}
    assert set(rows) == {"statutory_due", "results_due", "breach_assertable_on"}
    statutory = rows["statutory_due"]
    assert (statutory["rule"], statutory["due_on"]) == ("R02", date(2026, 2, 23))
    assert statutory["inputs"] == {"received_on": "2026-01-09", "information_sent_on": "2026-01-20"}
    assert all(row["settled_at"] == at(1300) for row in rows.values())


def test_a_notice_that_calls_it_frivolous_ends_every_date_and_has_one_of_its_own(seen: Stored) -> None:
    rows = {row["kind"]: row for row in seen.rows("deadlines") if row["dispute_id"] == uid("frivolous dispute")}
    assert set(rows) == {"statutory_due", "results_due", "breach_assertable_on", NOTICE_DUE}
    notice = rows[NOTICE_DUE]
    assert (notice["rule"], notice["due_on"]) == ("R05", date(2026, 2, 23))
    assert notice["inputs"] == {"determined_on": "2026-02-13"}
    assert len({row["settled_at"] for row in rows.values()} - {None}) == 1


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(DeadlinesProjection())
