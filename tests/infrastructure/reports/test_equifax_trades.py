"""Trades and collections as Equifax prints them, trap by trap."""

import json

import pytest

from domain.credit_reports import AccountType, BureauTradeline, Condition, Designator, OpenClosed, PaymentLevel
from domain.reconciliation import canonical_text
from infrastructure.reports import UnreadableReport
from infrastructure.reports.equifax import parse
from infrastructure.reports.equifax_trades import read_collections, read_trades
from infrastructure.reports.truelink_tree import read_tree
from tests.support.native import cursor, equifax_raw, equifax_tree, grid_of
from tests.support.reports import day

ONE, LATE = {"code": "1"}, {"code": "2"}


def trade(**changes: object) -> BureauTradeline:
    report = equifax_tree()
    report["trades"][0] |= changes
    row, _ = parse(equifax_raw(report)).rows()
    return row


def collection(**changes: object) -> BureauTradeline:
    report = equifax_tree()
    report["collections"][0] |= changes
    _, row = parse(equifax_raw(report)).rows()
    return row


def levels(row: BureauTradeline) -> list[tuple[str, str]]:
    return [(cell.month, cell.level.value) for cell in row.history]


def test_a_trade_is_read_as_printed():
    row = trade()
    assert (row.creditor_name, row.account_masked, row.subscriber_code) == (
        "FIRST QUARRY BANK",
        "****4321",
        "801ON00119",
    )
    assert (row.account_type, row.type_detail, row.designator) == (
        AccountType.REVOLVING,
        "Credit Card",
        Designator.INDIVIDUAL,
    )
    assert (row.balance, row.high_balance, row.credit_limit, row.past_due) == (500_00, 900_00, 2000_00, None)
    assert (row.pay_status, row.condition, row.open_closed) == (PaymentLevel.CURRENT, None, None)
    assert (row.months_reviewed, row.term_months, row.late_30, row.late_60) == (52, 12, 1, None)
    assert row.printed["pay_status"] == "Pays account as agreed"
    assert "account_number" not in row.printed


def test_day_zero_keeps_the_month_and_no_more():
    assert trade().opened == day("2019-03")
    assert trade(dateOpened="00002019").opened == day("2019")
    assert trade(dateOpened="03042019").opened == day("2019-03-04")
    assert trade(dateOpened=3042019).opened == day("2019-03-04")
    assert trade(dateOpened="00000000").opened is None


def test_the_history_counts_back_from_the_month_before_the_report():
    assert levels(trade()) == [
        ("2025-11", "current"),
        ("2025-10", "current"),
        ("2025-09", "late_30"),
        ("2025-08", "not_reported"),
    ]


def test_the_separator_is_no_month_and_a_blank_is_no_cell():
    row = trade(paymentHistory1to24=[ONE] * 12 + [{"code": "/"}] + [LATE, {"code": " "}, {}, None, {"code": "3"}])
    months = grid_of(row)
    assert len(months) == 14
    assert (months["2024-12"], months["2024-11"], months["2024-07"]) == (
        PaymentLevel.CURRENT, PaymentLevel.LATE_30, PaymentLevel.LATE_60,
    )  # fmt: skip


def test_later_pieces_keep_their_months_when_an_earlier_one_is_short():
    row = trade(paymentHistory1to24=[ONE], paymentHistory25to36=[LATE], paymentHistory37to48={"code": "3"})
    assert levels(row) == [("2025-11", "current"), ("2023-11", "late_30"), ("2022-11", "late_60")]


def test_a_history_printed_as_bare_codes_is_read_alike():
    assert levels(trade(paymentHistory1to24=["1", "/", "2"])) == [("2025-11", "current"), ("2025-10", "late_30")]
    assert trade(paymentHistory1to24=None, **{"24MonthPaymentHistory": [LATE]}).history[0].month == "2025-11"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"dateReported": None}, "dateReported"),
        ({"dateReported": "00002025"}, "dateReported"),
        ({"paymentHistory1to24": [ONE] * 25}, "paymentHistory1to24"),
        ({"paymentHistory37to48": [ONE] * 13}, "paymentHistory37to48"),
        ({"paymentHistory1to24": [[ONE]]}, "paymentHistory1to24"),
        ({"paymentHistory1to24": [{"code": {"code": "1"}}]}, "paymentHistory1to24"),
        ({"dateOpened": "13012020"}, "dateOpened"),
        ({"dateOpened": "2020-01-01"}, "dateOpened"),
        ({"previousHighRate1": 2, "previousHighDate1": "00002019"}, "previousHighDate1"),
        ({"narrativeCodes": [["FE"]]}, ""),
    ],
)
def test_a_history_that_cannot_be_placed_is_refused_with_its_place(changes, place):
    with pytest.raises(UnreadableReport) as refusal:
        trade(**changes)
    assert refusal.value.place.endswith(f"/trades/0/{place}".rstrip("/"))


def test_late_months_before_the_history_are_kept_too():
    row = trade(previousHighRate1=3, previousHighDate1="012019", previousHighRate2="9", previousHighDate2=52018,
                previousHighRate3=2, previousHighDate3="092025")  # fmt: skip
    assert levels(row)[-2:] == [("2019-01", "late_60"), ("2018-05", "charge_off")]
    assert ("2025-09", "late_30") in levels(row)
    assert len(row.history) == 6


