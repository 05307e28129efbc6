"""Bankruptcies: how long they may be shown, and what they do to accounts."""

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import PaymentLevel, PublicRecord
from domain.findings.bankruptcy import is_bankruptcy
from tests.support.findings import found
from tests.support.reports import collection, day, ghost, report, row

E = Bureau.EQUIFAX
INCLUDED = ("Included in Chapter 7 bankruptcy",)


def record(filed="2021-03-01", bureau=E, kind="Chapter 7 bankruptcy", status="Discharged", classification="Bankruptcy"):
    return PublicRecord(
        bureau=bureau,
        classification=classification,
        kind=kind,
        status=status,
        filed=day(filed) if filed else None,
    )


def seen(identifier, *rows, records=None):
    shown = (record(),) if records is None else tuple(records)
    return found(identifier, of=report(*rows).model_copy(update={"public_records": shown}))


@pytest.mark.parametrize(
    ("filed", "kind", "expected"),
    [
        ("2016-01-04", "Chapter 7 bankruptcy", "dispute"),
        ("2016-01-05", "Chapter 7 bankruptcy", None),
        ("2015-12", "Chapter 7 bankruptcy", "dispute"),
        ("2016-01", "Chapter 7 bankruptcy", None),
        ("2015", "Chapter 7 bankruptcy", "dispute"),
        ("2016", "Chapter 7 bankruptcy", None),
        (None, "Chapter 7 bankruptcy", None),
        ("2019-01-04", "Chapter 13 bankruptcy", "inform"),
        ("2019-01-05", "Chapter 13 bankruptcy", None),
        ("2019-01-04", "Chapter 7 bankruptcy", None),
        ("2015-01-04", "Chapter 13 bankruptcy", "dispute"),
    ],
)
def test_ten_years_are_over_for_certain_or_nothing_is_said(filed, kind, expected):
    findings = seen("D03", records=(record(filed, kind=kind),))
    told = [None if not findings else "inform" if findings[0].informational else "dispute"]
    assert told == [expected]


def test_an_old_judgment_is_no_bankruptcy():
    judgment = record("2010-01-01", kind="Civil judgment", classification="Judgment")
    assert not is_bankruptcy(judgment)
    assert seen("D03", records=(judgment,)) == []


def test_the_old_bankruptcy_is_quoted_as_printed():
    [finding] = seen("D03", records=(record("2014-02-03"),))
    assert finding.bureaus == (E,)
    assert finding.assertable == (
        "Equifax reports a bankruptcy (Chapter 7 bankruptcy) filed on 2014-02-03; ten years from that date ended no "
        "later than 2024-02-03, and it is still reported."
    )
    assert [value.printed for value in finding.values] == ["Chapter 7 bankruptcy", "Discharged", "2014-02-03"]


@pytest.mark.parametrize(
    ("facts", "is_found"),
    [
        ({"remarks": INCLUDED}, True),
        ({"remarks": INCLUDED, "balance": 0, "past_due": 10_00}, True),
        ({"remarks": INCLUDED, "balance": 0, "past_due": 0}, False),
        ({"remarks": INCLUDED, "balance": None, "past_due": None}, False),
        ({"remarks": ("Not included in bankruptcy",)}, False),
        ({"remarks": ("Debt reaffirmed, included in Chapter 7 bankruptcy",)}, False),
        ({"remarks": ("Bankruptcy petition filed",)}, False),
        ({"remarks": ()}, False),
    ],
)
def test_an_included_account_owes_nothing(facts, is_found):
    assert bool(seen("D34", row(**facts))) is is_found


@pytest.mark.parametrize(
    "records", [(), (record(status="Dismissed"),), (record(status="Filed"),), (record(status="Not discharged"),)]
)
def test_without_a_discharge_nothing_is_zeroed(records):
    assert seen("D34", row(remarks=INCLUDED), records=records) == []


def test_what_another_bureau_calls_included_is_no_plain_charge_off():
    silent = {"pay_status": PaymentLevel.CHARGE_OFF, "remarks": ("Charged off",)}
    zeroed = row(Bureau.EXPERIAN, remarks=INCLUDED, balance=0, past_due=0)
    [finding] = seen("D34", row(**silent), zeroed)
    assert finding.bureaus == (E,)
    assert 'while another bureau reports it with the remark "Included in Chapter 7 bankruptcy"' in finding.assertable
    assert {ask.field for ask in finding.asks} == {"remarks", "balance", "pay_status"}
    assert all(ask.unstated for ask in finding.asks)
    assert len(seen("D34", row(**silent, balance=0, past_due=0), zeroed)) == 1
    assert seen("D34", row(**silent)) == []
    assert seen("D34", row(balance=0, past_due=0), zeroed) == []
    assert seen("D34", collection(balance=0, past_due=0, pay_status=None), zeroed) == []


@pytest.mark.parametrize(
    ("remark", "filed", "is_found"),
    [
        ("Included in Chapter 7 bankruptcy", "2021-03-01", True),
        ("Included in bankruptcy of co-borrower", "2021-03-01", False),
        ("Included in Chapter 7 bankruptcy of another person", "2021-03-01", False),
        ("Included in Chapter 7 bankruptcy", "2019-02-28", False),
        ("Included in Chapter 7 bankruptcy", "2019-03", True),
        ("Included in Chapter 7 bankruptcy", None, True),
    ],
)
def test_only_the_consumers_own_case_and_what_was_open_when_it_was_filed_counts(remark, filed, is_found):
    assert bool(seen("D34", row(remarks=(remark,), opened="2019-03-04"), records=(record(filed),))) is is_found


def test_the_balances_asked_for_are_zero():
    [finding] = seen("D34", row(remarks=INCLUDED, past_due=20_00))
    assert [(ask.field, ask.expected) for ask in finding.asks] == [("balance", "0"), ("past_due", "0")]
    assert finding.assertable.endswith("; the report shows the bankruptcy itself as Discharged.")


@pytest.mark.parametrize(
    ("remark", "records", "is_found"),
    [
        ("Included in Chapter 7 bankruptcy", (), True),
        ("Bankruptcy chapter 13", (), True),
        ("Included in Chapter 7 bankruptcy", (record(bureau=Bureau.EXPERIAN),), False),
        ("Included in Chapter 7 bankruptcy", (record(kind="Civil judgment", classification="Judgment"),), True),
        ("Bankruptcy of co-borrower", (), False),
        ("Consumer's Chapter 7 bankruptcy, court confirmed", (), True),
        ("Bankruptcy dismissed", (), False),
        ("Charged off as bad debt", (), False),
    ],
)
def test_a_bankruptcy_that_no_bureau_shows_is_somebody_elses(remark, records, is_found):
    findings = seen("D35", collection(remarks=(remark,)), records=records)
    assert bool(findings) is is_found
    assert all(finding.needs_consumer_confirm for finding in findings)


def test_an_empty_column_says_nothing():
    empty = ghost(remarks=INCLUDED, past_due=90)
    assert seen("D35", empty, records=()) == []
    assert seen("D34", empty) == []
