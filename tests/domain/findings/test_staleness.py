"""Open accounts that nobody reports any more."""

from datetime import date

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import Condition, OpenClosed
from domain.findings.registry import Scan
from domain.findings.staleness import stale_reporting
from tests.support.findings import found
from tests.support.reports import PULLED_ON, ghost, report, row


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        ("2025-10-07", None),
        ("2025-10-06", "inform"),
        ("2025-07-09", "inform"),
        ("2025-07-08", "dispute"),
        ("2025-07", "inform"),
        ("2025-06", "dispute"),
        ("2026-03-01", None),
        (None, None),
    ],
)
def test_ninety_days_inform_and_a_hundred_and_eighty_may_be_disputed(reported, expected):
    findings = found("D31", row(reported=reported))
    assert [None if not findings else "inform" if findings[0].informational else "dispute"] == [expected]


@pytest.mark.parametrize(
    "facts",
    [
        {"open_closed": OpenClosed.CLOSED},
        {"open_closed": None},
        {"closed": "2024-01-01"},
        {"condition": Condition.PAID},
        {"condition": Condition.TRANSFERRED},
    ],
)
def test_a_closed_account_need_not_be_reported(facts):
    assert found("D31", row(reported="2024-06-01", **facts)) == []


def test_an_old_report_is_measured_by_its_own_day():
    old = report(row(reported="2025-09-20"), pulled_on=date(2025, 10, 1))
    assert found("D31", of=old, today=PULLED_ON) == []


def test_both_days_are_stated():
    [finding] = found("D31", row(Bureau.EXPERIAN, reported="2025-02-03"))
    assert finding.bureaus == (Bureau.EXPERIAN,)
    assert "last reported on 2025-02-03, more than 180 days before 2026-01-05" in finding.assertable
    assert finding.asks, "an investigation is asked for, not a deletion"
    assert all(ask.unstated for ask in finding.asks)


def test_an_empty_column_is_not_stale():
    assert list(stale_reporting(Scan(report(ghost()), PULLED_ON))) == []
    assert len(list(stale_reporting(Scan(report(ghost(), row(group="2", reported="2024-01-01")), PULLED_ON)))) == 1
