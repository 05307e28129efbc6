"""Payment grids that cannot be right."""

import pytest

from domain.credit_reports import PaymentLevel
from domain.findings.history import impossible_progression, late_after_closed_or_paid
from domain.findings.registry import Scan
from tests.support.findings import found
from tests.support.reports import PULLED_ON, months, report, row

PAID_OFF = {"closed": "2025-06-10", "balance": 0}


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ({**PAID_OFF, "history": months("2025-08", "1CCC")}, {**PAID_OFF, "history": months("2025-06", "1CC")}),
        (
            {**PAID_OFF, "history": months("2025-07", "2C")},
            {**PAID_OFF, "balance": 9_00, "history": months("2025-07", "2C")},
        ),
        (
            {**PAID_OFF, "history": months("2025-07", "1C")},
            {**PAID_OFF, "history": months("2025-07", "9C"), "pay_status": PaymentLevel.CHARGE_OFF},
        ),
    ],
)
def test_late_after_closing_with_nothing_owed(wrong, right):
    [finding] = found("D15", row(**wrong))
    assert "closed on 2025-06-10 with a balance of $0" in finding.assertable
    assert all(ask.unstated and ask.field.startswith("history.") for ask in finding.asks)
    assert finding.asks, "the months are disputed, not the account"
    assert found("D15", row(**right)) == []


@pytest.mark.parametrize(
    ("levels", "jumps"), [("3C", 1), ("21C", 0), ("C4C", 1), ("9C", 0), ("3UC", 0), ("34C", 1), ("C3", 0), ("31", 1)]
)
def test_lateness_grows_by_one_step_a_month(levels, jumps):
    assert len(found("D17", row(history=months("2025-12", levels)))) == jumps


def test_months_that_do_not_follow_each_other_prove_nothing():
    gap = (*months("2025-12", "3"), *months("2025-10", "C"))
    assert found("D17", row(history=gap)) == []


def test_a_jump_over_the_new_year_is_quoted_with_both_months():
    [finding] = found("D17", row(history=months("2025-01", "3C")))
    assert "2024-12 current, 2025-01 90 days late" in finding.assertable
    assert [value.printed for value in finding.values] == ["current", "90 days late"]
    assert [ask.field for ask in finding.asks] == ["history.2024-12", "history.2025-01"]
    assert all(ask.unstated for ask in finding.asks)


def test_one_grid_can_be_wrong_in_both_ways():
    scan = Scan(report(row(**PAID_OFF, history=months("2025-08", "3CC"))), PULLED_ON)
    [late], [leap] = list(late_after_closed_or_paid(scan)), list(impossible_progression(scan))
    assert [ask.field for ask in late.asks] == ["history.2025-08"]
    assert [ask.field for ask in leap.asks] == ["history.2025-07", "history.2025-08"]


def test_a_leap_is_doubted_and_not_called_impossible():
    """29 days late at the end of a month of 30 is current, and 60 days late 31 days later."""
    [finding] = found("D17", row(history=months("2025-12", "2CC")))
    assert "2025-11 current, 2025-12 60 days late" in finding.assertable
    assert finding.assertable.endswith("at least one of these months may be wrong.")
