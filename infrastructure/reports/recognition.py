"""Which format a report is in, told from its content alone: a file's name may say anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from domain.credit_reports import CanonicalReport
from infrastructure.reports.cursor import UnreadableReport
from infrastructure.reports.documents import has_callback, text_of

_ASIDE: Final = re.compile(r"\s*(<\?|<!--)")
_CLOSING: Final = {"<?": "?>", "<!--": "-->"}
_ELEMENT: Final = re.compile(r"\s*<(?:!DOCTYPE\s+)?(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)", re.IGNORECASE)
_PDF_WITHIN: Final = 1024


class Parse(Protocol):
    """Reads one family of formats. Raises UnreadableReport and nothing else."""

    def __call__(self, raw: bytes, *, pulled_on: date | None = None, latest: date = date.max) -> CanonicalReport: ...


@dataclass(frozen=True)
class Format:
    """One family of formats: its name for a reader, the JSON names or XML root that mark it, and its parser."""

    name: str
    parse: Parse
    json_names: tuple[str, ...] = ()
    xml_roots: tuple[str, ...] = ()


def recogniser(formats: Sequence[Format]) -> Callable[[bytes], Format]:
    """A function that tells which of `formats` some bytes are in.

    JSON is known by the first marking name in it, because an envelope stands before what it holds; XML by its
    root element. Everything else is refused with what it looks like and what is read here.
    """
    by_name = {name: known for known in formats for name in known.json_names}
    by_root = {root: known for known in formats for root in known.xml_roots}
    names = re.compile(rf'(?<!\\)"@?({"|".join(map(re.escape, by_name))})"\s*:')
    read_here = ", ".join(known.name for known in formats)

    def recognise(raw: bytes) -> Format:
        found, looks_like = None, "a PDF document"
        if not _is_pdf(raw):
            text = _text(raw, read_here)
            if text.startswith("<"):
                root = _root(text)
                found, looks_like = by_root.get(root), "a web page" if _is_page(root) else "other XML"
            elif text.startswith(("{", "[")) or has_callback(text):
                marked = names.search(text)
                found, looks_like = by_name[marked[1]] if marked else None, "other JSON"
            else:
                looks_like = "plain text" if text else "an empty file"
        if found is None:
            raise UnreadableReport("/", f"one of the formats read here ({read_here}), not {looks_like}")
        return found

    return recognise


def media_type_of(raw: bytes) -> str:
    """What a file is, as whoever sends it on should call it, told from its content too."""
    if _is_pdf(raw):
        return "application/pdf"
    try:
        text = text_of(raw).lstrip()
    except UnreadableReport:
        return "application/octet-stream"
    if text.startswith("<"):
        return "text/html" if _is_page(_root(text)) else "application/xml"
    if has_callback(text):
        return "application/javascript"
    return "application/json" if text.startswith(("{", "[")) else "application/octet-stream"


def _is_pdf(raw: bytes) -> bool:
    return raw[:_PDF_WITHIN].lstrip().startswith(b"%PDF-")


def _is_page(root: str) -> bool:
    return root.lower() == "html"


def _text(raw: bytes, read_here: str) -> str:
    try:
        return text_of(raw).lstrip()
    except UnreadableReport as unread:
        raise UnreadableReport(unread.place, f"{unread.expected}, in one of the formats {read_here}") from None


def _root(text: str) -> str:
    """The name of the first element, or of the document type, after declarations and comments."""
    at = 0
    while aside := _ASIDE.match(text, at):
        end = text.find(_CLOSING[aside[1]], aside.end())
        if end < 0:
            return ""
        at = end + len(_CLOSING[aside[1]])
    found = _ELEMENT.match(text, at)
    return found[1] if found else ""
