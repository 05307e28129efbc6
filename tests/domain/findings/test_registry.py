"""The registry: ids, order and the shape of every detector."""

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline
from domain.findings import DETECTORS, detect
from domain.findings.registry import Scan, detector, scan
from tests.support.reports import PULLED_ON, collection, months, report, row

EXPECTED = [f"D{number:02d}" for number in range(1, 50)]


def test_every_detector_is_registered():
    assert sorted(DETECTORS) == EXPECTED
    for each in DETECTORS.values():
        assert each.version >= 1
        assert (each.reason is None) == (each.letter_type is None)
        assert each.look.__doc__, f"{each.id} does not say what it looks for"


@pytest.mark.parametrize("identifier", ["D19", "X1", "D1"])
def test_an_id_is_well_formed_and_given_once(identifier):
    with pytest.raises(ValueError, match="malformed or taken"):
        detector(identifier, version=1, name="x", reason=None, letter=None)(lambda _: iter(()))
    assert sorted(DETECTORS) == EXPECTED


def test_findings_are_ranked_and_informational_ones_come_last():
    pulled = report(row(past_due=85_00), collection(group="2", opened="2012-01-01", original_creditor=None))
    findings = detect(pulled, PULLED_ON)
    ranks = [finding.rank for finding in findings]
    assert [finding.detector for finding in findings] == ["D01", "D19", "D27", "D49", "D49"]
    assert ranks == sorted(ranks, reverse=True)
    assert findings == scan(Scan(report=pulled, today=PULLED_ON)), "the same inputs give the same list"


def test_keys_are_unique_within_a_report():
    pulled = report(
        *(row(group=str(number), past_due=85_00, account_number=f"XX{4000 + number}") for number in range(9))
    )
    keys = [finding.finding_key for finding in detect(pulled, PULLED_ON)]
    assert len(set(keys)) == len(keys)


def test_an_observation_that_only_informs_gives_no_reason_and_leads_to_no_letter():
    stale = next(f for f in detect(report(row(reported="2025-10-06")), PULLED_ON) if f.detector == "D31")
    assert (stale.informational, stale.reason, stale.letter_type, stale.rank) == (True, None, None, 0)
    older = next(f for f in detect(report(row(reported="2025-01-06")), PULLED_ON) if f.detector == "D31")
    assert not older.informational
    assert older.reason
    assert older.letter_type
    assert older.rank > 0


def test_a_rule_in_words_is_one_line():
    assert DETECTORS["D43"].rule == "An inquiry of more than two years is still shown."
    assert "\n" not in DETECTORS["D03"].rule


def test_only_the_detectors_asked_for_are_run():
    inputs = Scan(report=report(row(reported="2025-01-06", past_due=85_00)), today=PULLED_ON)
    assert {finding.detector for finding in scan(inputs, {"D31"})} == {"D31"}


def test_a_scan_knows_its_rows_by_bureau_and_those_that_were_ever_late():
    on_time = row(group="1", history=months("2025-12", "CCU"))
    late = row(Bureau.EXPERIAN, group="2", history=months("2025-12", "C1C"))
    ghost = BureauTradeline(ref="g", group="2", bureau=Bureau.EQUIFAX)
    inputs = Scan(report=report(on_time, late, ghost), today=PULLED_ON)
    assert inputs.rows() == (on_time, late)
    assert [inputs.rows(bureau) for bureau in (Bureau.EQUIFAX, Bureau.EXPERIAN)] == [(on_time,), (late,)]
    assert inputs.late_rows == (late,)


def test_what_several_detectors_need_is_made_once_for_each_scan():
    asked = []

    def look(inputs):
        asked.append(inputs)
        return len(inputs.rows())

    scans = [Scan(report=report(*(row(group=str(n)) for n in range(size))), today=PULLED_ON) for size in (1, 2)]
    assert [inputs.once(look) for inputs in (*scans, *scans)] == [1, 2, 1, 2]
    assert len(asked) == 2
