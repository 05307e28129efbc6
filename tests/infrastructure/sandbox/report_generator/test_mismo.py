"""Generated MISMO responses look as vendors write them."""

import json
from datetime import date

import pytest
from defusedxml.ElementTree import fromstring

from domain.bureaus import Bureau
from domain.credit_reports import ReportFormat
from domain.findings import detect
from infrastructure.reports import parse
from infrastructure.sandbox.report_generator import generate
from infrastructure.sandbox.report_generator.mismo import NAMES, mismo_xml

AS_OF = date(2026, 1, 5)


def generated(encoding, **options):
    return generate(3, AS_OF, encoding, **options).raw


@pytest.fixture(scope="module")
def as_json():
    return json.loads(generated(ReportFormat.MISMO_JSON))["CREDIT_RESPONSE"]


@pytest.fixture(scope="module")
def as_xml():
    return fromstring(generated(ReportFormat.MISMO_XML)).find("RESPONSE/RESPONSE_DATA/CREDIT_RESPONSE")


def test_json_marks_attributes_and_stacks_a_merged_row_before_the_bureaus_own(as_json):
    assert as_json["@MISMOVersionID"] == "2.4"
    merged, *rows = [row for row in as_json["CREDIT_LIABILITY"] if row["@ArrayAccountIdentifier"] == "account-1"]
    assert [one["@_SourceType"] for one in merged["CREDIT_REPOSITORY"]] == [
        row["CREDIT_REPOSITORY"]["@_SourceType"] for row in rows
    ]
    assert (merged["@CreditTradeReferenceID"], {row["@CreditTradeReferenceID"] for row in rows}) == (
        "Primary", {"Secondary"},
    )  # fmt: skip
    assert len({row["@CreditLiabilityID"] for row in as_json["CREDIT_LIABILITY"]}) == len(as_json["CREDIT_LIABILITY"])


def test_xml_lists_each_bureaus_row_alone(as_xml):
    assert as_xml.get("MISMOVersionID") == "2.3.1"
    rows = as_xml.findall("CREDIT_LIABILITY")
    assert {len(row.findall("CREDIT_REPOSITORY")) for row in rows} == {1}
    assert len(rows) == len(list(parse(generated(ReportFormat.TRUELINK_CAMEL)).rows()))


def test_rating_and_pattern_are_on_their_own_scales(as_xml):
    late = [
        row for row in as_xml.findall("CREDIT_LIABILITY") if row.find("_CURRENT_RATING").get("_Type") == "Late60Days"
    ]
    assert late
    for row in late:
        assert row.find("_CURRENT_RATING").get("_Code") == "3"
        assert row.find("_PAYMENT_PATTERN").get("_Data").startswith("2")
        assert len(row.find("_PAYMENT_PATTERN").get("_StartDate")) == len("2025-12")


def test_a_collection_says_whose_debt_it_was(as_xml):
    collections = [row for row in as_xml.findall("CREDIT_LIABILITY") if row.get("IsCollectionIndicator") == "Y"]
    assert {row.get("CreditBusinessType") for row in collections} == {"CollectionServices"}
    assert sum(row.get("_OriginalCreditorName") is not None for row in collections) > 0


def test_what_needs_escaping_is_escaped():
    tree = {
        "Borrower": {name: [] for name in ("BorrowerName", "BorrowerAddress", "PreviousAddress", "Birth", "Employer")}
        | {"SocialPartition": []},
        "TradeLinePartition": [],
        "InquiryPartition": [
            {
                "Inquiry": {
                    "subscriberName": 'A&B <"C">', "inquiryDate": "2025-01-02", "subscriberNumber": "1",
                    "inquiryType": "I",
                    "Source": {"Bureau": {"symbol": "EXP"}},
                }
            }
        ],
        "PulblicRecordPartition": [],
        "Subscriber": [],
        "Sources": {"Source": [{"InquiryDate": "2026-01-05-07:00"}]},
    }  # fmt: skip
    [inquiry] = parse(mismo_xml(tree, {Bureau.EXPERIAN: 650}).encode()).inquiries
    assert (inquiry.subscriber_name, inquiry.bureau) == ('A&B <"C">', Bureau.EXPERIAN)


def test_a_silent_bureau_leaves_no_trace():
    for encoding in (ReportFormat.MISMO_XML, ReportFormat.MISMO_JSON):
        assert NAMES["EXP"].encode() not in generated(encoding, bureaus=(Bureau.EQUIFAX, Bureau.TRANSUNION))


@pytest.mark.parametrize("encoding", [ReportFormat.MISMO_XML, ReportFormat.MISMO_JSON])
def test_the_planted_errors_are_found_in_it_and_nothing_else(encoding):
    for seed in range(3):
        made = generate(seed, AS_OF, encoding)
        found = detect(parse(made.raw), AS_OF, made.profile)
        told = {(error.detector, error.group, error.bureaus) for error in made.planted}
        assert {(finding.detector, finding.group, finding.bureaus) for finding in found} == told
