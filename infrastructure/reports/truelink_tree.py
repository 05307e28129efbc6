"""TrueLink's four encodings brought to one tree.

The same tree travels as JSONP with `@` before attributes and `$` for text (IdentityIQ), as JSONP with plain
names (SmartCredit, MyFreeScoreNow), with every name in camel case, or without its envelope and with
every list of one written as an object (single bureau). Here the callback is stripped, `@` dropped, `$`
unwrapped, first letters lowered, and `{}`, "" and "-" become None. Numbers stay text.
"""

from __future__ import annotations

from typing import Final

from domain.credit_reports import ReportFormat
from infrastructure.reports.cursor import Object, UnreadableReport
from infrastructure.reports.documents import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_OBJECTS,
    MAX_VALUES,
    check_depth,
    has_callback,
    load_json,
    text_of,
)

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_OBJECTS", "MAX_VALUES", "read_tree"]

_NAMES_KEPT: Final = 10_000
_LEAVES_KEPT: Final = 50_000
_ABSENT: Final = frozenset({"", "-", "--"})


def read_tree(raw: bytes) -> tuple[Object, ReportFormat]:
    """The normalised tree of an export, and the encoding it came in."""
    text = text_of(raw)
    parsed = load_json(text)
    if not isinstance(parsed, dict):
        raise UnreadableReport("/", "an object")
    signs = _Signs()
    tree = _normalised(parsed, 1, signs)
    if not isinstance(tree, dict):
        raise UnreadableReport("/", "a credit report")
    return tree, _encoding(tree, signs, has_callback(text))


class _Signs:
    """What was seen on the way that tells the encodings apart, and what was already brought to one form."""

    __slots__ = ("attributes", "capitals", "leaves", "names")

    def __init__(self) -> None:
        self.attributes = False
        self.capitals = False
        self.names: dict[str, str] = {}
        self.leaves: dict[object, object] = {}

    def name_of(self, key: str) -> str:
        """The common form of a key; empty for namespaces, which say nothing."""
        self.attributes = self.attributes or key.startswith("@") or key == "$"
        plain = key.removeprefix("@")
        name = "" if plain.startswith("xmlns") else plain[:1].lower() + plain[1:]
        self.capitals = self.capitals or name not in ("", plain)
        if len(self.names) < _NAMES_KEPT:
            self.names[key] = name
        return name


def _normalised(node: object, depth: int, signs: _Signs) -> object:
    if isinstance(node, dict):
        return _normalised_leaf(node, depth, signs) if len(node) == 2 else _normalised_object(node, depth, signs)
    if isinstance(node, str):
        text = node.strip()
        return None if text in _ABSENT else text
    if isinstance(node, bool):
        return "true" if node else "false"
    if isinstance(node, list):
        check_depth(depth)
        return [_normalised(item, depth + 1, signs) for item in node] or None
    return None


def _normalised_leaf(node: dict[str, object], depth: int, signs: _Signs) -> object:
    """Most objects of a report are cells of payment grids, and few differ: equal ones become one object."""
    cell = tuple(node.items())
    if not (type(cell[0][1]) is type(cell[1][1]) is str):
        return _normalised_object(node, depth, signs)
    check_depth(depth)
    known = signs.leaves.get(cell)
    if known is None:
        known = _normalised_object(node, depth, signs)
        if len(signs.leaves) < _LEAVES_KEPT:
            signs.leaves[cell] = known
    return known


def _normalised_object(node: dict[str, object], depth: int, signs: _Signs) -> object:
    check_depth(depth)
    tree: Object = {}
    names = signs.names
    empty = True
    for key, value in node.items():
        name = names.get(key)
        if name is None:
            name = signs.name_of(key)
        if not name:
            continue
        found: object
        if type(value) is str:
            text = value.strip()
            found = None if text in _ABSENT else text
        elif value is None:
            found = None
        else:
            found = _normalised(value, depth + 1, signs)
        if found is not None:
            tree[name] = found
            empty = False
        elif name not in tree:
            tree[name] = None
    if len(tree) == 1 and "$" in tree:
        return tree["$"]
    return None if empty else tree


def _encoding(tree: Object, signs: _Signs, in_callback: bool) -> ReportFormat:
    if signs.attributes:
        return ReportFormat.TRUELINK_IDENTITYIQ
    if "bundleComponents" not in tree and not in_callback and signs.capitals:
        return ReportFormat.TRUELINK_SINGLE_BUREAU
    return ReportFormat.TRUELINK_SMARTCREDIT if signs.capitals else ReportFormat.TRUELINK_CAMEL
