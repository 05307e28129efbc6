"""The one door to every parser."""

from domain.credit_reports import ReportFormat
from infrastructure.reports import parse
from tests.support.truelink import raw, tree


def test_a_report_is_read_whatever_its_encoding():
    assert parse(raw(tree())).source_format is ReportFormat.TRUELINK_SINGLE_BUREAU
    assert parse(b"cb(" + raw(tree()) + b");").source_format is ReportFormat.TRUELINK_SMARTCREDIT
