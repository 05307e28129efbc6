"""Equifax's codes are not TrueLink's."""

from domain.credit_reports import AccountType, Condition, Designator, OpenClosed, PaymentLevel
from infrastructure.reports import equifax_codes as codes
from infrastructure.reports import truelink_codes


def test_a_rate_of_one_is_paid_as_agreed_here_and_thirty_days_late_there():
    assert codes.RATES["1"] is PaymentLevel.CURRENT
    assert truelink_codes.PAY_STATUS["1"] is PaymentLevel.LATE_30
    assert [codes.RATES[rate].value for rate in "23459"] == ["late_30", "late_60", "late_90", "late_120", "charge_off"]
    assert "0" not in codes.RATES


def test_a_line_of_credit_is_no_collection_and_a_co_maker_is_not_joint():
    assert codes.PORTFOLIOS["C"] is AccountType.REVOLVING
    assert codes.DESIGNATORS["C"] is Designator.CO_MAKER
    assert "S" not in codes.DESIGNATORS


def test_only_the_history_knows_zero_balances():
    assert codes.CELLS["E"] is PaymentLevel.CURRENT
    assert "E" not in codes.RATES


def test_the_pieces_of_the_history_follow_each_other():
    assert [codes.SPANS[name] for name in ("paymentHistory1to24", "paymentHistory25to36", "paymentHistory37to48")] == [
        (0, 24), (24, 12), (36, 12),
    ]  # fmt: skip


def test_the_last_state_of_an_account():
    assert codes.ACTIVITY["B"] == (Condition.PAID, OpenClosed.CLOSED)
    assert codes.ACTIVITY["T"] == (Condition.TRANSFERRED, None)
