"""Only the visible ends of an account number are ever shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account_numbers import mask_account, visible_head, visible_tail, visibly_different


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


@pytest.mark.parametrize(
    ("one", "other", "different"),
    [
        ("XXXX1234", "5178XXXX", False),
        ("XXXX1234", "51781234", False),
        ("51XX1234", "5178XXXX", False),
        ("XX1234", "XX9234", True),
        ("5178XXXX", "5179XXXX", True),
        ("5178-0590-1234", "517805901234", False),
        ("517805901234", "517899991234", True),
        (None, "5178XXXX", False),
    ],
)
def test_numbers_differ_only_where_neither_is_masked(one, other, different):
    assert visibly_different(one, other) is different
    assert visibly_different(other, one) is different
