"""Reports and how far they came."""

from projections.reports import ReportsProjection
from tests.support.histories import uid
from tests.support.stored import Stored


def test_a_read_report_shows_what_it_holds(seen: Stored) -> None:
    row = seen.row("reports", report_id=uid("report"))
    assert (row["status"], row["tradelines"], row["incomplete_bureaus"]) == ("parsed", 4, [])
    assert row["findings"] == sum(f["report_id"] == uid("report") for f in seen.rows("findings")) > 0


def test_a_refused_report_shows_the_place(seen: Stored) -> None:
    row = seen.row("reports", report_id=uid("broken report"))
    assert (row["status"], row["refused_place"]) == ("refused", "/TrueLinkCreditReportType")


def test_a_free_annual_copy_is_shown_as_one(seen: Stored) -> None:
    assert seen.row("reports", report_id=uid("broken report"))["free_annual"] is True
    assert seen.row("reports", report_id=uid("report"))["free_annual"] is False


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(ReportsProjection())
