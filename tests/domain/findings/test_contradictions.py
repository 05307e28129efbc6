"""Rows that contradict themselves, each detector with what it must find and a near miss."""

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import Condition, PaymentLevel
from domain.findings import DisputeReason
from domain.findings.contradictions import current_with_pastdue
from domain.findings.registry import DETECTORS
from domain.reconciliation import AskedField
from tests.support.findings import found
from tests.support.reports import collection, row

LATE = PaymentLevel.LATE_60


@pytest.mark.parametrize(
    ("identifier", "wrong", "right"),
    [
        ("D19", row(past_due=85_00), row(past_due=85_00, pay_status=LATE)),
        ("D19", row(past_due=1), row(past_due=None)),
        ("D20", row(past_due=600_00, pay_status=LATE), row(past_due=500_00, pay_status=LATE)),
        ("D20", row(past_due=1, balance=0, pay_status=LATE), row(past_due=1, balance=None, pay_status=LATE)),
        ("D21", row(condition=Condition.PAID), row(condition=Condition.PAID, balance=0)),
        ("D21", row(remarks=("Settled for less than full balance",)), row(remarks=("Account not paid as agreed",))),
        ("D21", row(condition=Condition.PAID, balance=0, past_due=10_00), row(remarks=("Unpaid, not settled",))),
        ("D22", row(remarks=("Account transferred or sold",)), row(remarks=("Account sold",), balance=0)),
        ("D22", row(condition=Condition.TRANSFERRED), collection(remarks=("Purchased, sold by another",))),
        ("D26", collection(balance=401_00), collection(balance=400_00)),
        ("D26", collection(balance=999_00), row(balance=999_00, high_balance=900_00)),
        ("D27", collection(original_creditor=None), row(original_creditor=None)),
    ],
)
def test_a_contradiction_is_found_and_a_near_miss_is_not(identifier, wrong, right):
    [finding] = found(identifier, wrong)
    assert finding.bureaus == (Bureau.EQUIFAX,)
    assert finding.group == "1"
    assert "****4321" in finding.assertable
    assert found(identifier, right) == []


def test_the_sentence_states_both_values_and_the_ask():
    [finding] = found("D19", row(past_due=85_50, printed={"pay_status": "Current"}))
    assert finding.assertable == (
        "Equifax reports FIRST QUARRY BANK, account ****4321 as Current and at the same time $85.50 past due."
    )
    assert [(value.field, value.printed) for value in finding.values] == [
        ("pay_status", "Current"),
        ("past_due", "$85.50"),
    ]
    assert finding.asks == (AskedField(field="past_due", expected="0"),)
    assert finding.reason is DisputeReason.PAST_DUE


def test_paid_with_a_balance_asks_for_each_amount_that_is_owed():
    [finding] = found("D21", row(condition=Condition.PAID, past_due=5_00))
    assert finding.asks == (AskedField(field="balance", expected="0"), AskedField(field="past_due", expected="0"))


def test_a_bureau_that_does_not_report_has_no_findings():
    ghost = collection(
        original_creditor=None, opened=None, reported=None, balance=None, pay_status=None, condition=None,
        open_closed=None,
    )  # fmt: skip
    assert found("D27", ghost) == []


def test_the_registered_function_is_the_one_written_here():
    assert DETECTORS["D19"].look is current_with_pastdue


@pytest.mark.parametrize(
    ("identifier", "wrong", "remark"),
    [
        ("D26", {"balance": 999_00}, "Balance includes interest and fees"),
        ("D27", {"original_creditor": None}, "Original creditor: NORTHSTAR WIRELESS"),
    ],
)
def test_what_a_remark_tells_is_not_called_missing(identifier, wrong, remark):
    assert len(found(identifier, collection(**wrong))) == 1
    assert found(identifier, collection(**wrong, remarks=(remark,))) == []


def test_a_grown_collection_is_compared_with_what_the_report_itself_shows():
    [finding] = found("D26", collection(balance=401_00))
    assert "more than its own high balance of $400" in finding.assertable
