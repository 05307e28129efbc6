"""A report is archived, then read once or refused, and its findings only grow."""

from datetime import date

import pytest

from domain.bureaus import Bureau
from domain.kernel import IllegalMove
from domain.reports import Report, ReportStatus
from tests.support.cases import FIRST_PULL
from tests.support.histories import CONSUMER_ID, at, refused_report, report


def test_the_same_bytes_of_a_person_are_one_report() -> None:
    assert Report.identity(CONSUMER_ID, b"1") == Report.identity(CONSUMER_ID, b"1")
    assert Report.identity(CONSUMER_ID, b"1") != Report.identity(CONSUMER_ID, b"2")


def test_a_report_is_read_once() -> None:
    made = report()
    with pytest.raises(IllegalMove):
        made.parse(FIRST_PULL, tradeline_ids={}, in_review=(), gates=(), at=at(2))
    made.refuse("/", "too late", at(2))
    assert made.status is ReportStatus.PARSED


def test_a_refused_report_says_where_it_broke_and_can_be_read_later() -> None:
    made = refused_report()
    made.refuse("/TrueLinkCreditReportType", "this is no report we know", at(2))
    assert (made.status, made.refused_place, made.version) == (ReportStatus.REFUSED, "/TrueLinkCreditReportType", 2)
    made.refuse("/", "a better reader says why", at(2))
    assert (made.refused_place, made.version) == ("/", 3)
    with pytest.raises(IllegalMove):
        made.read()
    made.parse(FIRST_PULL, tradeline_ids={}, in_review=(), gates=(), at=at(3))
    assert made.read() == FIRST_PULL


def test_findings_are_added_never_rewritten() -> None:
    made = report()
    before = made.findings
    made.note_findings(before[:1], {"D01": 2}, date(2026, 1, 6), at(24))
    assert {f.finding_key for f in made.findings} == {f.finding_key for f in before}


def test_a_row_is_found_by_tradeline_and_bureau() -> None:
    made = report()
    tradeline_id = made.tradeline_ids["experian-22"]
    row = made.row(tradeline_id, Bureau.EXPERIAN)
    assert row is not None
    assert row.ref == "experian-22"
    assert made.row(CONSUMER_ID, Bureau.EXPERIAN) is None


def test_a_bureau_without_a_gate_is_not_complete() -> None:
    assert report().gate(Bureau.EXPERIAN).complete
    assert not refused_report().gate(Bureau.EXPERIAN).complete
