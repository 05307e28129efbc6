"""A report's bytes as text and as JSON, within limits that no real report reaches.

Bytes are decoded as they say of themselves: by their byte order mark, else by their XML declaration, else as
UTF-8. What contradicts itself is refused: a name read in the wrong encoding would be another person's.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from typing import Final, NoReturn

from infrastructure.reports.cursor import UnreadableReport

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_DEPTH: Final = 60
MAX_OBJECTS: Final = 500_000
MAX_VALUES: Final = 2_000_000
"""More objects and values than 5,000 accounts with four years of history have; what they cost is memory."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", ("utf-8",)),
    (codecs.BOM_UTF32_LE, "utf-32", ("utf-32",)),
    (codecs.BOM_UTF32_BE, "utf-32", ("utf-32",)),
    (codecs.BOM_UTF16_LE, "utf-16", ("utf-16", "utf-16le")),
    (codecs.BOM_UTF16_BE, "utf-16", ("utf-16", "utf-16be")),
)
"""Byte order marks with the codec they call for and the XML declarations that agree; UTF-32 before UTF-16,
because the one's little-endian mark begins like the other's."""

_DECLARED: Final = {
    "utf-8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "latin-1": "latin-1",
    "windows-1252": "cp1252",
}
_DECLARATION: Final = re.compile(rb"\A\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_DECLARED_WITHIN: Final = 400
_CALLBACK: Final = re.compile(r"\A\s*[A-Za-z_$][A-Za-z0-9_$.]{0,99}\s*\(")
_CALLBACK_END: Final = re.compile(r"\)\s*;?\s*\Z")

Pairs = Callable[[list[tuple[str, object]]], object]


def text_of(raw: bytes) -> str:
    """The text of a report, in whichever of the known encodings it says it is."""
    if len(raw) > MAX_BYTES:
        raise UnreadableReport("/", f"at most {MAX_BYTES} bytes")
    for mark, codec, agreeing in _MARKS:
        if raw.startswith(mark):
            text = _decoded(raw, codec)
            if _declared(text[:_DECLARED_WITHIN].encode()) not in (None, *agreeing):
                raise UnreadableReport("/", "an XML declaration that agrees with the byte order mark")
            return text
    declared = _declared(raw[:_DECLARED_WITHIN]) or "utf-8"
    if declared not in _DECLARED:
        raise UnreadableReport("/", "XML in UTF-8, UTF-16 with its byte order mark, ISO-8859-1 or windows-1252")
    return _decoded(raw, _DECLARED[declared])


def _declared(start: bytes) -> str | None:
    found = _DECLARATION.match(start)
    return found[1].decode().lower() if found else None


def _decoded(raw: bytes, codec: str) -> str:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        raise UnreadableReport("/", "text in UTF-8, or in the encoding its mark or declaration names") from None


def has_callback(text: str) -> bool:
    """Whether the text is JSON handed to a JavaScript function."""
    return _CALLBACK.match(text) is not None


def load_json(text: str, pairs: Pairs | None = None) -> object:
    """The JSON of a text, out of its callback if it has one; numbers stay text, and `pairs` makes the objects."""
    if text.count("{") + text.count("[") > MAX_OBJECTS or text.count(",") > MAX_VALUES:
        raise UnreadableReport("/", f"at most {MAX_OBJECTS} objects and {MAX_VALUES} values")
    callback = _CALLBACK.match(text)
    if callback:
        end = _CALLBACK_END.search(text, max(callback.end(), len(text) - 100))
        if end is None:
            raise UnreadableReport("/", "the closing parenthesis of the JSONP callback")
        text = text[callback.end() : end.start()]
    try:
        return json.loads(
            text, parse_int=_number, parse_float=_number, parse_constant=_not_a_number, object_pairs_hook=pairs
        )
    except json.JSONDecodeError as error:
        raise UnreadableReport(f"/ (character {error.pos})", "JSON") from None
    except RecursionError:
        raise UnreadableReport("/", f"at most {MAX_DEPTH} levels") from None


def check_depth(depth: int) -> None:
    """Refuse what is nested deeper than any report."""
    if depth > MAX_DEPTH:
        raise UnreadableReport("/", f"at most {MAX_DEPTH} levels")


def _number(printed: str) -> str:
    if len(printed) > 64:
        raise UnreadableReport("/", "numbers of at most 64 characters")
    return printed


def _not_a_number(_: str) -> NoReturn:
    raise UnreadableReport("/", "JSON without NaN and Infinity")
