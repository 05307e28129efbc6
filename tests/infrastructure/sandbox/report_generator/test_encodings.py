"""The encodings look as the vendors write them."""

import json
from datetime import date

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import ReportFormat
from infrastructure.reports import parse
from infrastructure.sandbox.report_generator import EVERY_ERROR, generate
from infrastructure.sandbox.report_generator.encodings import encode

AS_OF = date(2026, 1, 5)

TREE = {
    "Borrower": {"SocialSecurityNumber": "012345678", "name": "A"},
    "TradeLinePartition": [{"Tradeline": [{"balance": "5", "closed": None, "Limit": "7"}]}],
}


def encoded(encoding: ReportFormat) -> str:
    return encode(TREE, encoding, {Bureau.EQUIFAX: 650}).decode()


def test_identityiq_marks_attributes_and_texts():
    text = encoded(ReportFormat.TRUELINK_IDENTITYIQ)
    assert text.startswith("JSON_CALLBACK(")
    assert '"Tradeline":{"@balance":"5","Limit":{"$":"7"}}' in text
    assert '"Type":{"$":"MergeCreditReports"}' in text


def test_smartcredit_is_plain_within_its_callback():
    text = encoded(ReportFormat.TRUELINK_SMARTCREDIT)
    assert text.startswith("jsonp_callback(")
    assert text.endswith(");")
    assert '"closed":"-"' in text


def test_camel_case_keeps_lists():
    tree = json.loads(encoded(ReportFormat.TRUELINK_CAMEL))
    merged = tree["bundleComponents"]["bundleComponent"][-1]["trueLinkCreditReportType"]
    assert merged["tradeLinePartition"] == [{"tradeline": [{"balance": 5, "closed": None, "limit": 7}]}]


def test_a_single_bureau_export_loses_leading_zeros():
    tree = json.loads(encoded(ReportFormat.TRUELINK_SINGLE_BUREAU))
    assert tree["TrueLinkCreditReportType"]["Borrower"]["SocialSecurityNumber"] == 12345678
    assert tree["TrueLinkCreditReportType"]["TradeLinePartition"] == {"Tradeline": {"balance": 5, "Limit": 7}}


@pytest.mark.parametrize("encoding", list(ReportFormat))
def test_every_format_has_an_encoder(encoding):
    assert parse(generate(3, AS_OF, encoding).raw).source_format is encoding


@pytest.mark.parametrize("encoding", list(ReportFormat))
def test_the_truth_names_accounts_as_the_report_numbers_them(encoding):
    silent = Bureau.EQUIFAX if encoding is ReportFormat.EXPERIAN_JSON else Bureau.EXPERIAN
    answering = tuple(bureau for bureau in Bureau if bureau is not silent)
    generated = generate(3, AS_OF, encoding, {**EVERY_ERROR, "D27": answering}, answering)
    numbered = {row.group: row for row in parse(generated.raw).rows()}
    collections = [error for error in generated.planted if error.detector == "D27"]
    assert collections
    assert all(numbered[error.group].is_collection for error in collections)
    assert all(error.group is None or error.group in numbered for error in generated.planted)
