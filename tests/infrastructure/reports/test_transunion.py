"""TransUnion's own report: one bureau's file, the same accounts as in a merged report, and no harm from any input."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.bureaus import Bureau
from domain.credit_reports import PaymentLevel, ReportFormat
from infrastructure.reports import UnreadableReport, truelink
from infrastructure.reports.transunion import PARSER_VERSION, parse
from infrastructure.sandbox.report_generator import EVERY_ERROR, generate
from tests.support.bending import anything, bends, bent, names_in
from tests.support.native import (
    AS_OF,
    DATES,
    EXACT,
    at_most_120,
    fields,
    grid_of,
    rows_of,
    same_file,
    survives,
    transunion_raw,
    transunion_tree,
)
from tests.support.reports import day

TUC = Bureau.TRANSUNION
RECORD = "/creditBureau/0/product/subject/subjectRecord"
COLLECTED = ("creditor_name", "account_number", "account_masked", "account_type", "balance", "high_balance", "past_due",
             "designator", "original_creditor", "pay_status", *DATES)  # fmt: skip


def rated(level: PaymentLevel | None) -> PaymentLevel | None:
    """What a pattern can say, whose worst sign is 120 days or more."""
    return PaymentLevel.LATE_120 if level is PaymentLevel.CHARGE_OFF else at_most_120(level)

SHOWN_BY_BOTH = {kind: None for kind in EVERY_ERROR if kind not in ("D16", "D28")}


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_it_has_the_same_accounts_as_the_merged_report(seed):
    own = parse(generate(seed, AS_OF, ReportFormat.TRANSUNION_XML, SHOWN_BY_BOTH).raw)
    merged = truelink.parse(generate(seed, AS_OF, errors=SHOWN_BY_BOTH).raw)
    same_file(own, merged, TUC)
    for mine, other in zip(own.rows(TUC), rows_of(merged, TUC), strict=True):
        if mine.is_collection:
            assert fields(mine, *COLLECTED) == fields(other, *COLLECTED)
            continue
        assert fields(mine, *EXACT, *DATES, "closed") == fields(other, *EXACT, *DATES, "closed")
        assert (mine.pay_status, grid_of(mine)) == (at_most_120(other.pay_status), grid_of(other, rated))


def test_a_report_says_when_it_was_pulled_and_by_what_it_was_read():
    report = parse(transunion_raw(transunion_tree()))
    assert (report.pulled_on, report.parser_version, report.source) == (AS_OF, PARSER_VERSION, "transunion")
    assert report.source_format is ReportFormat.TRANSUNION_XML
    silent = transunion_tree() | {"transactionControl": None}
    with pytest.raises(UnreadableReport, match="time of the transaction"):
        parse(transunion_raw(silent))
    assert parse(transunion_raw(silent), pulled_on=AS_OF).section(TUC).pulled_on == AS_OF


def indicative(**changes: object) -> bytes:
    report = transunion_tree()
    report["product"]["subject"]["subjectRecord"]["indicative"] |= changes
    return transunion_raw(report)


def test_the_person_is_what_the_bureau_has_on_file():
    (person,) = parse(indicative()).personal
    assert (person.names[0].last, person.ssns, person.birth_dates) == ("HOLLIS", ("900123456",), (day("1980-04-02"),))
    assert (person.addresses[0].street, person.addresses[0].current) == ("12 MAPLE ST", True)
    assert (person.employers[0].name, person.employers[0].reported) == ("CALDER FREIGHT", day("2023-05-01"))


def test_what_the_asker_typed_in_is_not_the_bureaus_word():
    asked = indicative(
        name=[{"@source": "input", "person": {"last": "WRONG"}}, {"@source": "file", "person": {"last": "HOLLIS"}}],
        socialSecurity=[{"@source": "input", "number": "900999999"}, {"@source": "file", "number": "900123456"}],
        dateOfBirth=[
            {"@source": "input", "$": "1999-01-01"},
            {"@source": "file", "@estimatedDay": "true", "$": "1980-04-01"},
        ],
        address={"@source": "input", "street": {"unparsed": "9 WRONG ST"}},
        employment={"@source": "input", "employer": {"unparsed": "WRONG"}},
    )  # fmt: skip
    (person,) = parse(asked).personal
    assert [name.last for name in person.names] == ["HOLLIS"]
    assert (person.ssns, person.birth_dates) == (("900123456",), (day("1980-04"),))
    assert (person.addresses, person.employers) == ((), ())


def test_the_first_real_score_counts():
    def scored(*products: object) -> int | None:
        report = transunion_tree()
        report["product"]["subject"]["subjectRecord"]["addOnProduct"] = list(products)
        return parse(transunion_raw(report)).section(TUC).score

    def model(results: str) -> object:
        return {"scoreModel": {"score": {"results": results}}}

    assert scored({"code": "00WR3"}, model("-004"), model("+000"), model("+667"), model("+700")) == 667
    assert scored(model("+001")) is None


def test_inquiries_and_court_records():
    report = parse(transunion_raw(transunion_tree()))
    (inquiry,), (record,) = report.inquiries, report.public_records
    assert (inquiry.subscriber_name, inquiry.inquired_on, inquiry.hard) == ("CHASE", day("2025-06-07"), None)
    assert (record.kind, record.filed, record.reference_number) == ("7X", day("2018-02-03"), "18-00001")
    assert (record.liability_amount, record.asset_amount) == (31200_00, None)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"<other/>", "/creditBureau"),
        (b"<creditBureau/>", "/creditBureau"),
        (b"<creditBureau><version>2.33</version></creditBureau>", RECORD),
        (b"<creditBureau>text</creditBureau>", "/creditBureau/0"),
        (
            b"<creditBureau><product><error><code>1</code></error></product></creditBureau>",
            "/creditBureau/0/product/0/error",
        ),
        (
            b"<creditBureau><product><subject><subjectRecord><a>1</a></subjectRecord></subject><subject><subjectRecord>"
            b"<a>2</a></subjectRecord></subject></product></creditBureau>",
            RECORD,
        ),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused_with_its_place(content, place):
    with pytest.raises(UnreadableReport) as refusal:
        parse(content)
    assert refusal.value.place == place


@pytest.mark.parametrize("field", ["currentBalance", "dateOpened", "accountNumber", "paymentHistory"])
def test_a_refusal_names_the_place_and_never_the_value(field):
    report = transunion_tree()
    report["product"]["subject"]["subjectRecord"]["custom"]["credit"]["trade"][field] = ["SECRET-4711", "SECRET-4712"]
    with pytest.raises(UnreadableReport) as refusal:
        parse(transunion_raw(report))
    assert "SECRET" not in str(refusal.value)
    assert f"/trade/0/{field}" in refusal.value.place


TREE = transunion_tree()
XML = transunion_raw(TREE)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_do_harm(content):
    survives(parse, content, TUC)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(XML)), st.integers(0, 40), st.binary(max_size=20))
def test_no_broken_document_does_harm(start, length, content):
    survives(parse, XML[:start] + content + XML[start + length :], TUC)


@settings(max_examples=150, deadline=None)
@given(anything([name for name in names_in(TREE) if name]))
def test_no_tree_does_harm(inner):
    survives(parse, transunion_raw(inner), TUC)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bends(TREE))
def test_no_bent_report_does_harm_and_no_row_changes_its_bureau(changes):
    survives(parse, transunion_raw(bent(TREE, changes)), TUC)
