"""Charge-offs in good standing, and payments on what is closed and paid."""

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import Condition, OpenClosed, PaymentLevel
from domain.findings.registry import Scan
from domain.findings.standing import payment_after_zero
from domain.reconciliation import AskedField
from tests.support.findings import found
from tests.support.reports import PULLED_ON, collection, report, row

CHARGED_OFF = {"pay_status": PaymentLevel.CHARGE_OFF}
DEROGATORY = {"condition": Condition.DEROGATORY}
CLOSED = {"open_closed": OpenClosed.CLOSED, "condition": Condition.CLOSED, "balance": 0}


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        (CHARGED_OFF, ("pay_status", "condition")),
        ({"charged_off_on": "2024-03"}, ("pay_status", "charged_off_on")),
        ({"charge_off_amount": 410_00}, ("pay_status", "charge_off_amount")),
        ({"remarks": ("Charged off as bad debt",)}, ("pay_status", "remarks")),
        ({"remarks": ("CHARGE-OFF",), "condition": None}, ("pay_status", "remarks")),
    ],
)
def test_a_charge_off_cannot_be_open_and_as_agreed(wrong, fields):
    [finding] = found("D28", row(**wrong))
    assert tuple(ask.field for ask in finding.asks) == fields
    assert all(ask.unstated for ask in finding.asks)
    assert finding.assertable.endswith("at least one of the two may be wrong.")


@pytest.mark.parametrize(
    "right",
    [
        {},
        CHARGED_OFF | DEROGATORY,
        CHARGED_OFF | {"condition": None},
        {"charge_off_amount": 0},
        {"charge_off_amount": 410_00, "balance": 0},
        {"charge_off_amount": 410_00, "pay_status": None},
        {"charge_off_amount": 410_00, "pay_status": PaymentLevel.LATE_120},
        {"charge_off_amount": 410_00, "condition": Condition.PAID, "open_closed": OpenClosed.CLOSED},
        {"remarks": ("Paid charge off",)},
        {"remarks": ("Was a charge-off",)},
        {"remarks": ("Discharged debt",)},
    ],
)
def test_what_may_stand_beside_a_charge_off(right):
    assert found("D28", row(**right)) == []


def test_a_collection_may_be_open_but_not_as_agreed():
    assert found("D28", collection(condition=Condition.OPEN)) == []
    [finding] = found("D28", collection(pay_status=PaymentLevel.CURRENT))
    assert "as an account of the type" in finding.assertable
    assert found("D28", collection(pay_status=PaymentLevel.CURRENT, balance=0)) == []


@pytest.mark.parametrize(
    ("closing", "field"),
    [
        (CLOSED, "open_closed"),
        (CLOSED | {"open_closed": None}, "condition"),
        (CLOSED | {"open_closed": None, "condition": Condition.PAID, "closed": "2024-05"}, "closed"),
    ],
)
def test_a_closed_account_with_nothing_owed_has_no_payment(closing, field):
    [finding] = found("D48", row(**closing, monthly_payment=1))
    assert [value.field for value in finding.values] == [field, "balance", "monthly_payment"]
    assert finding.asks == (AskedField(field="monthly_payment", expected="0"),)
    assert "a balance of $0, and at the same time a monthly payment of $0.01" in finding.assertable


@pytest.mark.parametrize(
    "right",
    [
        {"monthly_payment": 0},
        {"monthly_payment": None},
        {"balance": 1, "monthly_payment": 25_00},
        {"balance": None, "monthly_payment": 25_00},
        {"open_closed": OpenClosed.OPEN, "closed": "2024-05", "monthly_payment": 25_00},
        {"open_closed": None, "condition": None, "monthly_payment": 25_00},
    ],
)
def test_a_payment_may_stand_while_anything_is_open_or_owed(right):
    assert found("D48", row(**(CLOSED | right))) == []


def test_an_empty_column_says_nothing():
    ghost = row(
        Bureau.EXPERIAN, opened=None, reported=None, balance=None, pay_status=None, condition=None, open_closed=None,
        monthly_payment=25_00, closed="2024-05", charge_off_amount=410_00,
    )  # fmt: skip
    assert list(payment_after_zero(Scan(report(ghost), PULLED_ON))) == []
    assert found("D28", ghost) == []
