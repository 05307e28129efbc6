"""Dates that cannot be."""

import pytest

from tests.support.findings import found
from tests.support.reports import months, row


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ({"last_payment": "2026-02-01"}, {"last_payment": "2026-01-05"}),
        ({"closed": "2018-12-31"}, {"closed": "2019-03-04"}),
        ({"last_payment": "2019-02"}, {"last_payment": "2019-03"}),
        ({"reported": "2027"}, {"reported": "2026"}),
        ({"history": months("2019-02", "1")}, {"history": months("2019-03", "1C")}),
        ({"opened": "2026-01-06"}, {"opened": None, "closed": "1999-01-01"}),
    ],
)
def test_an_impossible_date_is_found_and_a_near_miss_is_not(wrong, right):
    [finding] = found("D30", row(**wrong))
    assert "cannot be right" in finding.assertable
    assert found("D30", row(**right)) == []


def test_all_of_a_rows_impossible_dates_are_one_finding():
    [finding] = found("D30", row(last_payment="2026-02-01", closed="2018-01-01"))
    assert {ask.field for ask in finding.asks} == {"last_payment", "closed", "opened"}
    assert "2026-01-05" in finding.assertable
