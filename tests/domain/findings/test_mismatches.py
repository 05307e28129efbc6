"""Contradictions between bureaus: stated as such, never decided."""

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import Designator, OpenClosed, PaymentLevel
from domain.findings.mismatches import same_window
from tests.support.findings import found
from tests.support.reports import row

EFX, EXP, TUC = Bureau.EQUIFAX, Bureau.EXPERIAN, Bureau.TRANSUNION
LATE = {"pay_status": PaymentLevel.LATE_30, "past_due": 20_00}


@pytest.mark.parametrize(
    ("identifier", "wrong", "right"),
    [
        ("D09", {"opened": "2019-06-01"}, {"opened": "2019-04-02"}),
        ("D09", {"opened": "2020"}, {"opened": "2019"}),
        ("D10", {"open_closed": OpenClosed.CLOSED}, {"open_closed": OpenClosed.CLOSED, "reported": "2025-08-01"}),
        ("D11", {"balance": 560_00}, {"balance": 549_00}),
        ("D11", {"balance": 0}, {"balance": None}),
        ("D12", {"credit_limit": 3_000_00}, {"credit_limit": 2_040_00}),
        ("D12", {"high_balance": 1_000_00}, {"high_balance": 940_00}),
        ("D13", LATE, LATE | {"reported": "2025-10-01"}),
        ("D13", LATE, {"pay_status": None}),
        ("D37", {"designator": Designator.JOINT}, {"designator": Designator.OTHER}),
    ],
)
def test_a_mismatch_is_found_and_a_near_miss_is_not(identifier, wrong, right):
    own = {"designator": Designator.INDIVIDUAL}
    [finding] = found(identifier, row(EFX, **own), row(EXP, **(own | wrong)))
    assert finding.bureaus == (EFX, EXP)
    assert "at least one report may be inaccurate" in finding.assertable
    assert all(ask.unstated for ask in finding.asks)
    assert found(identifier, row(EFX, **own), row(EXP, **(own | right))) == []


def test_every_reporting_bureau_is_quoted_with_its_value():
    [finding] = found("D11", row(EFX), row(EXP), row(TUC, balance=800_00))
    assert finding.bureaus == (EFX, EXP, TUC)
    assert "$500 (Equifax), $500 (Experian), $800 (TransUnion)" in finding.assertable


@pytest.mark.parametrize(
    ("identifier", "field", "wrong"),
    [
        ("D10", "open_closed", {"open_closed": OpenClosed.CLOSED}),
        ("D11", "balance", {"balance": 800_00}),
        ("D12", "credit_limit", {"credit_limit": 3_000_00}),
        ("D13", "pay_status", LATE),
    ],
)
def test_when_each_bureau_was_told_is_shown_and_not_disputed(identifier, field, wrong):
    [finding] = found(identifier, row(EFX), row(EXP, reported="2025-12-28", **wrong))
    assert [ask.field for ask in finding.asks] == [field]
    assert {value.field for value in finding.values} == {field, "reported"}
    assert "as reported on " in finding.assertable


@pytest.mark.parametrize("differs", [{"balance": 800_00}, {"credit_limit": 3_000_00}, LATE])
def test_what_changes_from_day_to_day_is_not_called_impossible(differs):
    """A balance of 1 December and another of 20 December may both have been right."""
    for finding in found("D11", row(), row(EXP, reported="2025-12-01", **differs)) + found(
        "D12", row(), row(EXP, reported="2025-12-01", **differs)
    ) + found("D13", row(), row(EXP, reported="2025-12-01", **differs)):
        assert "cannot" not in finding.assertable
        assert "as reported on 2025-12-20 (Equifax), 2025-12-01 (Experian)" in finding.assertable
        assert [ask.field for ask in finding.asks] == [finding.values[0].field], "the day of reporting is not disputed"


def test_what_happened_on_one_day_cannot_have_happened_on_two():
    [finding] = found("D09", row(), row(EXP, opened="2020-01-01"))
    assert "they cannot all be right" in finding.assertable


def test_closing_dates_far_apart_are_a_mismatch_too():
    closed = {"open_closed": OpenClosed.CLOSED}
    rows = row(EFX, closed="2024-01-01", **closed), row(EXP, closed="2024-05-01", **closed)
    [finding] = found("D10", *rows)
    assert [ask.field for ask in finding.asks] == ["closed"]


def test_one_bureau_alone_never_mismatches_itself():
    assert found("D11", row(EFX), row(EFX, ref="1.second", balance=900_00)) == []


def test_accounts_of_different_groups_are_not_compared():
    assert found("D11", row(EFX, group="1"), row(EXP, group="2", balance=900_00)) == []


def test_the_window_is_thirty_five_days():
    assert same_window(row(reported="2025-12-20"), row(reported="2025-11-15"))
    assert not same_window(row(reported="2025-12-20"), row(reported="2025-11-14"))
    assert not same_window(row(reported=None), row())
