"""XML: the tree it becomes, and what never gets as far as being looked at."""

import pytest

from infrastructure.reports.cursor import UnreadableReport
from infrastructure.reports.documents import MAX_DEPTH, MAX_OBJECTS, MAX_VALUES
from infrastructure.reports.xml_documents import add, load_xml, present


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('<a b="1" c=""/>', {"b": "1", "c": None}),
        ("<a><b>1</b><b>2</b><c/></a>", {"b": ["1", "2"], "c": None}),
        ('<a b="1"><b>2</b></a>', {"b": ["1", "2"]}),
        ('<a b="1">text</a>', {"b": "1", "$": "text"}),
        ('<n:a xmlns:n="urn:x" xmlns:i="urn:i" i:s="x" b="1"><n:c>2</n:c></n:a>', {"b": "1", "c": "2"}),
        ('<a b="N/A" c=" - "/>', None),
        ("<a>&lt;&amp;&#233;</a>", "<&é"),
        ("<a><![CDATA[ x ]]></a>", " x "),
        ('<a b=" C "/>', {"b": " C "}),
    ],
)
def test_attributes_and_children_stand_by_name(text, tree):
    assert load_xml(text) == ("a", tree)


def test_attributes_that_say_nothing_are_not_kept():
    text = '<a s="x"><d n="false" y="true">1</d><d n="false"/><e n="false">false</e></a>'
    assert load_xml(text, frozenset({"false"})) == ("a", {"s": "x", "d": [{"y": "true", "$": "1"}, None], "e": "false"})
    assert load_xml("<a b='false'/>") == ("a", {"b": "false"})


BOMB = '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>'


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        '<!DOCTYPE a SYSTEM "http://198.51.100.7/a.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><a/>',
        "<!DOCTYPE a><a/>",
    ],
)
def test_document_types_entities_and_external_parts_are_refused(text):
    with pytest.raises(UnreadableReport, match="without a document type declaration") as refusal:
        load_xml(text)
    assert "hostname" not in str(refusal.value)


@pytest.mark.parametrize(
    "text", ["<a>", "<a></b>", "<a>&unknown;</a>", '<a b="1" b="2"/>', "", "<a/><b/>", "<a>\x00</a>"]
)
def test_what_is_not_well_formed_is_refused_by_line_and_column(text):
    with pytest.raises(UnreadableReport, match="well-formed XML") as refusal:
        load_xml(text)
    assert refusal.value.place.startswith("/ (line ")


def test_depth_is_refused_on_the_way_down():
    assert load_xml("<a>" * MAX_DEPTH + "x" + "</a>" * MAX_DEPTH)[0] == "a"
    with pytest.raises(UnreadableReport, match="60 levels"):
        load_xml("<a>" * 100_000)


@pytest.mark.parametrize("text", ["<a>" + "<b/>" * (2 * MAX_OBJECTS) + "</a>", "<a>" + "=" * (MAX_VALUES + 1) + "</a>"])
def test_a_flood_is_refused_before_it_is_parsed(text):
    with pytest.raises(UnreadableReport, match="500000 elements and 2000000 attributes"):
        load_xml(text)


def test_a_name_held_twice_loses_nothing():
    tree = {}
    for value in ("1", None, {"b": "2"}):
        add(tree, "a", value)
    assert tree == {"a": ["1", None, {"b": "2"}]}
    assert [present(text) for text in ("", " ", "-", "N/A", "0001-01-01", " x ")] == [None] * 5 + [" x "]
