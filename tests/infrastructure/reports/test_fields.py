"""Readings shared by all families."""

import pytest

from domain.credit_reports import PaymentLevel
from infrastructure.reports.cursor import Cursor, Tally
from infrastructure.reports.fields import cell, quote, ssn, zip_code


def test_only_what_was_printed_can_be_quoted():
    printed = {"kept": "before"}
    quote(Cursor({"a": " 1 ", "b": None}, "/", Tally()), {"balance": "a", "past_due": "b", "limit": "c"}, printed)
    assert printed == {"kept": "before", "balance": "1"}


def test_cells_that_are_alike_are_one():
    assert cell("2025-01", PaymentLevel.CURRENT) is cell("2025-01", PaymentLevel.CURRENT)
    assert cell("2025-01", PaymentLevel.LATE_30).level is PaymentLevel.LATE_30


@pytest.mark.parametrize(("printed", "read"), [("8608", "08608"), ("331932052", "331932052"), (None, None)])
def test_zip_codes_get_their_zeros_back(printed, read):
    assert zip_code(printed) == read


@pytest.mark.parametrize(
    ("printed", "read"), [("900-12-3456", "900123456"), ("12345678", "012345678"), ("xxx-xx-3456", "XXXXX3456")]
)
def test_social_security_numbers_have_nine_digits_or_their_mask(printed, read):
    assert ssn(printed) == read
    assert ssn(None) is None
