"""Accounts as TrueLink prints them."""

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import AccountType, Condition, Designator, OpenClosed, PaymentLevel
from infrastructure.reports import UnreadableReport, parse
from infrastructure.reports.truelink_tradelines import MAX_MONTHS, MAX_TRADELINES
from tests.support.reports import day, months
from tests.support.truelink import raw, tradeline, tree


def only_row(bent):
    [row] = parse(raw(bent)).rows()
    return row


def test_every_field_is_typed_and_quotable():
    row = only_row(tree())
    assert (row.bureau, row.account_type, row.condition) == (Bureau.EQUIFAX, AccountType.REVOLVING, Condition.OPEN)
    assert (row.open_closed, row.pay_status) == (OpenClosed.OPEN, PaymentLevel.CURRENT)
    assert (row.designator, row.dispute_flag) == (Designator.INDIVIDUAL, False)
    assert (row.balance, row.high_balance, row.credit_limit, row.past_due) == (500_00, 900_00, 2_000_00, 0)
    assert (row.opened, row.reported, row.late_30, row.late_60) == (day("2019-03-04"), day("2025-12-20"), 1, None)
    assert row.remarks == ("Closed by consumer",)
    assert row.history == months("2025-12", "C1U")
    assert (row.account_number, row.account_masked) == ("XXXXXXXX4321", "****4321")
    assert row.printed["balance"] == "500"
    assert row.printed["pay_status"] == "Current"
    assert "4321" not in str(row.printed)


def test_absent_is_not_zero():
    bent = tree()
    tradeline(bent)["currentBalance"] = ""
    tradeline(bent)["GrantedTrade"]["amountPastDue"] = "-"
    row = only_row(bent)
    assert (row.balance, row.past_due, row.monthly_payment) == (None, None, None)


def test_the_rows_own_bureau_goes_before_its_source():
    bent = tree()
    tradeline(bent)["bureau"] = "TransUnion"
    assert only_row(bent).bureau is Bureau.TRANSUNION
    del tradeline(bent)["bureau"]
    assert only_row(bent).bureau is Bureau.EQUIFAX
    tradeline(bent)["Source"] = {"Bureau": {"symbol": "9", "abbreviation": "Experian"}}
    assert only_row(bent).bureau is Bureau.EXPERIAN


def test_a_row_without_a_bureau_is_refused_and_counted():
    bent = tree()
    del tradeline(bent)["bureau"], tradeline(bent)["Source"]
    report = parse(raw(bent))
    assert list(report.rows()) == []
    assert report.refused == {"tradeline": 1}


def test_a_collection_names_its_original_creditor():
    bent = tree()
    bent["TradeLinePartition"] |= {"accountTypeSymbol": "Y", "accountTypeDescription": "Collection"}
    tradeline(bent)["CollectionTrade"] = {"originalCreditor": "NORTHSTAR WIRELESS"}
    row = only_row(bent)
    assert (row.is_collection, row.original_creditor) == (True, "NORTHSTAR WIRELESS")


def test_unknown_symbols_are_other_and_never_guessed():
    bent = tree()
    tradeline(bent)["AccountCondition"] = {"symbol": "Z", "description": "Zany"}
    tradeline(bent)["PayStatus"] = {"symbol": "Q"}
    row = only_row(bent)
    assert (row.condition, row.printed["condition"], row.pay_status) == (Condition.OTHER, "Zany", None)


def test_one_month_may_stand_alone_and_repeated_months_count_once():
    bent = tree()
    grid = tradeline(bent)["GrantedTrade"]["PayStatusHistory"]
    grid["MonthlyPayStatus"] = {"date": "2025-12-01", "status": 9}
    assert only_row(bent).history == months("2025-12", "9")
    grid["MonthlyPayStatus"] = [{"date": "2025-12-01", "status": "C"}, {"date": "2025-12-31", "status": "1"}]
    assert only_row(bent).history == months("2025-12", "C")


@pytest.mark.parametrize(
    "months_given",
    [
        [{"date": "soon", "status": "C"}],
        [{"date": "2025", "status": "C"}],
        ["C"],
        [{"date": "2025-01"}] * (MAX_MONTHS + 1),
    ],
)
def test_a_grid_that_is_none_is_refused(months_given):
    bent = tree()
    tradeline(bent)["GrantedTrade"]["PayStatusHistory"]["MonthlyPayStatus"] = months_given
    with pytest.raises(UnreadableReport) as refusal:
        parse(raw(bent))
    assert "monthlyPayStatus" in refusal.value.place


def test_more_accounts_than_anybody_has_are_refused():
    bent = tree()
    bent["TradeLinePartition"] = {"Tradeline": [{"bureau": "Equifax"}] * (MAX_TRADELINES + 1)}
    with pytest.raises(UnreadableReport, match="5000 tradelines"):
        parse(raw(bent))


def test_rows_of_one_partition_stay_one_account():
    bent = tree()
    other = {**tradeline(bent), "bureau": "Experian"}
    bent["TradeLinePartition"]["Tradeline"] = [tradeline(bent), other]
    [account] = parse(raw(bent)).tradelines
    assert [(row.ref, row.bureau) for row in account.reporting] == [("1.1", Bureau.EQUIFAX), ("1.2", Bureau.EXPERIAN)]


@pytest.mark.parametrize(
    ("bend", "called", "printed"),
    [
        ({}, False, None),
        ({"IndustryCode": {"symbol": "M", "description": "Medical/Health Care"}}, True, "Medical/Health Care"),
        ({"CollectionTrade": {"creditType": {"symbol": "MD", "description": "Medical debt"}}}, True, "Medical debt"),
        ({"creditorName": "BRIGHTWATER MEDICAL CENTER"}, False, None),
    ],
)
def test_a_debt_is_medical_when_its_kind_or_industry_says_so(bend, called, printed):
    bent = tree()
    tradeline(bent).update(bend)
    [row] = parse(raw(bent)).rows()
    assert (row.medical, row.printed.get("medical")) == (called, printed)
