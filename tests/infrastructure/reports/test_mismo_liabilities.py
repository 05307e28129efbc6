"""Accounts as MISMO prints them, and the traps that lie in them."""

from collections import Counter

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import AccountType, Condition, Designator, OpenClosed, PaymentLevel
from infrastructure.reports import UnreadableReport, parse
from infrastructure.reports.cursor import Cursor, Tally
from infrastructure.reports.mismo_liabilities import read_liabilities
from infrastructure.reports.truelink_tradelines import MAX_MONTHS, MAX_TRADELINES
from tests.support.mismo import as_json, as_xml, liability, response
from tests.support.reports import day, months

EQUIFAX, EXPERIAN, TRANSUNION = (
    {"@_SourceType": name, "@_SubscriberCode": name[:3]} for name in ("Equifax", "Experian", "TransUnion")
)


def report_of(**bends):
    bent = response()
    liability(bent).update({(name if name.isupper() else f"@{name}"): value for name, value in bends.items()})
    return parse(as_json(bent))


def only_row(**bends):
    [row] = report_of(**bends).rows()
    return row


@pytest.mark.parametrize("encoded", [as_json, as_xml])
def test_every_field_is_typed_and_quotable(encoded):
    [row] = parse(encoded(response())).rows()
    assert (row.bureau, row.account_type, row.condition) == (Bureau.EQUIFAX, AccountType.REVOLVING, Condition.OPEN)
    assert (row.open_closed, row.pay_status, row.worst_pay_status) == (OpenClosed.OPEN, PaymentLevel.CURRENT, None)
    assert (row.designator, row.dispute_flag, row.medical) == (Designator.INDIVIDUAL, False, None)
    assert (row.balance, row.high_balance, row.credit_limit, row.past_due) == (500_00, 900_00, 2_000_00, 0)
    assert (row.opened, row.last_payment) == (day("2019-03-04"), day("2025-12-01"))
    assert (row.late_30, row.late_60, row.late_90, row.term_months) == (1, 0, None, 12)
    assert row.remarks == ("Closed by consumer",)
    assert row.history == months("2025-12", "C1U")
    assert (row.creditor_name, row.subscriber_code) == ("FIRST QUARRY BANK", "682BB1")
    assert (row.account_number, row.account_masked) == ("XXXXXXXX4321", "****4321")
    assert (row.printed["balance"], row.printed["pay_status"]) == ("500", "AsAgreed")
    assert "4321" not in str(row.printed)


def test_a_month_keeps_its_precision():
    assert report_of().tradelines[0].reporting[0].reported == day("2025-12")
    assert only_row(_FirstDelinquencyDate="2021", _ChargeOffDate="2021-09").charged_off_on == day("2021-09")


def test_absent_is_not_zero():
    row = only_row(_UnpaidBalanceAmount="", _PastDueAmount="-", _TermsMonthsCount=None)
    assert (row.balance, row.past_due, row.monthly_payment, row.term_months) == (None, None, None, None)
    assert (row.charge_off_amount, row.first_delinquency, row.verified, row.past_due_since) == (None,) * 4


def test_the_date_of_last_activity_is_not_the_last_payment():
    assert only_row(LastPaymentDate=None).last_payment is None


def test_a_charge_off_has_its_date_amount_and_first_delinquency():
    row = only_row(
        _ChargeOffDate="2022-03-01", _ChargeOffAmount="1234.50", _FirstDelinquencyDate="2021-09",
        _CURRENT_RATING={"@_Type": "ChargeOff"},
    )  # fmt: skip
    assert (row.charged_off_on, row.charge_off_amount, row.first_delinquency) == (
        day("2022-03-01"), 1234_50, day("2021-09"),
    )  # fmt: skip
    assert (row.pay_status, row.is_charged_off, row.is_collection) == (PaymentLevel.CHARGE_OFF, True, False)


