"""Bytes to text and JSON: what is read, what is refused, and that nothing is read in the wrong encoding."""

import pytest

from infrastructure.reports.cursor import UnreadableReport
from infrastructure.reports.documents import MAX_BYTES, check_depth, has_callback, load_json, text_of

XML = '<?xml version="1.0" encoding="{}"?><a b="Peña"/>'


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Peña".encode(), "Peña"),
        ("Peña".encode("utf-8-sig"), "Peña"),
        ("Peña".encode("utf-16"), "Peña"),
        (b"\xfe\xff" + "Peña".encode("utf-16-be"), "Peña"),
        ("Peña".encode("utf-32"), "Peña"),
        (b"", ""),
        *[(XML.format(name).encode(name), XML.format(name)) for name in ("utf-8", "ISO-8859-1", "windows-1252")],
        (XML.format("utf-16").encode("utf-16"), XML.format("utf-16")),
        (b'<?xml version="1.0" encoding="US-ASCII"?><a/>', '<?xml version="1.0" encoding="US-ASCII"?><a/>'),
    ],
)
def test_bytes_are_decoded_as_they_say_of_themselves(raw, text):
    assert text_of(raw) == text


@pytest.mark.parametrize(
    "raw",
    [
        "Peña".encode("latin-1"),
        XML.format("utf-8").encode("latin-1"),
        XML.format("US-ASCII").encode("latin-1"),
        XML.format("utf-16").encode(),
        XML.format("ISO-8859-1").encode("utf-8-sig"),
        XML.format("utf-8").encode("utf-16"),
        XML.format("shift-jis").encode("latin-1"),
        XML.format("utf-7").encode(),
        b"\xff\xfea",
        b"\x89PNG\r\n\x1a\n\x00\xff",
        b" " * (MAX_BYTES + 1),
    ],
)
def test_what_contradicts_itself_or_is_unknown_is_refused(raw):
    with pytest.raises(UnreadableReport) as refusal:
        text_of(raw)
    assert refusal.value.place == "/"


def test_json_comes_out_of_its_callback():
    assert load_json('cb({"a": 1});\n') == load_json('{"a": 1}') == {"a": "1"}
    assert [has_callback(text) for text in (" cb(1)", "{}", "<a/>")] == [True, False, False]
    with pytest.raises(UnreadableReport, match="closing parenthesis"):
        load_json("cb({}")


def test_pairs_see_what_a_name_holds_twice():
    assert load_json('{"a": 1, "a": 2}', list) == [("a", "1"), ("a", "2")]


def test_depth_has_a_limit():
    check_depth(60)
    with pytest.raises(UnreadableReport, match="60 levels"):
        check_depth(61)
