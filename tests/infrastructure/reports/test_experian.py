"""Experian's own report: one bureau's file, the same accounts as in a merged report, and no harm from any input."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.bureaus import Bureau
from domain.credit_reports import Condition, PaymentLevel, ReportFormat
from infrastructure.reports import UnreadableReport, truelink
from infrastructure.reports.experian import PARSER_VERSION, parse
from infrastructure.sandbox.report_generator import EVERY_ERROR, generate
from tests.support.bending import anything, bends, bent, names_in
from tests.support.native import (
    AS_OF,
    DATES,
    EXACT,
    experian_raw,
    experian_tree,
    fields,
    grid_of,
    months_back,
    rows_of,
    same_file,
    survives,
)
from tests.support.reports import day

EXP = Bureau.EXPERIAN

SHOWN_BY_BOTH = {kind: None for kind in EVERY_ERROR if kind not in ("D16", "D28")}


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_it_has_the_same_accounts_as_the_merged_report(seed):
    own = parse(generate(seed, AS_OF, ReportFormat.EXPERIAN_JSON, SHOWN_BY_BOTH).raw)
    merged = truelink.parse(generate(seed, AS_OF, errors=SHOWN_BY_BOTH).raw)
    same_file(own, merged, EXP)
    for mine, other in zip(own.rows(EXP), rows_of(merged, EXP, collections_last=False), strict=True):
        carried = (*EXACT, *DATES, "original_creditor", "status_date", "open_closed", "pay_status")
        assert fields(mine, *carried) == fields(other, *carried)
        assert mine.condition == other.condition or other.condition is Condition.DEROGATORY
        known = {m: level for m, level in grid_of(other).items() if 0 <= months_back(other, m) < 84}
        assert grid_of(mine) == known


def test_a_report_says_when_it_was_pulled_and_by_what_it_was_read():
    report = parse(experian_raw(experian_tree()))
    assert (report.pulled_on, report.parser_version, report.source) == (AS_OF, PARSER_VERSION, "experian")
    assert report.source_format is ReportFormat.EXPERIAN_JSON
    silent = experian_tree() | {"headerRecord": [{"reportDate": "010526"}]}
    with pytest.raises(UnreadableReport, match="date of the report"):
        parse(experian_raw(silent))
    assert parse(experian_raw(silent), pulled_on=AS_OF).section(EXP).pulled_on == AS_OF


def test_the_person():
    (person,) = parse(experian_raw(experian_tree())).personal
    assert (person.names[0].last, person.ssns, person.birth_dates) == ("HOLLIS", ("900123456",), (day("1980-04-02"),))
    assert (person.addresses[0].street, person.addresses[0].postal_code) == ("12 MAPLE ST", "086081234")
    assert (person.employers[0].name, person.employers[0].reported) == ("CALDER FREIGHT", day("2023-05-01"))


@pytest.mark.parametrize(
    ("dob", "born"),
    [({"year": "1980"}, "1980"), ({"year": 1980, "month": 4, "day": 0}, "1980-04"),
     ({"year": "1980", "day": "4"}, "1980"),
     ({"month": "4"}, None)],
)  # fmt: skip
def test_a_birth_date_is_as_precise_as_its_parts(dob, born):
    report = experian_tree()
    report["consumerIdentity"]["dob"] = dob
    (person,) = parse(experian_raw(report)).personal
    assert person.birth_dates == ((day(born),) if born else ())


@pytest.mark.parametrize("dob", [{"year": "80x"}, {"year": "1980", "month": "13"}, {"year": "1980", "month": "²"}])
def test_an_impossible_birth_date_is_refused(dob):
    report = experian_tree()
    report["consumerIdentity"]["dob"] = dob
    with pytest.raises(UnreadableReport, match="/consumerIdentity/0/dob/0: expected a date of birth"):
        parse(experian_raw(report))


def test_the_first_real_score_counts():
    report = experian_tree()
    report["riskModel"] = [{"score": "9002"}, {"score": "0705"}, {"score": "0650"}]
    assert parse(experian_raw(report)).section(EXP).score == 705


def test_inquiries_court_records_and_companies():
    report = parse(experian_raw(experian_tree()))
    (inquiry,), (record,), (company,) = report.inquiries, report.public_records, report.subscribers
    assert (inquiry.subscriber_name, inquiry.inquired_on, inquiry.hard) == ("CHASE", day("2025-06-07"), None)
    assert (record.filed, record.liability_amount, record.asset_amount) == (day("2018-02-03"), 31200_00, None)
    assert company.address is not None
    assert (company.name, company.address.street) == ("CHASE", "PO BOX 1")


def test_a_month_with_code_nine_is_not_called_a_charge_off():
    report = experian_tree()
    report["tradeline"][0] |= {"paymentHistory": "99", "enhancedPaymentData": None}
    (row,) = parse(experian_raw(report)).rows()
    assert {cell.level for cell in row.history} == {PaymentLevel.DEROGATORY}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "/ (character 0)"),
        (b"[]", "/"),
        (b'{"errors": []}', "/"),
        (b'{"errors": [1]}', "/creditProfile"),
        (b'{"creditProfile": [{"a": 1}, {"a": 2}]}', "/creditProfile"),
        (b'{"creditProfile": ["x"]}', "/creditProfile/0"),
        (b'{"x":' + b"[" * 70 + b"1" + b"]" * 70 + b"}", "/"),
    ],
)
def test_what_is_no_report_is_refused_with_its_place(content, place):
    with pytest.raises(UnreadableReport) as refusal:
        parse(content)
    assert refusal.value.place == place


@pytest.mark.parametrize("field", ["balanceAmount", "openDate", "accountNumber", "enhancedPaymentData"])
def test_a_refusal_names_the_place_and_never_the_value(field):
    report = experian_tree()
    report["tradeline"][0][field] = ["SECRET-4711", "SECRET-4712"]
    with pytest.raises(UnreadableReport) as refusal:
        parse(experian_raw(report))
    assert "SECRET" not in str(refusal.value)
    assert refusal.value.place.startswith(f"/creditProfile/0/tradeline/0/{field}")


TREE = experian_tree()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_do_harm(content):
    survives(parse, content, EXP)


@settings(max_examples=150, deadline=None)
@given(anything(names_in(TREE)))
def test_no_tree_does_harm(inner):
    survives(parse, experian_raw(inner), EXP)
    survives(parse, json.dumps(inner).encode(), EXP)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bends(TREE))
def test_no_bent_report_does_harm_and_no_row_changes_its_bureau(changes):
    survives(parse, experian_raw(bent(TREE, changes)), EXP)
