"""Dates of first delinquency: printed before inferred, and never later than they were."""

from datetime import date

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import Condition, PaymentLevel, ReportFormat
from domain.findings.delinquency import reaged_dofd_between_pulls
from domain.findings.registry import Scan
from tests.support.findings import found
from tests.support.reports import PULLED_ON, collection, months, report, row

EFX, EXP, TUC = Bureau.EQUIFAX, Bureau.EXPERIAN, Bureau.TRANSUNION
CHARGED_OFF = {"pay_status": PaymentLevel.CHARGE_OFF}
MONTH_AGO = date(2025, 12, 6)


def since(before, now, *, pulled_on=MONTH_AGO):
    earlier = row(**before)
    return found("D04", row(**now), previous=report(earlier, pulled_on=pulled_on), earlier={"1.equifax": earlier})


def first(day, grid="", **fields):
    return {"first_delinquency": day, "history": months("2025-11", grid)} | fields


@pytest.mark.parametrize(
    ("before", "now", "confidence"),
    [
        (first("2025-03-14", "6" * 9), first("2025-03-15", "6" * 9), 92),
        (first("2025-03-14", "666654321"), first("2025-06-20", "666654321"), 92),
        (first("2025-03-14", "666654321"), first("2025-06-20", "666651CCC"), 92),
        (first("2025-03-14"), first("2025-06-20"), 75),
        (first("2025-03", "666U54321"), first("2025-09", "666U54321"), 75),
    ],
)
def test_a_printed_date_that_moved_later(before, now, confidence):
    [finding] = since(before, now)
    assert (finding.confidence, finding.needs_consumer_confirm) == (confidence, confidence == 75)
    assert f"with a date of first delinquency of {now['first_delinquency']};" in finding.assertable
    assert f"the report of 2025-12-06 showed it with a date of first delinquency of {before['first_delinquency']}" in (
        finding.assertable
    )
    assert [(ask.field, ask.unstated) for ask in finding.asks] == [("first_delinquency", True)]
    assert [(value.row, value.printed) for value in finding.values] == [
        ("1.equifax", now["first_delinquency"]),
        (None, before["first_delinquency"]),
    ]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (first("2025-03-14"), first("2025-03-14")),
        (first("2025-03-14"), first("2025-03")),
        (first("2025-03"), first("2025-03-31")),
        (first("2025-03-14"), first("2025-02-01")),
        (first("2025-03-14"), first(None)),
        (first(None), first("2025-03-14")),
        (first("2025-03-14", "66654C321"), first("2025-08-14", "66654C321")),
        (first("2025-03-14"), first("2025-08-14", "4321CCCCC")),
    ],
)
def test_a_date_that_stayed_or_moved_with_a_current_month_between(before, now):
    assert since(before, now) == []


@pytest.mark.parametrize(
    ("before", "now", "count"),
    [
        ("999654321CC", "999994321CC", 0),
        ("999654321CC", "999999321CC", 0),
        ("999654321CCC", "99954321CCCC", 0),
        ("999654321CCC", "9954321CCCCC", 1),
        ("999999999", "999654321CC", 0),
        ("999654321", "9954321CCCCC", 1),
        ("CCC", "999654321CC", 0),
    ],
)
def test_grids_of_charge_offs_are_compared_where_no_date_is_printed(before, now, count):
    seen = since(first(None, before, **CHARGED_OFF), first(None, now, **CHARGED_OFF))
    assert len(seen) == count
    for finding in seen:
        assert (finding.confidence, finding.needs_consumer_confirm) == (75, True)
        assert "late months and no current one since 2025-05" in finding.assertable
    late = {"pay_status": PaymentLevel.LATE_60}
    assert since(first(None, before, **late), first(None, now, **late)) == [], "inferred for charge-offs only"


def test_a_collectors_opening_is_no_date_of_delinquency_to_move_from():
    before, now = collection(), collection(first_delinquency="2025-01-01")
    assert found("D04", now, previous=report(before, pulled_on=MONTH_AGO), earlier={now.ref: before}) == []