@pytest.mark.parametrize(
    ("rate", "level"),
    [(0, None), (1, "current"), (2, "late_30"), (3, "late_60"), (4, "late_90"), (5, "late_120"), (6, "charge_off"),
     (7, "derogatory"), (8, "derogatory"), (9, "charge_off"), ("M", None)],
)  # fmt: skip
def test_rates(rate, level):
    found = trade(rate={"code": rate, "description": "words"})
    assert (found.pay_status and found.pay_status.value, found.printed["pay_status"]) == (level, "words")
    assert trade(rate=None, rateStatusCode={"code": str(rate)}).pay_status == found.pay_status


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("R", "revolving"),
        ("I", "installment"),
        ("M", "mortgage"),
        ("O", "open"),
        ("C", "revolving"),
        ("Q", "revolving"),
    ],
)
def test_portfolio_types_and_the_account_type_where_they_are_silent(code, kind):
    assert trade(portfolioTypeCode={"code": code}).account_type == kind


def test_a_collection_agency_among_the_trades_is_a_collector():
    row = trade(
        accountTypeCode={"code": "48", "description": "Collection Agency/Attorney"}, portfolioTypeCode={"code": "O"}
    )
    assert row.account_type is AccountType.COLLECTION
    assert trade(accountTypeCode={"code": "zz"}, portfolioTypeCode=None).account_type is AccountType.OTHER


@pytest.mark.parametrize(
    ("code", "designator"),
    [("I", "individual"), ("J", "joint"), ("A", "authorized_user"), ("C", "co_maker"), ("M", "maker"),
     ("T", "terminated"), ("X", "deceased"), ("S", "other"), ("B", "other"), ("U", "other"),
     ("0", "other"), ("4", "other"), ("6", "other")],
)  # fmt: skip
def test_designators(code, designator):
    assert trade(accountDesignator={"code": code, "description": "words"}).designator == designator


def test_no_designator_is_not_other():
    assert trade(accountDesignator=None).designator is None


@pytest.mark.parametrize(
    ("code", "closed_on", "condition", "shown"),
    [("B", None, Condition.PAID, OpenClosed.CLOSED), ("P", None, Condition.PAID, None),
     ("T", "06002024", Condition.TRANSFERRED, OpenClosed.CLOSED), ("?", None, Condition.OTHER, None),
     (None, "06002024", None, OpenClosed.CLOSED), (None, None, None, None)],
)  # fmt: skip
def test_an_account_is_closed_only_where_it_says_so(code, closed_on, condition, shown):
    row = trade(activityDesignatorCode=code and {"code": code, "description": "w"}, closedDate=closed_on)
    assert (row.condition, row.open_closed) == (condition, shown)


def test_the_date_of_the_status_is_no_date_of_first_delinquency():
    row = trade(rate={"code": 9}, dateMajorDelinquencyFirstReported="02002019", originalChargeOffAmount=196)
    assert (row.first_delinquency, row.status_date, row.charge_off_amount) == (None, day("2019-02"), 196_00)


def test_narratives_are_printed_words_and_decide_nothing():
    row = trade(
        narrativeCodes=[
            {"code": "FA", "description": "CLOSED OR PAID ACCOUNT/ZERO BALANCE"},
            {"code": "XX"},
            "YY",
            None,
        ]
    )
    assert row.remarks == ("CLOSED OR PAID ACCOUNT/ZERO BALANCE", "XX", "YY")
    assert (row.open_closed, row.condition, row.dispute_flag) == (None, None, None)


@pytest.mark.parametrize(("code", "months"), [("012M", 12), ("30Y", 360), ("90D", None), ("REV", None)])
def test_terms(code, months):
    assert trade(termsDurationCode={"code": code}).term_months == months


def test_only_the_original_creditor_is_one():
    assert (
        trade(purchasedFromOrSoldCreditorIndicator={"code": "O"}, purchasedFromOrSoldCreditorName="A").original_creditor
        == "A"
    )
    assert (
        trade(purchasedFromOrSoldCreditorIndicator={"code": "S"}, purchasedFromOrSoldCreditorName="A").original_creditor
        is None
    )


def test_a_collection_has_its_agency_its_creditor_and_its_first_delinquency():
    row = collection()
    assert (row.creditor_name, row.original_creditor) == ("MIDVALE RECOVERY", "NORTHSTAR WIRELESS")
    assert (row.opened, row.first_delinquency) == (day("2024-02-10"), day("2023-08-15"))
    assert (row.balance, row.high_balance, row.medical, row.pay_status) == (400_00, 400_00, True, None)
    assert row.printed["pay_status"] == "Unpaid"
    assert collection(customerNumber="1").creditor_name is None
    assert collection(creditorClassificationCode=None).medical is None


def test_fields_nobody_reads_are_counted():
    report = equifax_tree()
    before = parse(equifax_raw(report)).unknown
    report["trades"][0] |= {"automatedUpdateIndicator": "*", "lastActivityDate": "032022"}
    after = parse(equifax_raw(report)).unknown
    assert (after.read, after.ignored) == (before.read, before.ignored + 2)


def test_accounts_are_read_in_their_order():
    tree, _ = read_tree(json.dumps(equifax_tree()).encode())
    assert [row["creditor_name"] for row in read_trades(cursor(tree))] == ["FIRST QUARRY BANK"]
    assert [row["subscriber_code"] for row in read_collections(cursor(tree), {})] == ["910YC00001"]
    assert canonical_text(trade(), "opened") == "2019-03"
