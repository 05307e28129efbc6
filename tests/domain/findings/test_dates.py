"""Dates that cannot be."""

from datetime import date

import pytest

from tests.support.findings import found
from tests.support.reports import collection, months, report, row


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


@pytest.mark.parametrize("made", [collection, lambda **facts: row(creditor_name="MIDLAND CREDIT MANAGEMENT", **facts)])
def test_who_took_a_debt_over_opened_the_account_after_it_was_last_paid(made):
    lawful = {"opened": "2022-05-10", "last_payment": "2020-01-03", "history": months("2022-04", "9")}
    assert found("D30", made(**lawful)) == []
    assert len(found("D30", made(**lawful, closed="2022-05-09"))) == 1
    assert len(found("D30", row(**lawful))) == 1


def test_a_section_pulled_after_the_reports_own_date_is_measured_by_its_own():
    joined = report(row(reported="2026-01-07"))
    sections = tuple(section.model_copy(update={"pulled_on": date(2026, 1, 7)}) for section in joined.sections)
    assert len(found("D30", of=joined)) == 1
    assert found("D30", of=joined.model_copy(update={"sections": sections})) == []


def test_all_of_a_rows_impossible_dates_are_one_finding():
    [finding] = found("D30", row(last_payment="2026-02-01", closed="2018-01-01"))
    assert {ask.field for ask in finding.asks} == {"last_payment", "closed", "opened"}
    assert "2026-01-05" in finding.assertable
