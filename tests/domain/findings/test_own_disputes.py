"""What a report must show of our own disputes."""

from datetime import date
from uuid import UUID

import pytest

from domain.bureaus import Bureau
from domain.findings import DETECTED_LATER, detect, versions
from domain.findings.known import Identity, OwnDispute
from domain.findings.own_disputes import reinsertion
from domain.findings.registry import Scan
from domain.reconciliation import AskedField, Outcome
from tests.support.findings import found_after
from tests.support.reports import PULLED_ON, collection, ghost, months, report, row

REF = "1.equifax"
REPORT_ID = UUID(int=77)


def dispute(**facts):
    told = {
        "dispute_id": UUID(int=1),
        "tradeline_id": UUID(int=2),
        "bureau": Bureau.EQUIFAX,
        "opened_on": date(2025, 9, 20),
        "received_on": date(2025, 10, 1),
        "receipt_proven": True,
        "furnisher": "FIRST QUARRY BANK",
        "account_masked": "****4321",
    } | facts
    return OwnDispute.model_validate(told)


def known(ref=REF, tier="T1", settled=True, **facts):
    return ref, dispute(**facts), Identity(tradeline_id=UUID(int=2), tier=tier, settled=settled)


def flagged(**facts):
    return report(row(**({"dispute_flag": True} | facts)))


@pytest.mark.parametrize(
    ("shown", "told", "is_found"),
    [
        ({}, {}, True),
        ({"reported": "2025-10-09"}, {}, True),
        ({"reported": "2025-10-08"}, {}, False),
        ({"reported": "2025-10"}, {}, False),
        ({"reported": None}, {}, False),
        ({"dispute_flag": True}, {}, False),
        ({"dispute_flag": None}, {}, False),
        ({"remarks": ("Account information disputed by consumer",)}, {}, False),
        ({"remarks": ("Dispute resolved",)}, {}, True),
        ({}, {"received_on": None}, False),
        ({}, {"ended_on": date(2025, 12, 21)}, True),
        ({}, {"ended_on": date(2025, 12, 20)}, False),
        ({}, {"bureau": Bureau.EXPERIAN}, False),
        ({}, {"tradeline_id": UUID(int=9)}, False),
    ],
)
def test_what_is_reported_while_we_dispute_it_says_so(shown, told, is_found):
    pulled = flagged(**({"dispute_flag": False} | shown))
    assert bool(found_after("D32", pulled, known(**told))) is is_found


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ((AskedField(field="past_due", expected="0"),), False),
        ((AskedField(field="past_due", expected="0"), AskedField(field="balance", expected="0")), True),
        ((AskedField(field="past_due", unstated=True),), True),
        ((AskedField(field="history.2025-11", expected=None),), False),
        ((AskedField(field="history.2025-12", expected="current"),), False),
        ((AskedField(field="history.2025-12", expected=None),), True),
        ((), True),
    ],
)
def test_what_is_shown_as_asked_is_not_in_dispute_any_more(asked, is_found):
    pulled = flagged(dispute_flag=False, past_due=0, history=months("2025-12", "C"))
    assert bool(found_after("D32", pulled, known(asked=asked))) is is_found


def test_a_presumed_receipt_is_called_one():
    [proven] = found_after("D32", flagged(dispute_flag=False), known())
    [presumed] = found_after("D32", flagged(dispute_flag=False), known(receipt_proven=False))
    assert "Equifax received a dispute of FIRST QUARRY BANK, account ****4321 on 2025-10-01" in proven.assertable
    assert "Equifax is presumed to have received" in presumed.assertable
    assert presumed.confidence < proven.confidence


