"""The normaliser: callbacks, signs, blanks and limits."""

import pytest

from domain.credit_reports import ReportFormat
from infrastructure.reports.cursor import UnreadableReport
from infrastructure.reports.truelink_tree import MAX_DEPTH, MAX_OBJECTS, MAX_VALUES, read_tree


@pytest.mark.parametrize(
    ("raw", "tree", "encoding"),
    [
        (b'JSON_CALLBACK({"A": {"@b": "1", "C": {"$": "2"}}})', {"a": {"b": "1", "c": "2"}}, "truelink_identityiq"),
        (b' jsonp_callback({"A": {"b": "x"}});\n', {"a": {"b": "x"}}, "truelink_smartcredit"),
        (b'{"bundleComponents": {"b": 1.50}}', {"bundleComponents": {"b": "1.50"}}, "truelink_camel"),
        (b'{"A": {"b": 7}}', {"a": {"b": "7"}}, "truelink_single_bureau"),
        (b'\xef\xbb\xbf{"a": "x"}', {"a": "x"}, "truelink_camel"),
    ],
)
def test_each_encoding_is_recognised_and_brought_to_one_form(raw, tree, encoding):
    assert read_tree(raw) == (tree, ReportFormat(encoding))


def test_empty_things_are_absent_and_numbers_stay_text():
    raw = (
        b'{"a": {}, "b": "", "c": "-", "d": [], "e": null, "f": 0, "g": 12345678901234567890123, "h": true, "i": " x "}'
    )
    tree, _ = read_tree(raw)
    present = {name: value for name, value in tree.items() if value is not None}
    assert present == {"f": "0", "g": "12345678901234567890123", "h": "true", "i": "x"}


def test_namespaces_are_dropped():
    tree, _ = read_tree(b'{"@xmlns": "urn:x", "xmlns:a": "y", "A": "z"}')
    assert tree == {"a": "z"}


@pytest.mark.parametrize("levels", [MAX_DEPTH - 1, MAX_DEPTH])
def test_depth_is_limited(levels):
    raw = b'{"a":' * levels + b'"x"' + b"}" * levels
    assert read_tree(raw)[0]["a"]
    with pytest.raises(UnreadableReport, match="60 levels"):
        read_tree(b'{"a":' * 61 + b'"x"' + b"}" * 61)


@pytest.mark.parametrize("raw", [b"[" + b"{}," * MAX_OBJECTS + b"{}]", b"[" + b"1," * (MAX_VALUES + 1) + b"1]"])
def test_a_flood_of_objects_or_values_is_refused_before_it_is_parsed(raw):
    with pytest.raises(UnreadableReport, match="500000 objects and 2000000 values"):
        read_tree(raw)


def test_numbers_of_absurd_length_are_refused():
    with pytest.raises(UnreadableReport, match="64 characters"):
        read_tree(b'{"a": ' + b"9" * 65 + b"}")
