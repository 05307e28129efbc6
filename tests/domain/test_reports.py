"""A report is archived, then read once or refused, and its findings only grow."""

from datetime import date
from uuid import UUID

import pytest

from domain.bureaus import Bureau
from domain.kernel import IllegalMove
from domain.reports import Report, ReportStatus
from tests.support.cases import FIRST_PULL
from tests.support.histories import ACTOR_ID, CONSUMER_ID, at, refused_report, report, uid


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
    assert (made.status, made.refused_place, made.version) == (ReportStatus.REFUSED, "/TrueLinkCreditReportType", 3)
    made.refuse("/", "a better reader says why", at(2))
    assert (made.refused_place, made.version) == ("/", 4)
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


def reread(refs: dict[str, UUID]) -> Report:
    made = refused_report()
    made.parse(FIRST_PULL, tradeline_ids=refs, in_review=(), gates=(), at=at(3))
    return made


def test_a_row_is_compared_with_its_own_account_at_its_own_bureau_in_an_earlier_report() -> None:
    before = report()
    ids = before.tradeline_ids
    moved = {"experian-21": ids["experian-22"], "equifax-23": ids["equifax-23"], "transunion-24": CONSUMER_ID}
    found = reread(moved).rows_before(before)
    assert {ref: row.ref for ref, row in found.items()} == {"experian-21": "experian-22", "equifax-23": "equifax-23"}
    assert before.rows_before(reread({})) == {}


def test_two_rows_of_one_account_at_one_bureau_are_not_told_apart() -> None:
    ids = report().tradeline_ids
    twice = reread({"experian-21": ids["experian-21"], "experian-22": ids["experian-21"]})
    assert twice.rows_before(report()) == {}
    assert report().rows_before(twice) == {}


def test_findings_about_a_settled_row_name_its_account() -> None:
    made = refused_report()
    rows = {row.ref: uid(row.group) for row in FIRST_PULL.rows() if row.group != "22"}
    made.parse(FIRST_PULL, tradeline_ids=rows, in_review=(uid("22"),), gates=(), at=at(3))
    made.note_findings(report().findings, {}, date(2026, 1, 5), at(3))
    waited = {row.ref: uid("22") for row in FIRST_PULL.rows() if row.group == "22"}
    made.settle_match(waited, (), ACTOR_ID, at(4))
    about = {finding.finding_key for finding in made.findings if finding.group == "22"}
    settled = made.pending_events[-1]
    assert isinstance(settled, Report.MatchSettled)
    assert settled.findings == dict.fromkeys(about, uid("22"))
    assert about
    assert made.tradeline_ids == rows | waited
    assert not made.may_hold(uid("22"))
