"""Grids beside each other, grids that stand still, and grids that come back."""

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import PaymentLevel
from domain.findings.grids import consecutive
from tests.support.findings import found
from tests.support.reports import months, report, row

EFX, EXP, TUC = Bureau.EQUIFAX, Bureau.EXPERIAN, Bureau.TRANSUNION


def pair(one, other, **fields):
    return row(EFX, history=months("2025-12", one)), row(EXP, history=months("2025-12", other), **fields)


@pytest.mark.parametrize(
    ("one", "other", "asked"),
    [
        ("CC1C", "CCCC", ["2025-10"]),
        ("C11C", "C21C", ["2025-11"]),
        ("C211", "CCCC", ["2025-09", "2025-10", "2025-11"]),
        ("1CCC", "CCCC", ["2025-12"]),
        ("9654", "6543", ["2025-09", "2025-10", "2025-11", "2025-12"]),
    ],
)
def test_the_same_month_is_rated_alike(one, other, asked):
    [finding] = found("D14", *pair(one, other))
    assert [ask.field for ask in finding.asks] == [f"history.{month}" for month in asked]
    assert all(ask.unstated for ask in finding.asks)
    assert finding.bureaus == (EFX, EXP)
    assert finding.assertable.endswith("at least one report may be inaccurate.")


@pytest.mark.parametrize(
    ("one", "other"),
    [("CC1C", "CC1C"), ("CC1C", "CCUC"), ("CC1C", "CC"), ("CC1C", ""), ("UUUU", "CCCC"), ("CC3C", "CCCC")],
)
def test_months_without_data_or_doubted_already_differ_from_nothing(one, other):
    assert found("D14", *pair(one, other)) == []


def test_derogatory_and_charge_off_are_words_for_one_rating():
    dero = tuple(cell.model_copy(update={"level": PaymentLevel.DEROGATORY}) for cell in months("2025-12", "99"))
    assert found("D14", row(EFX, history=dero), row(EXP, history=months("2025-12", "99"))) == []


def test_the_newest_month_of_conflicting_statuses_is_left_to_their_own_detector():
    late = {"pay_status": PaymentLevel.LATE_30}
    assert found("D14", *pair("CCCC", "1CCC", **late)) == []
    [finding] = found("D14", *pair("CCC1", "1CCC", **late))
    assert [ask.field for ask in finding.asks] == ["history.2025-09"]
    assert len(found("D13", *pair("CCCC", "1CCC", **late))) == 1


def test_rows_of_one_bureau_or_of_other_accounts_are_not_compared():
    twin = row(EFX, ref="1.twin", history=months("2025-12", "CC1C"))
    assert found("D14", row(EFX, history=months("2025-12", "CCCC")), twin) == []
    other = row(EXP, group="2", history=months("2025-12", "CC1C"))
    assert found("D14", row(EFX, history=months("2025-12", "CCCC")), other) == []


def test_every_bureau_that_rates_the_month_is_quoted():
    third = row(TUC, history=months("2025-11", "CC"))
    [finding] = found("D14", *pair("CC1C", "CCCC"), third)
    assert finding.bureaus == (EFX, EXP, TUC)
    assert "2025-10: 30 days late (Equifax), current (Experian), current (TransUnion)" in finding.assertable
    assert finding.confidence == 85
    assert found("D14", *pair("C11C", "C21C"))[0].confidence == 70


@pytest.mark.parametrize(
    ("grid", "count"),
    [("2222C", 1), ("222C", 0), ("22U2", 0), ("6666", 0), ("9999", 0), ("CCCC", 0), ("1111C3333", 1), ("22122", 0)],
)
def test_four_months_at_one_step_are_worth_knowing(grid, count):
    seen = found("D18", row(history=months("2025-12", grid)))
    assert len(seen) == count
    assert all(finding.informational and finding.asks == () for finding in seen)


def test_a_gap_in_the_months_ends_a_standstill():
    assert found("D18", row(history=(*months("2025-12", "22"), *months("2025-09", "22")))) == []
    [finding] = found("D18", row(history=months("2026-02", "2222")))
    assert finding.assertable.endswith("shows 60 days late in every month from 2025-11 to 2026-02.")


@pytest.mark.parametrize(
    ("before", "count"), [({"monthly_payment": 50_00}, 0), ({"monthly_payment": 40_00}, 1), ({}, 1), (None, 1)]
)
def test_new_terms_explain_a_standstill(before, count):
    now = row(history=months("2025-12", "2222"), monthly_payment=40_00)
    earlier = {} if before is None else {now.ref: row(**before)}
    assert len(found("D18", now, earlier=earlier)) == count


@pytest.mark.parametrize(
    ("grid", "asked", "confirm"),
    [
        ("9C9C", ["2025-10", "2025-12"], False),
        ("CC99", ["2025-10"], True),
        ("9CC99", ["2025-09", "2025-12"], False),
        ("9UC9", ["2025-09", "2025-12"], False),
    ],
)
def test_a_charge_off_does_not_become_current_by_itself(grid, asked, confirm):
    [finding] = found("D29", row(history=months("2025-12", grid)))
    assert sorted(ask.field for ask in finding.asks) == [f"history.{month}" for month in asked]
    assert finding.needs_consumer_confirm is confirm
    assert finding.assertable.endswith("at least one of these months may be wrong.")


@pytest.mark.parametrize(
    ("grid", "remarks"),
    [
        ("9999", ()),
        ("99CC", ()),
        ("91CC", ()),
        ("9U9U", ()),
        ("CCCC", ()),
        ("1199", ()),
        ("CC99", ("Account reopened",)),
        ("CC99", ("Loan rehabilitated",)),
    ],
)
def test_what_a_charge_off_may_be_followed_by(grid, remarks):
    assert found("D29", row(history=months("2025-12", grid), remarks=remarks)) == []


def test_months_follow_each_other_over_the_new_year():
    new, old = months("2026-01", "CC")
    assert consecutive(old, new)
    assert not consecutive(new, old)
    assert report(row(history=(new, old))).tradelines
