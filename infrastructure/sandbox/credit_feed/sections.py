"""The sections of a merged report: which rows are whose, and a report with some left out.

TrueLink's trees are read here by themselves, without the product's own reader, so that a row which that reader lost
is still counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from domain.bureaus import Bureau

_WRAPPED: Final = re.compile(rb"\s*([A-Za-z_$][\w$.]*)\((.*)\)\s*;?\s*", re.DOTALL)
_OUTER: Final = {"bundlecomponents", "truelinkcreditreporttype"}
_SYMBOLS: Final = {"EQF": Bureau.EQUIFAX, "EXP": Bureau.EXPERIAN, "TUC": Bureau.TRANSUNION}


class NoSections(ValueError):
    """The report is none whose sections can be told apart here."""


class Sections:
    """A TrueLink report, open to be counted and cut. Raises NoSections for any other."""

    def __init__(self, raw: bytes) -> None:
        wrapped = _WRAPPED.fullmatch(raw)
        self._call = wrapped[1] if wrapped else None
        try:
            self._tree: Any = json.loads(wrapped[2] if wrapped else raw)
        except (ValueError, RecursionError):
            raise NoSections from None
        if not isinstance(self._tree, dict) or not _OUTER & set(map(_plain, self._tree)):
            raise NoSections

    def rows(self) -> list[Bureau]:
        """Whose each tradeline is, in the order of the report."""
        return [bureau for row in _tradelines(self._tree) if (bureau := _bureau_of(row)) is not None]

    def without(self, bureaus: frozenset[Bureau]) -> bytes:
        """The report as if these bureaus had not answered."""
        return self._written(_less(self._tree, lambda node, _: _bureau_of(node) in bureaus))

    def losing(self, rows: int) -> bytes:
        """The report with its last tradelines lost on the way, of which it says nothing."""
        doomed = {id(row) for row in list(_tradelines(self._tree))[-rows:]} if rows > 0 else set()
        return self._written(_less(self._tree, lambda node, _: id(node) in doomed))

    def _written(self, tree: Any) -> bytes:
        text = json.dumps(tree, separators=(",", ":")).encode()
        return text if self._call is None else self._call + b"(" + text + b");"


def _less(node: Any, is_left_out: Any) -> Any:
    if isinstance(node, list):
        return [_less(item, is_left_out) for item in node if not is_left_out(item, None)]
    if isinstance(node, dict):
        return {
            name: _less(value, is_left_out)
            for name, value in node.items()
            if not (isinstance(value, dict) and _plain(name) not in ("source", "bureau") and is_left_out(value, name))
        }
    return node


def _tradelines(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for item in node:
            yield from _tradelines(item)
    elif isinstance(node, dict):
        for name, value in node.items():
            if _plain(name) == "tradeline":
                yield from (row for row in (value if isinstance(value, list) else [value]) if isinstance(row, dict))
            else:
                yield from _tradelines(value)


def _bureau_of(node: Any) -> Bureau | None:
    """Whose this part of the tree is, if it is one bureau's."""
    if not isinstance(node, dict):
        return None
    kind = _text(_named(node, "type"))
    if kind[3:].startswith(("VantageScore", "Report")):
        return _SYMBOLS.get(kind[:3])
    source = _named(node, "source")
    bureau = _named(source if isinstance(source, dict) else node, "bureau")
    return _SYMBOLS.get(_text(_named(bureau, "symbol"))) if isinstance(bureau, dict) else None


def _named(node: dict[str, Any], name: str) -> Any:
    return next((value for key, value in node.items() if _plain(key) == name), None)


def _plain(name: str) -> str:
    """TrueLink's encodings write one name as `Source`, `source` or `@source`."""
    return name.removeprefix("@").lower()


def _text(value: Any) -> str:
    inner = value.get("$") if isinstance(value, dict) else value
    return inner if isinstance(inner, str) else ""