@pytest.mark.parametrize(
    ("shown", "told", "is_found"),
    [
        ({}, {"ended_on": date(2025, 11, 5)}, True),
        ({}, {"ended_on": date(2025, 11, 6)}, False),
        ({}, {}, False),
        ({}, {"ended_on": date(2025, 11, 5), "received_on": None}, False),
        ({"dispute_flag": False}, {"ended_on": date(2025, 11, 5)}, False),
        ({"dispute_flag": None}, {"ended_on": date(2025, 11, 5)}, False),
        ({"dispute_flag": None, "remarks": ("Disputed by consumer",)}, {"ended_on": date(2025, 11, 5)}, True),
        ({"dispute_flag": None, "remarks": ("Previously disputed, now resolved",)}, {"ended_on": date(2025, 11, 5)},
         False),
    ],
)  # fmt: skip
def test_a_flag_goes_sixty_days_after_the_dispute(shown, told, is_found):
    assert bool(found_after("D33", flagged(**shown), known(**told))) is is_found


def test_a_newer_dispute_keeps_the_flag_rightly():
    ended = known(ended_on=date(2025, 10, 5))
    again = known(dispute_id=UUID(int=5), opened_on=date(2025, 11, 1), received_on=date(2025, 11, 9))
    assert found_after("D33", flagged(), ended, again) == []
    assert len(found_after("D33", flagged(), ended)) == 1


DELETED = {
    "ended_on": date(2025, 11, 20),
    "outcome": Outcome.DELETED,
    "answered_by": REPORT_ID,
    "answered_on": date(2025, 11, 15),
    "furnisher": "MIDVALE RECOVERY",
}


@pytest.mark.parametrize(
    ("told", "is_found"),
    [
        ({}, True),
        ({"outcome": Outcome.CORRECTED}, False),
        ({"outcome": None, "ended_on": None}, False),
        ({"answered_on": date(2026, 1, 5)}, False),
        ({"answered_on": date(2026, 1, 4)}, True),
        ({"answered_on": None}, False),
        ({"bureau": Bureau.EXPERIAN}, False),
    ],
)
def test_what_was_deleted_does_not_come_back(told, is_found):
    assert bool(found_after("D46", report(collection()), known(**(DELETED | told)))) is is_found


def test_the_earlier_report_and_outcome_are_named():
    [finding] = found_after("D46", report(collection()), known(**DELETED))
    assert finding.assertable == (
        "Equifax again reports MIDVALE RECOVERY, account ****4321; its report pulled on 2025-11-15 no longer showed "
        "MIDVALE RECOVERY, account ****4321, and the dispute of that was closed on 2025-11-20 as deleted."
    )
    told = {value.field: value.printed for value in finding.values}
    assert told["dispute.outcome"] == "deleted, closed on 2025-11-20"
    assert told["dispute.report"] == f"report {REPORT_ID}, pulled on 2025-11-15"
    assert finding.asks == ()


def test_under_another_collectors_name_it_may_be_the_same():
    resold = report(collection(creditor_name="OAKBRIDGE"))
    [finding] = found_after("D46", resold, known(**DELETED, tier="T5", settled=False))
    [sure] = found_after("D46", resold, known(**DELETED))
    assert finding.confidence < sure.confidence
    assert finding.assertable.startswith("Equifax reports OAKBRIDGE, account ****4321; its report pulled on 2025-11-15")
    assert finding.assertable.endswith("and the two may be the same debt.")


def test_a_later_round_that_ended_otherwise_is_the_one_that_counts():
    later = known(
        dispute_id=UUID(int=6), opened_on=date(2025, 12, 1), ended_on=date(2025, 12, 30), outcome=Outcome.VERIFIED
    )
    assert found_after("D46", report(collection()), known(**DELETED), later) == []


def test_these_detectors_run_apart_from_the_others():
    assert set(versions(after_disputes=True)) == DETECTED_LATER
    assert not DETECTED_LATER & set(versions(after_disputes=False))
    assert not {finding.detector for finding in detect(flagged(), PULLED_ON)} & DETECTED_LATER


def test_an_empty_column_is_no_return():
    ref, before, identity = known(**DELETED)
    for shown, count in ((ghost(), 0), (collection(), 1)):
        scan = Scan(report(shown), PULLED_ON, disputes=(before,), identities={ref: (identity,)})
        assert len(list(reinsertion(scan))) == count
