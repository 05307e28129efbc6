"""TransUnion's XML brought to the tree that `cursor` reads, without anything XML can do beside carrying data.

A document type, entities and references to anything outside are refused, not skipped. Namespaces are dropped,
repeated elements become lists, and empty ones None. Attributes are kept where they say something: `source` tells
what the bureau has on file from what the asker typed in, and `estimatedDay` and its like how much of a date is known.
"""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from domain.partial_dates import PartialDate
from infrastructure.reports.cursor import Cursor, Object, UnreadableReport, read_date
from infrastructure.reports.truelink_tree import MAX_BYTES, MAX_DEPTH, MAX_OBJECTS

_UNSAID: Final = frozenset({"", "false"})


def read_xml(raw: bytes) -> Object:
    """The tree of a document, under the name of its root element."""
    if len(raw) > MAX_BYTES:
        raise UnreadableReport("/", f"at most {MAX_BYTES} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableReport("/", "text in UTF-8") from None
    builder = _Builder()
    parser = DefusedXMLParser(target=builder, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(text)
        parser.close()
    except DefusedXmlException:
        raise UnreadableReport("/", "XML without a document type or entities") from None
    except ParseError as error:
        line, column = error.position
        raise UnreadableReport(f"/ (line {line}, column {column})", "XML") from None
    except (LookupError, ValueError):
        raise UnreadableReport("/", "XML in UTF-8") from None
    return builder.tree


class _Builder:
    """Takes the parser's events and builds the tree, refusing what is too deep or too much while it comes in."""

    def __init__(self) -> None:
        self.tree: Object = {}
        self._open: list[tuple[str, Object, list[str]]] = []
        self._elements = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_OBJECTS:
            raise UnreadableReport("/", f"at most {MAX_OBJECTS} elements")
        if len(self._open) >= MAX_DEPTH:
            raise UnreadableReport("/", f"at most {MAX_DEPTH} levels")
        said: Object = {
            name: text.strip()
            for name, text in attributes.items()
            if not name.startswith("{") and text.strip() not in _UNSAID
        }
        self._open.append((tag.rpartition("}")[2], said, []))

    def data(self, text: str) -> None:
        if self._open:
            self._open[-1][2].append(text)

    def end(self, _: str) -> None:
        name, node, texts = self._open.pop()
        text = "".join(texts).strip()
        value: object = node or None
        if text:
            value = {**node, "$": text} if node else text
        holder = self._open[-1][1] if self._open else self.tree
        if name not in holder:
            holder[name] = value
            return
        known = holder[name]
        if isinstance(known, list):
            known.append(value)
        else:
            holder[name] = [known, value]

    def close(self) -> None:
        """Nothing is left open: the parser has seen to that."""


def day_of(cursor: Cursor, name: str) -> PartialDate | None:
    """A date, no more precise than the bureau knows it: the parts it marks as estimated are not kept."""
    printed = cursor.text(name)
    found = None if printed is None else read_date(printed, f"{cursor.place}/{name}")
    node = next(iter(cursor.rows(name)), None)
    if found is None or not isinstance(node, dict):
        return found
    guessed = {part for part in ("Day", "Month", "Year") if node.get(f"estimated{part}") == "true"}
    if "Year" in guessed:
        return None
    month = None if "Month" in guessed else found.month
    return PartialDate(year=found.year, month=month, day=found.day if month and "Day" not in guessed else None)