def test_rows_are_compared_only_where_they_were_matched_and_only_with_an_older_pull():
    before, now = first("2025-03-14"), first("2025-06-20")
    assert len(since(before, now)) == 1
    assert since(before, now, pulled_on=PULLED_ON) == []
    assert found("D04", row(**now), previous=report(row(**before), pulled_on=MONTH_AGO)) == []
    assert (
        list(reaged_dofd_between_pulls(Scan(report(row(**now)), PULLED_ON, earlier={"1.equifax": row(**before)}))) == []
    )


@pytest.mark.parametrize(
    ("opened", "printed", "confidence"),
    [
        ("2024-02-10", "2024-02-10", 88),
        ("2024-02", "2024-02", 75),
        ("2024-02-10", "2024-02-11", 70),
        ("2024-02", "2024-03", 70),
        ("2024-02-10", "2024-02-09", None),
        ("2024-02-10", "2024-02", None),
        ("2024", "2024", None),
        ("2024-02-10", None, None),
        (None, "2024-02-10", None),
    ],
)
def test_a_debt_is_late_before_it_is_collected(opened, printed, confidence):
    seen = found("D06", collection(opened=opened, first_delinquency=printed))
    assert [finding.confidence for finding in seen] == ([] if confidence is None else [confidence])
    assert all(finding.needs_consumer_confirm == (confidence == 70) for finding in seen)
    assert found("D06", row(opened=opened or "2024-02-10", first_delinquency=printed, **CHARGED_OFF)) == []


def test_a_buyer_that_shows_the_original_opening_is_right():
    bought = collection(
        group="2", opened="2019-03-04", original_creditor="FIRST QUARRY BANK", first_delinquency="2023-01-05"
    )
    assert len(found("D06", bought)) == 1
    sold = row(condition=Condition.TRANSFERRED, balance=0, high_balance=400_00, opened="2019-03-20", **CHARGED_OFF)
    assert found("D06", sold, bought) == []


def test_a_missing_date_is_told_where_the_section_prints_others():
    dated, missing = collection(first_delinquency="2023-01-05"), collection(group="2")
    [finding] = found("D07", dated, missing)
    assert (finding.group, finding.bureaus) == ("2", (EFX,))
    assert [ask.field for ask in finding.asks] == ["first_delinquency"]
    [charge_off] = found("D07", dated, row(group="2", **CHARGED_OFF))
    assert "as a charge-off and shows no date of first delinquency" in charge_off.assertable


@pytest.mark.parametrize(
    "rows",
    [
        (collection(), collection(group="2")),
        (collection(first_delinquency="2023-01-05"), row(group="2", pay_status=PaymentLevel.LATE_60)),
        (collection(first_delinquency="2023-01-05"), row(group="2")),
        (collection(EXP, first_delinquency="2023-01-05"), collection(EFX, group="2")),
    ],
)
def test_a_source_without_the_date_or_an_account_without_need_of_it_misses_nothing(rows):
    assert found("D07", *rows) == []


@pytest.mark.parametrize(("other", "count"), [("2023-02-05", 0), ("2023-02-06", 1), ("2022-12", 0), ("2022-11", 1)])
def test_bureaus_differ_by_more_than_a_month(other, count):
    seen = found("D08", collection(EFX, first_delinquency="2023-01-05"), collection(EXP, first_delinquency=other))
    assert len(seen) == count
    for finding in seen:
        assert [(ask.field, ask.unstated) for ask in finding.asks] == [("first_delinquency", True)]
        assert "as reported on 2025-12-20 (Equifax)" in finding.assertable
        assert "cannot all be right" not in finding.assertable


def test_a_bureau_that_prints_no_date_differs_from_none():
    rows = (
        collection(bureau, first_delinquency=day) for bureau, day in ((EFX, "2023-01-05"), (EXP, None), (TUC, None))
    )
    assert found("D08", *rows) == []


def test_dates_of_another_family_of_formats_are_not_compared():
    before, now = first("2025-03-14", "6" * 9), first("2025-06-20", "6" * 9)
    assert len(since(before, now)) == 1
    earlier = row(**before)
    for other, is_compared in ((ReportFormat.EQUIFAX_JSON, False), (ReportFormat.TRUELINK_CAMEL, True)):
        previous = report(earlier, pulled_on=MONTH_AGO).model_copy(update={"source_format": other})
        found_now = found("D04", row(**now), previous=previous, earlier={"1.equifax": earlier})
        assert bool(found_now) is is_compared
