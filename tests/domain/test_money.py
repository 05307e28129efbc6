"""Dollar amounts become integer cents and come back as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import NotAnAmount, differ, format_cents, parse_cents


@pytest.mark.parametrize(
    ("text", "cents"),
    [("0", 0), ("1234", 123_400), ("$1,234.50", 123_450), ("-12.5", -1_250), (" 7.00 ", 700), ("12.500", 1_250)],
)
def test_an_amount_is_read_as_cents(text, cents):
    assert parse_cents(text) == cents


@pytest.mark.parametrize("text", ["", "abc", "1.234", "1,23", "12.3.4", "١٢", "1e5", "NaN", "--1", "9" * 20])
def test_anything_else_is_refused_without_repeating_it(text):
    with pytest.raises(NotAnAmount) as refusal:
        parse_cents(text)
    assert str(refusal.value) == "expected a dollar amount"


@given(st.integers(-(10**13), 10**13))
def test_what_is_written_is_read_back(cents):
    assert parse_cents(format_cents(cents)) == cents


def test_cents_are_written_only_when_there_are_some():
    assert [format_cents(value) for value in (0, 123_400, 5, -1_250)] == ["$0", "$1,234", "$0.05", "-$12.50"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(100_00, 150_00, False), (100_00, 150_01, True), (10_000_00, 10_100_00, False), (0, 60_00, True)],
)
def test_amounts_differ_only_beyond_both_tolerances(one, other, expected):
    assert differ(one, other, at_least_cents=50_00, percent=5) is expected
    assert differ(other, one, at_least_cents=50_00, percent=5) is expected
