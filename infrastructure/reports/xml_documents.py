"""XML as the tree that cursors read: attributes and children by name, repeated children as lists.

Document type declarations, entities and anything outside the file are refused before they are looked at.
Namespaces are dropped; an element without attributes and children is its text, and None when that is blank.
"""

from __future__ import annotations

from typing import Final

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from infrastructure.reports.cursor import Object, UnreadableReport
from infrastructure.reports.documents import MAX_OBJECTS, MAX_VALUES, check_depth

ABSENT: Final = frozenset({"", "-", "--", "N/A", "0001-01-01", "0001-01-01T00:00:00"})
"""What vendors print where there is nothing; the first day of all is a date that a program never set."""


def load_xml(text: str, unsaid: frozenset[str] = frozenset()) -> tuple[str, object]:
    """The root element's name and its tree. An attribute of a value in `unsaid` is as good as absent."""
    if text.count("<") > 2 * MAX_OBJECTS or text.count("=") > MAX_VALUES:
        raise UnreadableReport("/", f"at most {MAX_OBJECTS} elements and {MAX_VALUES} attributes")
    builder = _Builder(unsaid)
    parser = DefusedXMLParser(target=builder, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(text)
        parser.close()
    except DefusedXmlException:
        raise UnreadableReport("/", "XML without a document type declaration, entities and external parts") from None
    except ParseError as error:
        line, column = error.position
        raise UnreadableReport(f"/ (line {line}, column {column})", "well-formed XML") from None
    return builder.root


def present(text: str) -> str | None:
    """A printed value, or None where the source printed that there is none. Blanks within it stay: in a payment
    pattern each of them is a month."""
    return None if text.strip() in ABSENT else text


def add(tree: Object, name: str, value: object) -> None:
    """Put a value under a name; what a name holds twice becomes a list, so that nothing is lost or overridden."""
    if name not in tree:
        tree[name] = value
        return
    held = tree[name]
    if isinstance(held, list):
        held.append(value)
    else:
        tree[name] = [held, value]


class _Builder:
    """Builds the tree while the parser reads, so that depth is refused on the way down."""

    def __init__(self, unsaid: frozenset[str]) -> None:
        self._unsaid = unsaid
        self.root: tuple[str, object] = ("", None)
        self._open: list[tuple[str, Object, list[str]]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        check_depth(len(self._open) + 1)
        tree: Object = {
            name: present(value)
            for name, value in attributes.items()
            if not name.startswith("{") and value not in self._unsaid
        }
        self._open.append((_local(tag), tree, []))

    def data(self, text: str) -> None:
        self._open[-1][2].append(text)

    def end(self, _: str) -> None:
        name, tree, texts = self._open.pop()
        text = present("".join(texts))
        value: object = tree if any(held is not None for held in tree.values()) else None
        if value is None:
            value = text
        elif text is not None:
            add(tree, "$", text)
        if self._open:
            add(self._open[-1][1], name, value)
        else:
            self.root = (name, value)

    def close(self) -> None:
        """The parser asks for this at the end; the tree is in `root`."""


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
