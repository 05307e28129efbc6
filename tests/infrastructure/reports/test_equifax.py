"""Equifax's own report: one bureau's file, the same accounts as in a merged report, and no harm from any input."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.bureaus import Bureau
from domain.credit_reports import ReportFormat
from infrastructure.reports import UnreadableReport, truelink
from infrastructure.reports.equifax import PARSER_VERSION, parse
from infrastructure.sandbox.report_generator import EVERY_ERROR, generate
from tests.support.bending import anything, bends, bent, names_in
from tests.support.native import (
    AS_OF,
    DATES,
    EXACT,
    at_most_120,
    equifax_raw,
    equifax_tree,
    fields,
    grid_of,
    months_back,
    rows_of,
    same_file,
    survives,
    to_the_month,
)
from tests.support.reports import day

EFX = Bureau.EQUIFAX
LIST = "/consumers/0/equifaxUSConsumerCreditReport"
COLLECTED = ("creditor_name", "account_number", "account_masked", "account_type", "balance", "high_balance",
             "designator", "original_creditor", "opened", "reported", "status_date",
             "last_payment", "remarks")  # fmt: skip

SHOWN_BY_BOTH = {kind: None for kind in EVERY_ERROR if kind not in ("D16", "D28")}


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_it_has_the_same_accounts_as_the_merged_report(seed):
    own = parse(generate(seed, AS_OF, ReportFormat.EQUIFAX_JSON, SHOWN_BY_BOTH).raw)
    merged = truelink.parse(generate(seed, AS_OF, errors=SHOWN_BY_BOTH).raw)
    same_file(own, merged, EFX)
    for mine, other in zip(own.rows(EFX), rows_of(merged, EFX), strict=True):
        if mine.is_collection:
            assert fields(mine, *COLLECTED) == fields(other, *COLLECTED)
            continue
        assert fields(mine, *EXACT, "remarks") == fields(other, *EXACT, "remarks")
        assert [getattr(mine, name) for name in DATES] == [to_the_month(getattr(other, name)) for name in DATES]
        assert (mine.closed, mine.pay_status) == (to_the_month(other.closed), at_most_120(other.pay_status))
        known = {m: level for m, level in grid_of(other, at_most_120).items() if months_back(other, m) > 0}
        grid = grid_of(mine)
        assert {m: level for m, level in known.items() if months_back(other, m) <= 48} == {
            m: level for m, level in grid.items() if months_back(other, m) <= 48
        }
        assert grid.items() <= known.items()


def test_a_report_says_when_it_was_pulled_and_by_what_it_was_read():
    report = parse(equifax_raw(equifax_tree()))
    assert (report.pulled_on, report.parser_version, report.source) == (AS_OF, PARSER_VERSION, "equifax")
    assert report.source_format is ReportFormat.EQUIFAX_JSON
    silent = equifax_tree() | {"reportDate": None}
    with pytest.raises(UnreadableReport, match="date of the report"):
        parse(equifax_raw(silent))
    assert parse(equifax_raw(silent), pulled_on=AS_OF).section(EFX).pulled_on == AS_OF


def test_the_person_is_what_the_bureau_has_on_file_and_not_what_was_asked():
    (person,) = parse(equifax_raw(equifax_tree())).personal
    assert [(name.last, name.kind) for name in person.names] == [("HOLLIS", "primary"), ("BEXLEY", "former")]
    assert (person.ssns, person.birth_dates) == (("900123456",), (day("1980-04"),))
    assert (person.addresses[0].street, person.addresses[0].current) == ("12 MAPLE ST", True)
    assert (person.employers[0].name, person.employers[0].reported) == ("CALDER FREIGHT", day("2023-05"))


def test_a_street_is_put_together_where_it_has_no_line():
    report = equifax_tree()
    report["addresses"] = {"houseNumber": "12", "streetName": "MAPLE", "streetType": "ST", "zipCode": 8608}
    (person,) = parse(equifax_raw(report)).personal
    assert (person.addresses[0].street, person.addresses[0].postal_code) == ("12 MAPLE ST", "08608")


def test_the_first_real_score_counts():
    report = equifax_tree()
    report["models"] = [{"score": "09001"}, {"score": None}, {"score": 702}, {"score": 650}]
    assert parse(equifax_raw(report)).section(EFX).score == 702
    report["models"] = [{"score": 9003}]
    assert parse(equifax_raw(report)).section(EFX).score is None


def test_inquiries_court_records_companies_and_deaths():
    report = parse(equifax_raw(equifax_tree()))
    (inquiry,), (record,), (company,) = report.inquiries, report.public_records, report.subscribers
    assert (inquiry.subscriber_name, inquiry.inquired_on, inquiry.hard) == ("CHASE", day("2025-06-07"), None)
    assert (record.status, record.filed, record.reference_number) == ("Discharged", day("2018-02-03"), "18-00001")
    assert company.address is not None
    assert (company.name, company.address.street) == ("MIDVALE RECOVERY", "PO BOX 1")
    assert report.section(EFX).deceased is None
    assert parse(equifax_raw(equifax_tree() | {"deathDate": "01012024"})).section(EFX).deceased is True


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "/ (character 0)"),
        (b"[]", "/"),
        (b"{}", "/"),
        (b'{"consumers": []}', "/"),
        (b'{"consumers": "x"}', "/consumers/0"),
        (b'{"consumers": {"equifaxUSConsumerCreditReport": [{"a": 1}, {"a": 2}]}}', LIST),
        (b'{"consumers": {"other": 1}}', LIST),
        (b'{"a":' * 200_000, "/"),
        (b'{"x":' + b"[" * 70 + b"1" + b"]" * 70 + b"}", "/"),
        (b" " * (20 * 1024 * 1024 + 1), "/"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused_with_its_place(content, place):
    with pytest.raises(UnreadableReport) as refusal:
        parse(content)
    assert refusal.value.place == place


@pytest.mark.parametrize("field", ["balance", "dateOpened", "accountNumber", "rate"])
def test_a_refusal_names_the_place_and_never_the_value(field):
    report = equifax_tree()
    report["trades"][0][field] = ["SECRET-4711", "SECRET-4712"]
    with pytest.raises(UnreadableReport) as refusal:
        parse(equifax_raw(report))
    assert "SECRET" not in str(refusal.value)
    assert refusal.value.place.startswith(f"/consumers/0/equifaxUSConsumerCreditReport/0/trades/0/{field}")


TREE = equifax_tree()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_do_harm(content):
    survives(parse, content, EFX)


@settings(max_examples=150, deadline=None)
@given(anything(names_in(TREE)))
def test_no_tree_does_harm(inner):
    survives(parse, equifax_raw(inner), EFX)
    survives(parse, json.dumps(inner).encode(), EFX)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bends(TREE))
def test_no_bent_report_does_harm_and_no_row_changes_its_bureau(changes):
    survives(parse, equifax_raw(bent(TREE, changes)), EFX)
