"""The one door to every parser."""

import pytest

from domain.credit_reports import ReportFormat
from infrastructure.reports import UnreadableReport, parse
from tests.support import mismo
from tests.support.truelink import raw, tree


def test_a_report_is_read_whatever_its_encoding():
    assert parse(raw(tree())).source_format is ReportFormat.TRUELINK_SINGLE_BUREAU
    assert parse(b"cb(" + raw(tree()) + b");").source_format is ReportFormat.TRUELINK_SMARTCREDIT
    assert parse(mismo.as_json(mismo.response())).source_format is ReportFormat.MISMO_JSON
    assert parse(mismo.as_xml(mismo.response())).source_format is ReportFormat.MISMO_XML


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("content", [raw(tree()), mismo.as_json(mismo.response()), mismo.as_xml(mismo.response())])
def test_a_byte_order_mark_changes_nothing(content, codec):
    assert parse(content.decode().encode(codec)) == parse(content)


def test_a_name_in_latin_1_is_that_name_or_refused():
    bent = mismo.response()
    bent["CREDIT_FILE"]["_BORROWER"]["@_LastName"] = "PEÑA"
    text = mismo.as_xml(bent).decode().removeprefix('<?xml version="1.0"?>')
    declared = f'<?xml version="1.0" encoding="ISO-8859-1"?>{text}'.encode("latin-1")
    assert parse(declared).personal[0].names[0].last == "PEÑA"
    with pytest.raises(UnreadableReport, match="text in UTF-8"):
        parse(text.encode("latin-1"))
