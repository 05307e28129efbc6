"""XML brings data and nothing else."""

import pytest

from infrastructure.reports import UnreadableReport
from infrastructure.reports.transunion_tree import day_of, read_xml
from infrastructure.reports.truelink_tree import MAX_BYTES, MAX_DEPTH
from tests.support.native import cursor
from tests.support.reports import day

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<r>&c;</r>"""
OUTSIDE = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'
PARAMETER = b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1/p.dtd"> %p;]><r/>'


@pytest.mark.parametrize("content", [BOMB, OUTSIDE, PARAMETER, b"<!DOCTYPE r><r/>", b'<!DOCTYPE r SYSTEM "r.dtd"><r/>'])
def test_entities_outside_references_and_document_types_are_refused(content):
    with pytest.raises(UnreadableReport) as refusal:
        read_xml(content)
    assert refusal.value.expected == "XML without a document type or entities"


def test_an_entity_nobody_declared_is_no_xml():
    with pytest.raises(UnreadableReport) as refusal:
        read_xml(b"<r>&passwords;</r>")
    assert "passwords" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "XML"),
        (b"<r>", "XML"),
        (b"<r></q>", "XML"),
        (b"<r/><r/>", "XML"),
        (b"{}", "XML"),
        (b"<r>\x00</r>", "XML"),
        (b"\xff\xfe<\x00r\x00/\x00>\x00", "text in UTF-8"),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), f"at most {MAX_DEPTH} levels"),
        (b"<a>" * 100_000, f"at most {MAX_DEPTH} levels"),
        (b"<a>" + b"<b/>" * 500_001 + b"</a>", "at most 500000 elements"),
        (b" " * (MAX_BYTES + 1), f"at most {MAX_BYTES} bytes"),
    ],
)
def test_what_is_no_xml_or_too_much_of_it_is_refused(content, expected):
    with pytest.raises(UnreadableReport) as refusal:
        read_xml(content)
    assert refusal.value.expected == expected
    assert refusal.value.place.startswith("/")


@pytest.mark.parametrize("name", ["utf-8", "UTF-16", "windows-1252", "no-such-thing"])
def test_the_bytes_are_utf_8_whatever_the_document_says_of_itself(name):
    assert read_xml(f'<?xml version="1.0" encoding="{name}"?><r><a>é</a></r>'.encode()) == {"r": {"a": "é"}}


def test_repeated_elements_become_lists_and_empty_ones_nothing():
    tree = read_xml(b'<r xmlns="urn:x"><a>1</a><a>2</a><a/><b> </b><c><d>x</d></c></r>')
    assert tree == {"r": {"a": ["1", "2", None], "b": None, "c": {"d": "x"}}}


def test_attributes_are_kept_where_they_say_something():
    tree = read_xml(
        b'<r xmlns:s="urn:s" s:at="x"><n source="file"><p>1</p></n>'
        b'<d estimatedDay="true" estimatedYear="false">2020-01-02</d></r>'
    )
    assert tree == {"r": {"n": {"source": "file", "p": "1"}, "d": {"estimatedDay": "true", "$": "2020-01-02"}}}


def test_character_data_and_comments_are_harmless():
    assert read_xml(b"<r><!-- c --><a><![CDATA[<b>&amp;]]></a>tail</r>") == {"r": {"a": "<b>&amp;", "$": "tail"}}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, "2020-05-17"),
        ({"estimatedDay": "true"}, "2020-05"),
        ({"estimatedMonth": "true", "estimatedDay": "true"}, "2020"),
        ({"estimatedMonth": "true"}, "2020"),
        ({"estimatedCentury": "true"}, "2020-05-17"),
    ],
)
def test_what_of_a_date_is_estimated_is_not_kept(said, expected):
    assert day_of(cursor({"d": {"$": "2020-05-17", **said}}), "d") == day(expected)


def test_a_date_whose_year_is_a_guess_is_none():
    assert day_of(cursor({"d": {"$": "2020-05-17", "estimatedYear": "true"}}), "d") is None
    assert day_of(cursor({}), "d") is None
    assert day_of(cursor({"d": "2020-05-17"}), "d") == day("2020-05-17")
    with pytest.raises(UnreadableReport, match="a date"):
        day_of(cursor({"d": "17.5.2020"}), "d")