@pytest.mark.parametrize(
    ("rating", "indicator", "level"),
    [
        (None, "Y", PaymentLevel.CHARGE_OFF),
        (None, "N", None),
        ({"@_Type": "AsAgreed"}, "Y", PaymentLevel.CURRENT),
        ({"@_Type": "TooNew"}, "Y", None),
    ],
)
def test_the_indicator_of_a_charge_off_counts_where_no_rating_is_printed(rating, indicator, level):
    assert only_row(_CURRENT_RATING=rating, IsChargeoffIndicator=indicator).pay_status is level


def test_a_collection_is_told_by_its_indicator_and_names_its_original_creditor():
    row = only_row(IsCollectionIndicator="Y", _AccountType="Open", _OriginalCreditorName="NORTHSTAR WIRELESS")
    assert (row.is_collection, row.original_creditor) == (True, "NORTHSTAR WIRELESS")
    assert row.printed["original_creditor"] == "NORTHSTAR WIRELESS"


def test_a_medical_line_of_business_makes_it_a_medical_debt():
    assert only_row(CreditBusinessType="MedicalAndHealth").medical is True
    assert only_row(CreditBusinessType="PersonalServicesNotMedical").medical is None


@pytest.mark.parametrize(
    ("rating", "level"),
    [
        ({"@_Code": "1", "@_Type": "AsAgreed"}, PaymentLevel.CURRENT),
        ({"@_Code": "1"}, PaymentLevel.CURRENT),
        ({"@_Code": "02"}, PaymentLevel.LATE_30),
        ({"@_Code": "1", "@_Type": "Late30Days"}, PaymentLevel.LATE_30),
        ({"@_Code": "6", "@_Type": "LateOver120Days"}, PaymentLevel.LATE_120),
        ({"@_Code": "8"}, PaymentLevel.DEROGATORY),
        ({"@_Code": "9", "@_Type": "CollectionOrChargeOff"}, PaymentLevel.CHARGE_OFF),
        ({"@_Code": "1", "@_Type": "NoDataAvailable"}, None),
        ({"@_Code": "U"}, None),
        ({}, None),
    ],
)
def test_a_rating_is_not_read_on_the_scale_of_the_pattern(rating, level):
    row = only_row(_CURRENT_RATING=rating, _PAYMENT_PATTERN={"@_Data": "12", "@_StartDate": "2025-12"})
    assert row.pay_status is level
    assert row.history == months("2025-12", "12")


def test_a_code_of_another_scale_is_left_unread():
    bent = response() | {"@CreditRatingCodeType": "Experian"}
    liability(bent)["_CURRENT_RATING"] = {"@_Code": "1"}
    assert next(parse(as_json(bent)).rows()).pay_status is None


def test_a_row_naming_several_repositories_belongs_to_none():
    report = report_of(CREDIT_REPOSITORY=[EQUIFAX, EXPERIAN])
    assert list(report.rows()) == []
    assert report.refused == {"tradeline": 1}


def test_a_row_without_a_repository_is_refused_and_counted():
    report = report_of(CREDIT_REPOSITORY=None)
    assert list(report.rows()) == []
    assert report.refused == {"tradeline": 1}


def test_a_row_that_points_to_another_bureaus_file_belongs_to_none():
    bent = response()
    bent["CREDIT_FILE"] = [bent["CREDIT_FILE"], {"@CreditFileID": "RA01", "@CreditRepositorySourceType": "Experian"}]
    liability(bent)["@CreditFileID"] = "RA01"
    assert parse(as_json(bent)).refused == {"tradeline": 1}
    liability(bent)["@CreditFileID"] = "RA01 EA01"
    assert [row.bureau for row in parse(as_json(bent)).rows()] == [Bureau.EQUIFAX]


def stacked(*repositories, account="b066"):
    bent = response()
    bent["CREDIT_LIABILITY"] = [
        {**liability(bent), "@CreditFileID": None, "@ArrayAccountIdentifier": account, "CREDIT_REPOSITORY": repository}
        for repository in repositories
    ]
    return parse(as_json(bent))


def test_rows_are_one_account_where_the_source_says_so():
    [account] = stacked([EQUIFAX, EXPERIAN], EQUIFAX, EXPERIAN).tradelines
    assert [(row.ref, row.bureau) for row in account.reporting] == [("1.1", Bureau.EQUIFAX), ("1.2", Bureau.EXPERIAN)]
    alone = stacked(EQUIFAX, EXPERIAN, account=None)
    assert [(row.ref, row.bureau) for row in alone.rows()] == [("1.1", Bureau.EQUIFAX), ("2.1", Bureau.EXPERIAN)]


