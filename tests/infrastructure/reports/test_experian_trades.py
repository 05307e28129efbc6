"""Tradelines as Experian prints them, trap by trap."""

from typing import Any

import pytest

from domain.credit_reports import AccountType, BureauTradeline, Condition, Designator, OpenClosed, PaymentLevel
from infrastructure.reports import UnreadableReport
from infrastructure.reports.experian import parse
from infrastructure.reports.experian_trades import read_tradelines
from tests.support.native import cursor, experian_raw, experian_tree
from tests.support.reports import day


def read(enhanced: dict[str, Any] | None = None, **changes: Any) -> BureauTradeline:
    report = experian_tree()
    row = report["tradeline"][0]
    row |= changes
    if enhanced is not None:
        row["enhancedPaymentData"] = (row.get("enhancedPaymentData") or {}) | enhanced
    (found,) = parse(experian_raw(report)).rows()
    return found


def levels(row: BureauTradeline) -> list[tuple[str, str]]:
    return [(cell.month, cell.level.value) for cell in row.history]


def test_a_tradeline_is_read_as_printed():
    row = read()
    assert (row.creditor_name, row.account_number, row.account_masked) == (
        "FIRST QUARRY BANK",
        "5218XXXXXXXX",
        "5218****",
    )
    assert (row.account_type, row.type_detail, row.designator) == (
        AccountType.REVOLVING,
        "credit card",
        Designator.INDIVIDUAL,
    )
    assert (row.opened, row.reported, row.last_payment) == (day("2019-03-04"), day("2025-12-20"), day("2025-12-01"))
    assert (row.pay_status, row.condition, row.open_closed) == (PaymentLevel.CURRENT, Condition.OPEN, OpenClosed.OPEN)
    assert (row.months_reviewed, row.late_30, row.late_60, row.term_months) == (82, 1, None, None)
    assert (row.closed, row.first_delinquency) == (None, None)


def test_padded_amounts_and_the_word_for_none():
    row = read()
    assert (row.balance, row.past_due, row.monthly_payment) == (500_00, None, None)
    assert "past_due" not in row.printed
    assert (read(amountPastDue="00000000").past_due, read(amountPastDue="3200.75").past_due) == (0, 3200_75)


def test_the_enhanced_amount_is_preferred_to_the_qualified_one():
    assert (read().credit_limit, read().high_balance) == (2000_00, 900_00)
    assert read({"creditLimitAmount": "0000005000"}).credit_limit == 5000_00
    assert read({"creditLimitAmount": "UNKNOWN"}).credit_limit == 2000_00
    loan = read(amount1="00088600", amount1Qualifier="O", amount2="00000854", amount2Qualifier="C")
    assert (loan.high_balance, loan.charge_off_amount) == (88600_00, 854_00)
    assert read(amount1Qualifier="?", amount2Qualifier=None).high_balance is None


def test_the_history_begins_in_the_month_of_the_balance():
    assert levels(read()) == [
        ("2025-12", "not_reported"),
        ("2025-11", "current"),
        ("2025-10", "late_30"),
        ("2025-09", "not_reported"),
        ("2025-08", "current"),
        ("2025-07", "current"),
        ("2025-06", "charge_off"),
    ]


def test_the_short_history_is_read_where_there_is_no_long_one():
    assert levels(read({"enhancedPaymentHistory84": None})) == levels(read())[:3]
    assert read(enhancedPaymentData=None, paymentHistory=None).history == ()


@pytest.mark.parametrize(
    ("changes", "place"),
    [({"balanceDate": None}, "balanceDate"), ({"balanceDate": "00002025"}, "balanceDate"),
     ({"paymentHistory": "C C"}, "paymentHistory"), ({"openDate": "31122019"}, "openDate")],
)  # fmt: skip
def test_a_history_that_cannot_be_placed_is_refused_with_its_place(changes, place):
    with pytest.raises(UnreadableReport) as refusal:
        read(**changes)
    assert refusal.value.place == f"/creditProfile/0/tradeline/0/{place}"


