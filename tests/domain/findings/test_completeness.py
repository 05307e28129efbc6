"""A missing or thin section is told, and leads to no dispute."""

from domain.bureaus import Bureau
from domain.findings.completeness import partial_report
from domain.findings.registry import Scan
from tests.support.findings import found
from tests.support.reports import PULLED_ON, report, row


def test_an_empty_section_is_told_without_a_reason():
    findings = found("D49", row())
    assert [finding.bureaus for finding in findings] == [(Bureau.EXPERIAN,), (Bureau.TRANSUNION,)]
    assert all(finding.informational and finding.reason is None and finding.rank == 0 for finding in findings)


def test_a_section_is_thin_by_the_pull_before():
    few = [row(bureau, group=str(number)) for number in range(2) for bureau in Bureau]
    assert found("D49", of=report(*few)) == []
    assert len(found("D49", of=report(*few), previous_counts=dict.fromkeys(Bureau, 4))) == 3


def test_the_sentence_names_what_is_missing():
    [first, *_] = partial_report(Scan(report=report(row(), complete=False), today=PULLED_ON))
    assert "section, borrower, score" in first.assertable
