"""Trades and collections as TransUnion prints them, trap by trap."""

import pytest

from domain.credit_reports import AccountType, BureauTradeline, Condition, Designator, OpenClosed, PaymentLevel
from infrastructure.reports import UnreadableReport
from infrastructure.reports.transunion import parse
from infrastructure.reports.transunion_trades import day_of, read_accounts
from tests.support.native import cursor, transunion_credit, transunion_raw, transunion_tree
from tests.support.reports import day


def read(kind: str, **changes: object) -> BureauTradeline:
    report = transunion_tree()
    transunion_credit(report)[kind] |= changes
    rows = list(parse(transunion_raw(report)).rows())
    return rows[0] if kind == "trade" else rows[1]


def history(start: object, text: str) -> dict[str, object]:
    return {"paymentPattern": {"startDate": start, "text": text}}


def test_a_trade_is_read_as_printed():
    row = read("trade")
    assert (row.creditor_name, row.account_masked, row.subscriber_code) == ("FIRST QUARRY BANK", "****4321", "0235061Z")
    assert (row.account_type, row.designator, row.pay_status) == (
        AccountType.REVOLVING, Designator.INDIVIDUAL, PaymentLevel.CURRENT,
    )  # fmt: skip
    assert (row.opened, row.reported, row.closed, row.last_payment) == (
        day("2019-03-04"), day("2025-12-20"), None, day("2025-12-01"),
    )  # fmt: skip
    assert (row.months_reviewed, row.late_30, row.late_60, row.term_months) == (33, 1, None, 72)


def test_zero_padded_amounts_and_absent_ones():
    row = read("trade")
    assert (row.balance, row.high_balance, row.credit_limit, row.monthly_payment) == (500_00, 900_00, 2000_00, 25_00)
    assert row.past_due == 0
    assert row.printed["balance"] == "000000500"
    assert read("trade", pastDue=None).past_due is None


def test_the_pattern_starts_in_its_own_month_newest_first():
    assert [(cell.month, cell.level.value) for cell in read("trade").history] == [
        ("2025-11", "current"),
        ("2025-10", "late_30"),
        ("2025-09", "not_reported"),
        ("2025-08", "late_120"),
    ]


def test_a_pattern_does_not_need_to_start_at_the_report():
    row = read("trade", paymentHistory=history("2020-02-29", "1" * 14))
    assert (row.history[0].month, row.history[-1].month, len(row.history)) == ("2020-02", "2019-01", 14)
    assert read("trade", paymentHistory=None).history == ()


@pytest.mark.parametrize(
    ("start", "text", "place"),
    [(None, "11", "startDate"), ("2025", "11", "startDate"), ("2025-13-01", "11", "startDate"),
     ("2025-11-20", "1 1", "text")],
)  # fmt: skip
def test_a_pattern_that_cannot_be_placed_is_refused_with_its_place(start, text, place):
    with pytest.raises(UnreadableReport) as refusal:
        read("trade", paymentHistory=history(start, text))
    assert refusal.value.place.endswith(f"/trade/0/paymentHistory/0/paymentPattern/0/{place}")


@pytest.mark.parametrize(
    ("rating", "level"),
    [("01", "current"), ("02", "late_30"), ("05", "late_120"), ("07", "derogatory"), ("8a", "derogatory"),
     ("09", "charge_off"), ("9P", "charge_off"), ("00", None), ("UR", None), (None, None)],
)  # fmt: skip
def test_ratings(rating, level):
    found = read("trade", accountRating=rating).pay_status
    assert (found and found.value) == level


def test_an_account_rated_as_a_collection_is_one():
    row = read("trade", accountRating="9B")
    assert (row.account_type, row.pay_status) == (AccountType.COLLECTION, PaymentLevel.CHARGE_OFF)


@pytest.mark.parametrize(
    ("portfolio", "kind"),
    [("installment", "installment"), ("mortgage", "mortgage"), ("open", "open"), ("lineOfCredit", "revolving"),
     ("x", "other")],
)  # fmt: skip
def test_portfolio_types(portfolio, kind):
    row = read("trade", portfolioType=portfolio)
    assert (row.account_type, row.printed["account_type"]) == (kind, portfolio)