@pytest.mark.parametrize(
    ("status", "level", "condition"),
    [("11", "current", None), ("71", "late_30", None), ("84", "late_180", None), ("12", "current", "paid"),
     ("97", "charge_off", "derogatory"), ("93", "charge_off", "derogatory"), ("05", None, "transferred"),
     ("68", None, "other"), (None, None, None)],
)  # fmt: skip
def test_the_mixed_status_where_nothing_else_is_said(status, level, condition):
    row = read(enhancedPaymentData=None, status=status)
    assert (row.pay_status and row.pay_status.value, row.condition and row.condition.value) == (level, condition)


def test_the_enhanced_status_and_condition_are_preferred():
    row = read({"enhancedPaymentStatus": "11", "enhancedAccountCondition": "A2"}, status="97", openOrClosed="C")
    assert (row.pay_status, row.condition, row.open_closed) == (PaymentLevel.CURRENT, Condition.PAID, OpenClosed.CLOSED)
    assert read({"enhancedPaymentStatus": "11", "enhancedAccountCondition": "97"}).pay_status is PaymentLevel.CHARGE_OFF
    assert read({"enhancedPaymentStatus": "A2"}, status="71").pay_status is PaymentLevel.LATE_30


@pytest.mark.parametrize(
    ("code", "designator"),
    [("1", "individual"), ("2", "joint"), ("3", "authorized_user"), ("5", "co_maker"), ("7", "maker"),
     ("T", "terminated"),
     ("X", "deceased"), ("0", "other"), ("4", "other"), ("6", "other"), ("W", "other")],
)  # fmt: skip
def test_designators(code, designator):
    assert read(ecoa=code).designator == designator
    assert read(ecoa=None).designator is None


@pytest.mark.parametrize(
    ("code", "billing", "kind"),
    [("26", "I", "mortgage"), ("48", "O", "collection"), ("zz", "M", "mortgage"), (None, "R", "revolving"),
     (None, None, "other")],
)  # fmt: skip
def test_account_types(code, billing, kind):
    assert read({"enhancedAccountType": None}, accountType=code, revolvingOrInstallment=billing).account_type == kind


@pytest.mark.parametrize(
    ("flag", "condition", "disputed"),
    [("Y", None, True), ("N", None, False), ("N", "XB", True), (None, "XH", False), (None, "XA", None),
     (None, None, None)],
)  # fmt: skip
def test_disputes(flag, condition, disputed):
    assert read({"complianceCondition": condition}, consumerDisputeFlag=flag).dispute_flag is disputed


def test_comments_are_kept_as_printed_and_decide_nothing():
    row = read({"enhancedSpecialComment": "19"}, consumerComment="Not mine", specialComment="28", soldToName="SOMEBODY")
    assert row.remarks == ("Not mine", "28", "19")
    assert row.condition is Condition.OPEN


def test_collections_name_their_original_creditor():
    row = read(
        {"originalCreditorClassificationCode": "02"}, accountType="48", originalCreditorName="BRIGHTWATER CLINIC"
    )
    assert (row.is_collection, row.original_creditor, row.medical) == (True, "BRIGHTWATER CLINIC", True)


def test_terms_and_numbers_without_a_value():
    assert (read(terms="060").term_months, read({"enhancedTerms": "117"}).term_months) == (60, 117)
    assert read(monthsHistory="UNK").months_reviewed is None


def test_fields_nobody_reads_are_counted():
    before = parse(experian_raw(experian_tree())).unknown
    report = experian_tree()
    report["tradeline"][0] |= {"soldToName": "SOMEBODY", "derogCounter": "00"}
    after = parse(experian_raw(report)).unknown
    assert (after.read, after.ignored) == (before.read, before.ignored + 2)
    assert len(list(read_tradelines(cursor(report)))) == 1
