"""MISMO's envelopes and encodings, brought to one tree."""

import pytest

from domain.credit_reports import ReportFormat
from infrastructure.reports.cursor import UnreadableReport
from infrastructure.reports.mismo_tree import read_response

ONE = {"A": "1", "B": {"C": "2", "_Text": "x"}}


@pytest.mark.parametrize(
    ("raw", "source_format"),
    [
        (b'{"CREDIT_RESPONSE": {"@A": 1, "B": {"@C": "2", "_Text": "x"}}}', "mismo_json"),
        (b'cb({"report": {"CREDIT_RESPONSE": [{"@A": "1", "B": {"@C": "2", "_Text": {"$": "x"}}}]}});', "mismo_json"),
        (b' \n<CREDIT_RESPONSE A="1"><B C="2"><_Text>x</_Text></B></CREDIT_RESPONSE>', "mismo_xml"),
        (
            b'<?xml version="1.0"?><RESPONSE_GROUP><RESPONSE><RESPONSE_DATA><CREDIT_RESPONSE A="1"><B C="2">'
            b"<_Text>x</_Text></B></CREDIT_RESPONSE></RESPONSE_DATA><STATUS/></RESPONSE></RESPONSE_GROUP>",
            "mismo_xml",
        ),
    ],
)
def test_each_encoding_becomes_the_same_tree(raw, source_format):
    assert read_response(raw) == (ONE, ReportFormat(source_format))


def test_a_name_written_twice_is_a_list_in_json_too():
    tree, _ = read_response(b'{"CREDIT_RESPONSE": {"R": {"@S": "a"}, "R": {"@S": "b"}, "xmlns": "u", "@N": true}}')
    assert tree == {"R": [{"S": "a"}, {"S": "b"}], "N": "true"}


def test_an_empty_member_of_a_list_is_not_lost():
    tree, _ = read_response(b'{"CREDIT_RESPONSE": {"R": [{"@S": "a"}, {"@S": ""}, null], "E": {}, "F": []}}')
    assert tree == {"R": [{"S": "a"}, None, None], "E": None, "F": None}


@pytest.mark.parametrize(
    "raw",
    [
        b'{"CREDIT_RESPONSE": null}',
        b'{"CREDIT_RESPONSE": "x"}',
        b'{"CREDIT_RESPONSE": {}}',
        b'{"a": [{"CREDIT_RESPONSE": {"@A": 1}}, {"CREDIT_RESPONSE": {"@A": 1}}]}',
        b"<RESPONSE_GROUP><STATUS _Condition='Error'/></RESPONSE_GROUP>",
        b"<RESPONSE_GROUP><CREDIT_RESPONSE A='1'/><CREDIT_RESPONSE A='1'/></RESPONSE_GROUP>",
    ],
)
def test_no_response_and_several_are_refused(raw):
    with pytest.raises(UnreadableReport) as refusal:
        read_response(raw)
    assert (refusal.value.place, refusal.value.expected) == ("/CREDIT_RESPONSE", "one CREDIT_RESPONSE")


@pytest.mark.parametrize("opening", [b'{"a":', b"["])
def test_depth_is_limited(opening):
    closing = {b"[": b"]"}.get(opening, b"}")
    with pytest.raises(UnreadableReport, match="60 levels"):
        read_response(b'{"CREDIT_RESPONSE":' + opening * 70 + b'"x"' + closing * 70 + b"}")
