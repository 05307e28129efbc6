"""A second, simple reading of a payload: does a row that carries a mark name a bureau itself?

It knows nothing of formats. The row is the smallest part of the payload that holds the mark and any bureau's name; if
that part holds the mark of another row too, the row itself names no bureau.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from typing import Any, Final
from xml.etree import ElementTree

from domain.bureaus import Bureau

_WORDS: Final = {
    "TUC": Bureau.TRANSUNION, "TU": Bureau.TRANSUNION, "TRANSUNION": Bureau.TRANSUNION,
    "EXP": Bureau.EXPERIAN, "XPN": Bureau.EXPERIAN, "EXPERIAN": Bureau.EXPERIAN,
    "EQF": Bureau.EQUIFAX, "EFX": Bureau.EQUIFAX, "EQUIFAX": Bureau.EQUIFAX,
}  # fmt: skip
_CALLBACK: Final = re.compile(r"\A\ufeff?\s*[\w$.]+\s*\((.*)\)\s*;?\s*\Z", re.S)

Node = tuple[list[str], list[Any]]
"""The texts of a part of the payload itself, and its parts."""


def names_bureau(raw: bytes, mark: str, bureau: Bureau, marks: Iterable[str]) -> bool:
    """Whether a row with this mark names this bureau in the payload. What cannot be read a second time names none."""
    whole = _read(raw)
    others = set(marks) - {mark}
    return whole is not None and any(bureau in named for named in _rows(whole, mark, others))


def _rows(node: Node, mark: str, others: set[str]) -> Iterator[set[Bureau]]:
    """The bureaus named in each smallest part that holds the mark and a bureau's name."""
    found = list(_smallest(node, mark))
    for texts in found:
        if not others & set(texts):
            yield {known for text in texts if (known := bureau_in(text))}


def _smallest(node: Node, mark: str) -> Iterator[list[str]]:
    texts = list(_texts(node))
    if not any(mark == " ".join(text.split()) for text in texts):
        return
    inner = [found for part in node[1] for found in _smallest(part, mark)]
    if inner:
        yield from inner
    elif any(bureau_in(text) for text in texts):
        yield texts


def _texts(node: Node) -> Iterator[str]:
    yield from node[0]
    for part in node[1]:
        yield from _texts(part)


def bureau_in(text: str) -> Bureau | None:
    """The bureau that a text is the name or symbol of."""
    return _WORDS.get("".join(text.upper().split()))


def _read(raw: bytes) -> Node | None:
    marked = raw[:2] in (BOM_UTF16_LE, BOM_UTF16_BE)
    text = raw.decode("utf-16" if marked else "utf-8", "ignore" if marked else "surrogateescape")
    callback = _CALLBACK.match(text)
    try:
        return _of_json(json.loads((callback[1] if callback else text).lstrip("\ufeff"), object_pairs_hook=_Pairs))
    except (ValueError, RecursionError):
        pass
    try:
        return _of_xml(ElementTree.fromstring(raw))
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError):
        return None


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object, with names that occur twice."""


def _of_json(value: Any) -> Node:
    if isinstance(value, _Pairs):
        return [], [_of_json(member) for _, member in value]
    if isinstance(value, list):
        return [], [_of_json(item) for item in value]
    return [value] if isinstance(value, str) else [], []


def _of_xml(element: ElementTree.Element) -> Node:
    texts = [*element.attrib.values(), element.text or "", element.tail or ""]
    return texts, [_of_xml(child) for child in element]
