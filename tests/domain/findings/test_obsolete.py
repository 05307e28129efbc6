"""Seven years are counted from the latest day the delinquency can have begun."""

from datetime import date, timedelta

import pytest

from domain.credit_reports import PaymentLevel
from domain.findings.obsolete import delinquency, inferred_delinquency, years_after
from domain.reconciliation import AskedField
from tests.support.findings import found
from tests.support.reports import collection, months, report, row

CHARGED_OFF = {"pay_status": PaymentLevel.CHARGE_OFF}


def test_the_delinquency_begins_with_the_first_month_of_the_unbroken_run():
    began = inferred_delinquency(row(history=months("2025-12", "999321C1C"), **CHARGED_OFF))
    assert (began.latest, began.field, began.exact) == (date(2025, 7, 31), "history.2025-07", True)


def test_a_grid_that_begins_inside_the_run_gives_a_bound_only():
    began = inferred_delinquency(row(history=months("2025-12", "9U9"), **CHARGED_OFF))
    assert (began.latest, began.exact) == (date(2025, 10, 31), False)


def test_nothing_is_inferred_without_a_grid_or_a_collector():
    assert inferred_delinquency(row(**CHARGED_OFF)) is None
    assert inferred_delinquency(row(history=months("2025-12", "CC9"), **CHARGED_OFF)) is None


def test_a_collection_is_obsolete_the_day_after_seven_years_and_180_days():
    old = collection(opened="2018-07-09")
    last = date(2026, 1, 5)
    assert found("D01", old, today=last) == []
    [finding] = found("D01", old, today=date(2026, 1, 6))
    assert "2026-01-05" in finding.assertable
    assert (finding.confidence, finding.needs_consumer_confirm) == (75, True)
    assert "if the delinquency began before that date" in finding.assertable
    assert finding.asks == (), "an obsolete item is to be deleted"


def test_an_obsolete_charge_off_is_found_by_its_grid():
    rows = row(history=months("2019-01", "999654321C"), **CHARGED_OFF)
    [finding] = found("D01", rows, today=date(2026, 5, 1))
    assert (finding.confidence, finding.needs_consumer_confirm) == (92, False)
    assert "2018-05" in finding.assertable
    assert found("D01", rows, today=date(2025, 11, 1)) == []


@pytest.mark.parametrize(
    ("grid", "reported", "began", "exact"),
    [
        ("2025-12:9UUU1C", "2025-12-20", "2025-08", True),
        ("2025-12:9UUUU1C", "2025-12-20", "2025-12", False),
        ("2025-12:2U1C", "2025-12-20", "2025-10", True),
        ("2025-12:2UU1C", "2025-12-20", "2025-12", False),
        ("2021-06:UUU9UUUUU9C", "2025-12-20", "2020-09", True),
        ("2021-06:1C", "2021-07-01", "2021-06", True),
    ],
)
def test_months_without_data_join_two_late_months_only_when_no_current_one_fits_between(grid, reported, began, exact):
    newest, levels = grid.split(":")
    inferred = inferred_delinquency(row(history=months(newest, levels), reported=reported, **CHARGED_OFF))
    assert (inferred.field, inferred.exact) == (f"history.{began}", exact)


def test_a_late_month_long_before_the_status_is_another_delinquency():
    assert inferred_delinquency(row(history=months("2017-06", "21C"), **CHARGED_OFF)) is None
    assert found("D01", row(history=months("2017-06", "21C"), **CHARGED_OFF)) == []


def test_a_report_pulled_years_ago_is_not_said_to_show_old_items_today():
    rows = row(history=months("2019-01", "999654321C"), **CHARGED_OFF), row(group="2", history=months("2018-02", "1C"))
    then = report(*rows, pulled_on=date(2024, 1, 5))
    assert [found(detector, of=then, today=date(2027, 1, 5)) for detector in ("D01", "D02")] == [[], []]


@pytest.mark.parametrize(("today", "count"), [(date(2025, 12, 31), 0), (date(2026, 1, 1), 1)])
def test_a_late_month_is_obsolete_after_seven_years(today, count):
    rows = row(history=months("2019-02", "CC1C"), reported="2025-12-20")
    assert len(found("D02", rows, today=today)) == count


def test_an_obsolete_late_month_is_asked_to_go_and_the_account_to_stay():
    [finding] = found("D02", row(history=months("2018-02", "1C")))
    assert finding.asks == (AskedField(field="history.2018-02", expected=None),)


def test_a_recent_late_month_and_a_charge_off_are_not_obsolete_lates():
    assert found("D02", row(history=months("2025-12", "1C"))) == []
    assert found("D02", row(history=months("2018-01", "1C"), **CHARGED_OFF)) == []


@pytest.mark.parametrize(
    ("printed", "last_day"),
    [("2018-07-09", date(2026, 1, 5)), ("2018-07", date(2026, 1, 27)), ("2018", date(2026, 6, 29))],
)
def test_a_printed_first_delinquency_comes_before_what_is_inferred(printed, last_day):
    """Counted from its last possible day, even where the grid alone would be older or younger."""
    rows = collection(opened="2012-01-01", first_delinquency=printed)
    assert found("D01", rows, today=last_day) == []
    [finding] = found("D01", rows, today=last_day + timedelta(days=1))
    assert (finding.confidence, finding.needs_consumer_confirm) == (97, False)
    assert f"a date of first delinquency of {printed}" in finding.assertable
    assert last_day.isoformat() in finding.assertable
    younger = row(history=months("2025-12", "9654321C"), first_delinquency=printed, **CHARGED_OFF)
    assert len(found("D01", younger, today=last_day + timedelta(days=1))) == 1


def test_what_a_bound_rests_on_is_told():
    printed = delinquency(collection(first_delinquency="2023-05"))
    assert printed == (date(2023, 5, 31), "first_delinquency", date(2023, 5, 1))
    assert delinquency(collection(opened="2024-02-10")) == (date(2024, 2, 10), "opened", None)


def test_leap_days_move_to_march():
    assert years_after(date(2020, 2, 29), 7) == date(2027, 3, 1)
    assert years_after(date(2020, 2, 29), 8) == date(2028, 2, 29)
