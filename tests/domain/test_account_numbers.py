"""Only the visible ends of an account number are ever shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account_numbers import mask_account, visible_head, visible_tail


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
