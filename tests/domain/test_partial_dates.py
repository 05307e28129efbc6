"""A partial date spans every day it may be."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.partial_dates import PartialDate
from tests.support.reports import day


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
