"""The format is told from content, and what is no report is told what is read here."""

import pytest

from infrastructure.reports import FORMATS
from infrastructure.reports.cursor import UnreadableReport
from infrastructure.reports.recognition import Format, media_type_of, recogniser
from tests.support.mismo import as_json, as_xml, response
from tests.support.truelink import raw, tree

recognise = recogniser(FORMATS)
TRUELINK, MISMO = "TrueLink as JSON or JSONP", "MISMO 2.x as XML or JSON"
READ_HERE = ", ".join(known.name for known in FORMATS)
TEXT = raw(tree()).decode()
XML = as_xml(response()).decode()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (TEXT.encode(), TRUELINK),
        (f" \r\n\t{TEXT}".encode(), TRUELINK),
        (TEXT.encode("utf-8-sig"), TRUELINK),
        (TEXT.encode("utf-16"), TRUELINK),
        (f"jsonp_callback({TEXT});".encode(), TRUELINK),
        (b'{"bundleComponents": {}}', TRUELINK),
        (b'{"@TrueLinkCreditReportType" : {}}', TRUELINK),
        (as_json(response()), MISMO),
        (b"\n" + as_json(response()), MISMO),
        (XML.encode(), MISMO),
        (f"\n\n {XML}".encode(), MISMO),
        (XML.encode("utf-8-sig"), MISMO),
        (XML.encode("utf-16"), MISMO),
        (b"<?xml version='1.0'?><!-- <html> -->\n<?pi?><RESPONSE_GROUP/>", MISMO),
        (b'<m:CREDIT_RESPONSE xmlns:m="urn:m"/>', MISMO),
        (b'<!DOCTYPE RESPONSE_GROUP SYSTEM "x.dtd"><RESPONSE_GROUP/>', MISMO),
        (b'{"a": "%PDF-1.7", "BundleComponents": {}}', TRUELINK),
        (b'{"a": "\\"CREDIT_RESPONSE\\": 1", "BundleComponents": {}}', TRUELINK),
        (b'{"CREDIT_RESPONSE": {"BundleComponents": {}}}', MISMO),
    ],
)
def test_a_format_is_recognised_from_content(content, name):
    assert recognise(content).name == name


@pytest.mark.parametrize(
    ("content", "looks_like"),
    [
        (b"", "an empty file"),
        (b"\xef\xbb\xbf", "an empty file"),
        (b"<html><body>CREDIT_RESPONSE</body></html>", "a web page"),
        (b"\n<!doctype html>\n<title>Sign in</title>", "a web page"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x" "y"><html/>', "a web page"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "a PDF document"),
        (b"Your credit report\nExperian", "plain text"),
        (b'"CREDIT_RESPONSE": 1', "plain text"),
        (b"{}", "other JSON"),
        (b"[]", "other JSON"),
        (b'{"a": "CREDIT_RESPONSE"}', "other JSON"),
        (b"cb({})", "other JSON"),
        (b"<creditReport/>", "other XML"),
        (b"<CREDIT_RESPONSES/>", "other XML"),
        (b"<?xml version='1.0'?>", "other XML"),
        (b"<!-- CREDIT_RESPONSE", "other XML"),
        (b"<" * 1_000_000, "other XML"),
        (XML.encode("utf-16-le"), "other XML"),
        (TEXT.encode("utf-16-be"), "plain text"),
        (b"<?a?>" * 200_000, "other XML"),
    ],
)
def test_what_is_no_report_is_told_what_is_read(content, looks_like):
    with pytest.raises(UnreadableReport) as refusal:
        recognise(content)
    assert refusal.value.place == "/"
    assert refusal.value.expected == f"one of the formats read here ({READ_HERE}), not {looks_like}"


def test_bytes_that_are_no_text_are_told_so():
    with pytest.raises(UnreadableReport, match=r"text in UTF-8.* in one of the formats TrueLink"):
        recognise(b"\x89PNG\r\n\x1a\n\xff")


def test_the_outer_of_two_marks_decides():
    one, other = (Format(name, FORMATS[0].parse, (name,)) for name in ("one", "other"))
    assert recogniser([one, other])(b'{"other": {"one": 1}}') is other


def test_no_two_families_share_a_mark():
    marks = [mark for known in FORMATS for mark in (*known.json_names, *known.xml_roots) if mark]
    shared = {mark for mark in marks if sum(mark in (*k.json_names, *k.xml_roots) for k in FORMATS) > 1}
    assert shared == set()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (TEXT.encode(), "application/json"),
        (TEXT.encode("utf-16"), "application/json"),
        (b" []", "application/json"),
        (f"jsonp_callback({TEXT});".encode(), "application/javascript"),
        (XML.encode(), "application/xml"),
        (XML.encode("utf-8-sig"), "application/xml"),
        (b"<!doctype html><title>Sign in</title>", "text/html"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "application/pdf"),
        (b"Your credit report", "application/octet-stream"),
        (b"\x89PNG\r\n\x1a\n\xff", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_a_file_is_called_what_its_content_says(content, media_type):
    assert media_type_of(content) == media_type
