"""The four encodings look as the vendors write them."""

import json

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import ReportFormat
from infrastructure.sandbox.report_generator.encodings import encode

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
    assert encoded(encoding)