@pytest.mark.parametrize(
    ("owner", "designator"),
    [("jointContractLiability", "joint"), ("authorizedUser", "authorized_user"), ("coSigner", "co_maker"),
     ("primary", "maker"), ("terminated", "terminated"), ("deceased", "deceased"), ("participant", "other"),
     ("undesignated", "other"), ("4", "other")],
)  # fmt: skip
def test_designators(owner, designator):
    assert read("trade", ECOADesignator=owner).designator == designator
    assert read("trade", ECOADesignator=None).designator is None


def test_an_account_is_closed_only_where_it_says_when():
    assert (read("trade").open_closed, read("trade").condition) == (None, None)
    row = read("trade", dateClosed="2021-10-17")
    assert (row.open_closed, row.condition, row.closed) == (OpenClosed.CLOSED, Condition.CLOSED, day("2021-10-17"))


def test_an_estimated_day_is_not_kept():
    assert read("trade", dateOpened={"@estimatedDay": "true", "$": "2019-03-01"}).opened == day("2019-03")


def test_remark_codes_are_kept_as_printed_and_decide_nothing():
    remarks = [
        {"code": "CLO"},
        {"code": "CLO"},
        {"code": "AID", "description": "ACCT IN DISPUTE"},
        {"type": "affiliate"},
    ]
    row = read("trade", remark=remarks)
    assert row.remarks == ("CLO", "ACCT IN DISPUTE")
    assert (row.dispute_flag, row.open_closed) == (None, None)


def test_a_collection_has_its_original_creditor_and_amount():
    row = read("collection")
    assert (row.creditor_name, row.original_creditor) == ("MIDVALE RECOVERY", "NORTHSTAR WIRELESS")
    assert (row.account_type, row.balance, row.high_balance) == (AccountType.COLLECTION, 400_00, 400_00)
    assert row.first_delinquency is None


def test_a_sold_trade_keeps_its_own_high_credit():
    original = {"balance": "000000777", "chargeOff": "000000300", "creditGrantor": {"unparsed": "COPPERFIELD"}}
    row = read("trade", additionalTradeAccount={"original": original})
    assert (row.high_balance, row.charge_off_amount, row.original_creditor) == (900_00, 300_00, "COPPERFIELD")


@pytest.mark.parametrize(("months", "term"), [("MIN", None), ("360", 360), ("99999", None)])
def test_terms(months, term):
    assert read("trade", terms={"paymentScheduleMonthCount": months}).term_months == term


def test_accounts_are_read_in_their_order_and_strange_fields_are_counted():
    names = [row["creditor_name"] for row in read_accounts(cursor(transunion_credit(transunion_tree())))]
    assert names == ["FIRST QUARRY BANK", "MIDVALE RECOVERY"]
    report = transunion_tree()
    before = parse(transunion_raw(report)).unknown
    transunion_credit(report)["trade"] |= {"closedIndicator": "normal", "updateMethod": "automated"}
    after = parse(transunion_raw(report)).unknown
    assert (after.read, after.ignored) == (before.read, before.ignored + 2)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, "2020-05-17"),
        ({"estimatedDay": "true"}, "2020-05"),
        ({"estimatedMonth": "true", "estimatedDay": "true"}, "2020"),
        ({"estimatedMonth": "true"}, "2020"),
        ({"estimatedCentury": "true"}, "2020-05-17"),
    ],
)
def test_what_of_a_date_is_estimated_is_not_kept(said, expected):
    assert day_of(cursor({"d": {"$": "2020-05-17", **said}}), "d") == day(expected)


def test_a_date_whose_year_is_a_guess_is_none():
    assert day_of(cursor({"d": {"$": "2020-05-17", "estimatedYear": "true"}}), "d") is None
    assert day_of(cursor({}), "d") is None
    assert day_of(cursor({"d": "2020-05-17"}), "d") == day("2020-05-17")
    with pytest.raises(UnreadableReport, match="a date"):
        day_of(cursor({"d": "17.5.2020"}), "d")
