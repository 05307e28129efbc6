"""A finding can say why it was made."""

import pytest

from domain.findings import DETECTORS
from domain.findings.explaining import explain
from domain.findings.model import DisputeReason, LetterType
from tests.support.findings import found
from tests.support.reports import collection, report, row


def test_the_rule_is_the_detectors_own_description():
    [finding] = found("D19", row(past_due=85_00))
    explained = explain(finding)
    assert explained.rule == "An account shown as current, or paid as agreed, has an amount past due."
    assert explained.rule_version == DETECTORS["D19"].version
    assert explained.leads_to == "a letter of type status_balance_correction to Equifax, for the reason past_due"


def test_what_needs_the_consumer_or_only_informs_says_so():
    [unsure] = found("D01", collection(opened="2010-01-01", status_date=None, reported=None))
    assert explain(unsure).leads_to.startswith("after the consumer has confirmed it, a letter of type obsolete_item")
    informs = found("D49", of=report(row(), complete=False))[0]
    assert explain(informs).leads_to == "nothing by itself: it only informs"


def test_a_finding_of_a_detector_that_is_gone_is_still_explained():
    [finding] = found("D19", row(past_due=85_00))
    gone = finding.model_copy(update={"detector": "D98"})
    assert (explain(gone).rule_version, explain(gone).rule) == (0, "This detector is no longer in use.")


@pytest.mark.parametrize("identifier", sorted(DETECTORS))
def test_every_rule_is_a_sentence(identifier):
    assert DETECTORS[identifier].rule.endswith(".")
    assert len(DETECTORS[identifier].rule) > 30


def test_a_letter_that_cannot_be_written_yet_is_not_promised():
    [of_account] = found("D19", row(past_due=85_00))
    assert explain(of_account).by_letter
    inquiry = of_account.model_copy(
        update={"group": None, "reason": DisputeReason.INQUIRY_NO_PURPOSE, "letter_type": LetterType.INQUIRY_DISPUTE}
    )
    explained = explain(inquiry)
    assert not explained.by_letter
    assert explained.leads_to == (
        "a letter of type inquiry_dispute to Equifax, for the reason inquiry_no_purpose; such a letter cannot be "
        "written here yet"
    )
    assert not explain(found("D49", of=report(row(), complete=False))[0]).by_letter
