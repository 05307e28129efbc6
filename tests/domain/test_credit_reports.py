"""Partial dates, payment levels and the masking of account numbers."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.bureaus import Bureau
from domain.credit_reports import PartialDate, PaymentLevel, mask_account, visible_head, visible_tail
from tests.support.reports import day, report, row


def test_a_partial_date_spans_every_day_it_may_be():
    assert (day("2020-02").earliest, day("2020-02").latest) == (date(2020, 2, 1), date(2020, 2, 29))
    assert (day("2020").earliest, day("2020").latest) == (date(2020, 1, 1), date(2020, 12, 31))
    assert day("2020").month_key is None


def test_dates_that_may_be_the_same_day_are_not_apart():
    assert day("2020").days_apart(day("2020-07-04")) == 0
    assert day("2020-01").days_apart(day("2020-03-01")) == 30


@pytest.mark.parametrize("parts", [{"year": 2021, "month": 2, "day": 29}, {"year": 2021, "day": 3}, {"year": 1}])
def test_no_date_outside_the_calendar(parts):
    with pytest.raises(ValidationError):
        PartialDate(**parts)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_distance_between_known_days_is_plain_and_symmetric(one, other):
    left, right = PartialDate.of(one), PartialDate.of(other)
    assert left.days_apart(right) == right.days_apart(left) == abs((one - other).days)
    assert str(left) == one.isoformat()


def test_levels_rank_from_current_to_charge_off():
    ranks = [level.severity for level in PaymentLevel]
    assert ranks == [*range(9), None]
    assert not PaymentLevel.NOT_REPORTED.is_late
    assert PaymentLevel.LATE_60.words == "60 days late"


@pytest.mark.parametrize(
    ("number", "head", "tail", "shown"),
    [
        ("XXXXXXXXXXXX1234", "", "1234", "****1234"),
        ("517805XXXXXX", "5178", "", "5178****"),
        ("517805XXXXXX1234", "5178", "1234", "****1234"),
        ("5178059012341234", "5178", "1234", "****1234"),
        ("1234", "1234", "1234", "****"),
        ("****", "", "", "****"),
        (None, "", "", None),
    ],
)
def test_only_the_visible_ends_of_a_number_are_shown(number, head, tail, shown):
    assert (visible_head(number), visible_tail(number), mask_account(number)) == (head, tail, shown)


@given(st.text("0123456789", min_size=5, max_size=24))
def test_a_masked_number_never_shows_more_than_four_digits(number):
    assert sum(character.isdigit() for character in mask_account(number) or "") <= 4


def test_an_empty_column_is_not_a_reported_account():
    ghost = row(
        Bureau.EXPERIAN, opened=None, reported=None, balance=None, pay_status=None, condition=None, open_closed=None
    )
    both = report(row(), ghost)
    assert [each.bureau for each in both.rows()] == [Bureau.EQUIFAX]
    assert len(both.tradelines[0].bureau_tradelines) == 2
