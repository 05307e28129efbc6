"""Deadlines against worked examples, an independent holiday calendar and properties."""

from datetime import date, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.deadlines import (
    ReceiptBasis,
    Rule,
    add_business_days,
    breach_assertable,
    federal_holidays,
    frivolous_notice_due,
    is_business_day,
    next_business_day,
    reinvestigation,
)
from domain.kernel import Invalid

days = st.dates(date(2020, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize("year", range(2020, 2041))
def test_holidays_agree_with_an_independent_calendar(year: int) -> None:
    oracle = {day for day in holidays.country_holidays("US", years=[year, year + 1]) if day.year == year}

    assert federal_holidays(year) == oracle


def test_a_receipt_on_a_monday_in_january() -> None:
    dates = reinvestigation(date(2026, 1, 12))

    assert dates.statutory_due.on == date(2026, 2, 11)
    assert dates.results_due.on == date(2026, 2, 19), "Washington's Birthday is no business day"
    assert dates.breach_assertable_on.on == date(2026, 2, 26)
    assert [dates.statutory_due.rule, dates.results_due.rule] == [Rule.REINVESTIGATION, Rule.RESULTS_NOTICE]


def test_information_inside_the_thirty_days_extends_once() -> None:
    dates = reinvestigation(date(2026, 3, 2), information_sent_on=date(2026, 4, 1))

    assert dates.statutory_due.on == date(2026, 4, 16)
    assert dates.statutory_due.rule is Rule.EXTENSION
    assert dates.statutory_due.inputs == {"received_on": "2026-03-02", "information_sent_on": "2026-04-01"}


@pytest.mark.parametrize("sent_on", [date(2026, 4, 2), date(2026, 3, 1)])
def test_information_outside_the_thirty_days_changes_nothing(sent_on: date) -> None:
    assert reinvestigation(date(2026, 3, 2), sent_on) == reinvestigation(date(2026, 3, 2))


def test_a_free_annual_copy_gives_the_bureau_forty_five_days_whatever_else_is_sent() -> None:
    dates = reinvestigation(date(2026, 1, 12), free_annual=True)

    assert dates.statutory_due.on == date(2026, 2, 26)
    assert (dates.statutory_due.rule, dates.statutory_due.inputs) == ("R03", {"received_on": "2026-01-12"})
    assert (dates.results_due.on, dates.breach_assertable_on.on) == (date(2026, 3, 5), date(2026, 3, 12))
    assert reinvestigation(date(2026, 1, 12), date(2026, 1, 20), free_annual=True) == dates


def test_frivolous_notice_counts_five_business_days() -> None:
    due = frivolous_notice_due(date(2026, 7, 1))

    assert due.on == date(2026, 7, 9), "3 July 2026 is the observed Independence Day"
    assert due.rule is Rule.FRIVOLOUS_NOTICE


def test_business_days_are_counted_forward_only() -> None:
    with pytest.raises(Invalid):
        add_business_days(date(2026, 1, 1), -1)


@given(days)
def test_a_breach_needs_proof_and_the_day_after(received_on: date) -> None:
    dates = reinvestigation(received_on)
    last = dates.breach_assertable_on.on

    assert not breach_assertable(dates, ReceiptBasis.PROVEN, last)
    assert breach_assertable(dates, ReceiptBasis.PROVEN, last + timedelta(days=1))
    assert not breach_assertable(dates, ReceiptBasis.PRESUMED, last + timedelta(days=400))


@given(days, st.integers(0, 30))
def test_counting_business_days_agrees_with_walking_the_calendar(start: date, count: int) -> None:
    end = add_business_days(start, count)
    walked = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]

    assert sum(map(is_business_day, walked)) == count
    assert count == 0 or is_business_day(end)


@given(days)
def test_rolling_forward_never_goes_back_or_too_far(day: date) -> None:
    rolled = next_business_day(day)

    assert is_business_day(rolled)
    assert timedelta(0) <= rolled - day <= timedelta(days=5)