def test_a_summary_of_rows_that_follow_is_counted_apart_from_rows_that_are_lost():
    assert stacked([EQUIFAX, EXPERIAN], EQUIFAX, EXPERIAN).refused == {"tradeline_summary": 1}
    assert stacked([EQUIFAX, EXPERIAN, TRANSUNION], EQUIFAX, EXPERIAN).refused == {"tradeline": 1}
    assert stacked([EQUIFAX, EXPERIAN], EQUIFAX, EXPERIAN, account=None).refused == {"tradeline": 1}


def test_what_another_bureau_remarked_is_not_this_ones():
    remarks = [
        {"@_SourceType": "Equifax", "@_Type": "BureauRemarks", "_Text": "OURS"},
        {"@_SourceType": "Experian", "@_Type": "StatusCode", "_Text": "THEIRS"},
        {"@_SourceType": "CreditBureau", "@_Type": "BureauRemarks", "_Text": "NOBODY'S"},
        {"@_SourceType": "Equifax", "@_Type": "Other", "@_TypeOtherDescription": "TrendedData", "_Text": "x" * 9_000},
    ]
    assert only_row(CREDIT_COMMENT=remarks).remarks == ("OURS", "NOBODY'S")


@pytest.mark.parametrize(
    ("pattern", "history"),
    [
        ({"@_Data": " C", "@_StartDate": "2025-12-20"}, months("2025-12", "UC")),
        ({"@_Data": "c6Nx-9", "@_StartDate": "2025-02"}, months("2025-02", "C6UUU9")),
        ({"@_Data": 111, "@_StartDate": "2025-02"}, months("2025-02", "111")),
        ({"@_Data": "CCC", "@_StartDate": "2025"}, ()),
        ({"@_Data": "CCC"}, ()),
        ({"@_StartDate": "2025-02"}, ()),
    ],
)
def test_a_pattern_runs_back_from_its_month_and_every_sign_is_a_month(pattern, history):
    assert only_row(_PAYMENT_PATTERN=pattern).history == history


@pytest.mark.parametrize("data", ["C" * (MAX_MONTHS + 1), ["C", "C"], {"a": "b"}])
def test_a_pattern_that_is_none_is_refused(data):
    with pytest.raises(UnreadableReport) as refusal:
        report_of(_PAYMENT_PATTERN={"@_Data": data, "@_StartDate": "2025-02"})
    assert refusal.value.place.startswith("/CREDIT_RESPONSE/CREDIT_LIABILITY/0/_PAYMENT_PATTERN/0/_Data")


def test_words_nobody_knows_are_other_and_never_guessed():
    row = only_row(
        _AccountStatusType="Frozen", _AccountOwnershipType="JointParticipating", _AccountType="UnknownOrUnavailable",
        IsClosedIndicator="Y",
    )  # fmt: skip
    assert (row.condition, row.designator, row.account_type) == (Condition.OTHER, Designator.OTHER, AccountType.OTHER)
    assert row.open_closed is OpenClosed.CLOSED


def test_the_vendors_handle_is_only_transunions():
    assert only_row(TUI_Handle="TR01").handle is None
    assert only_row(TUI_Handle="TR01", CreditFileID=None, CREDIT_REPOSITORY=TRANSUNION).handle == "TR01"


def test_more_accounts_than_anybody_has_are_refused():
    rows = [{"_AccountType": "Open"}] * (MAX_TRADELINES + 1)
    with pytest.raises(UnreadableReport, match="5000 tradelines"):
        read_liabilities(Cursor({"CREDIT_LIABILITY": rows}, "", Tally()), {}, Counter())
    refused = Counter()
    assert read_liabilities(Cursor({"CREDIT_LIABILITY": rows[1:]}, "", Tally()), {}, refused) == ()
    assert refused == {"tradeline": MAX_TRADELINES}
