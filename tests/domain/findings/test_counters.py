"""Counters and worst statuses are compared with whole grids only."""

import pytest

from domain.credit_reports import PaymentLevel
from domain.findings.counters import is_whole
from tests.support.findings import found
from tests.support.reports import collection, months, row

CLEAN = {"history": months("2025-12", "C" * 12), "months_reviewed": 12}
NONE_LATE = {"late_30": 0, "late_60": 0, "late_90": 0}


def of(grid, **fields):
    return {"history": months("2025-12", grid), "months_reviewed": len(grid)} | fields


@pytest.mark.parametrize(
    ("fields", "whole"),
    [
        (CLEAN, True),
        (CLEAN | {"reported": "2026-01-03"}, True),
        (CLEAN | {"reported": "2026-02-03"}, False),
        (CLEAN | {"reported": None}, False),
        (CLEAN | {"months_reviewed": 11}, False),
        (CLEAN | {"months_reviewed": 13}, False),
        (CLEAN | {"months_reviewed": None}, False),
        (CLEAN | {"months_reviewed": None, "opened": "2024-12-20"}, True),
        (CLEAN | {"months_reviewed": None, "opened": "2024-11-20"}, False),
        (CLEAN | {"months_reviewed": None, "opened": "2024"}, False),
        (CLEAN | {"months_reviewed": 0, "opened": "2025-01-20"}, True),
        (of("CCUCC"), False),
        ({"history": (), "months_reviewed": 0}, False),
        ({"history": (*months("2025-12", "CC"), *months("2025-09", "CC")), "months_reviewed": 4}, False),
    ],
)
def test_a_whole_grid_rates_every_month_there_is(fields, whole):
    assert is_whole(row(**fields)) is whole


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        (CLEAN | {"late_30": 1}, ["late_30"]),
        (CLEAN | {"late_30": 2, "late_60": 1}, ["late_30", "late_60"]),
        (of("CC1C1C", late_30=1), ["late_30"]),
        (of("C4321C", late_90=0), ["late_90"]),
        (of("C4321C", late_90=3), ["late_90"]),
        (of("C21CC", late_30=1, late_60=2), ["late_60"]),
    ],
)
def test_counters_that_disagree_are_doubted(fields, asked):
    [finding] = found("D16", row(**fields))
    assert [ask.field for ask in finding.asks] == asked
    assert all(ask.unstated for ask in finding.asks)


@pytest.mark.parametrize(
    "fields",
    [
        CLEAN | NONE_LATE,
        CLEAN,
        CLEAN | {"late_30": 1, "months_reviewed": 24},
        of("CUC", late_30=1),
        of("C4321C", late_30=1, late_60=1, late_90=1),
        of("C4321C", late_90=2),
        of("9996543", late_90=4, pay_status=PaymentLevel.CHARGE_OFF),
        of("9996543", late_90=7, pay_status=PaymentLevel.CHARGE_OFF),
        of("1CC", late_30=1, late_60=1, pay_status=PaymentLevel.LATE_60, reported="2026-01-02"),
        {"late_30": 3},
    ],
)
def test_what_agrees_or_cannot_be_counted_is_left_alone(fields):
    assert found("D16", row(**fields)) == []


def test_a_status_that_is_in_the_grid_already_is_not_counted_twice():
    late = of("2CC", late_60=2, pay_status=PaymentLevel.LATE_60, reported="2025-12-31")
    assert len(found("D16", row(**late))) == 1


def test_the_sentence_says_what_both_show():
    [finding] = found("D16", row(**of("C4321C", late_30=3, late_90=0)))
    assert 'account ****4321 with 3 under "times 30 days late", 0 under "times 90 days late";' in finding.assertable
    assert "each of 6 months, 2025-07 to 2025-12, and shows 1 month 30 days late, 1 month 90 days late, 1 month " in (
        finding.assertable
    )


@pytest.mark.parametrize(
    ("worst", "grid", "status", "wrong"),
    [
        (PaymentLevel.LATE_30, "CCCC", PaymentLevel.CURRENT, True),
        (PaymentLevel.LATE_90, "C21C", PaymentLevel.CURRENT, True),
        (PaymentLevel.CHARGE_OFF, "C21C", PaymentLevel.CURRENT, True),
        (PaymentLevel.LATE_60, "C21C", PaymentLevel.CURRENT, False),
        (PaymentLevel.CURRENT, "C21C", PaymentLevel.CURRENT, False),
        (PaymentLevel.LATE_90, "21CC", PaymentLevel.LATE_90, False),
        (PaymentLevel.CHARGE_OFF, "65432", PaymentLevel.DEROGATORY, False),
        (PaymentLevel.LATE_90, "C21C", None, False),
        (None, "C21C", PaymentLevel.CURRENT, False),
        (PaymentLevel.LATE_90, "CUUC", PaymentLevel.CURRENT, False),
        (PaymentLevel.LATE_90, "", PaymentLevel.CURRENT, False),
    ],
)
def test_the_worst_status_is_in_the_grid_or_the_status(worst, grid, status, wrong):
    seen = found("D47", row(**of(grid), worst_pay_status=worst, pay_status=status))
    assert len(seen) == int(wrong)
    assert [ask.field for finding in seen for ask in finding.asks] == ["worst_pay_status"] * int(wrong)


def test_months_before_the_grid_may_hold_the_worst_status():
    older = of("CCCC", worst_pay_status=PaymentLevel.LATE_90) | {"months_reviewed": 60}
    assert found("D47", row(**older)) == []


def test_a_charge_off_shown_elsewhere_supports_its_worst_status():
    worst = of("CCCC", worst_pay_status=PaymentLevel.CHARGE_OFF, pay_status=PaymentLevel.CURRENT)
    assert found("D47", row(**worst, charge_off_amount=5_00)) == []
    assert found("D47", collection(**worst)) == []
    [finding] = found("D47", row(**worst))
    assert finding.assertable.endswith("each of 4 months, 2025-09 to 2025-12, and shows nothing worse than current.")
