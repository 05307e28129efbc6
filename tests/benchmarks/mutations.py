"""Harm done to a report's bytes, its tokens, or its tree: what broken exports, proxies and attackers send.

No value that is put in names a bureau, so a bureau's name in a mutated payload was in the report before.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable
from typing import Any, Final
from xml.etree import ElementTree

_CALLBACK: Final = re.compile(rb"\A\s*([\w$.]+\()(.*)(\);?)\s*\Z", re.S)
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null|>[^<>]+<')
_NAME: Final = re.compile(rb"(?<![A-Za-z])(TUC|TransUnion|EXP|XPN|Experian|EQF|EFX|Equifax)(?![A-Za-z])")
TEXTS: Final = (
    "", " ", "-", "--", "0", "-1", "00", "1e999", "NaN", "9" * 40, "1" * 70, "0000-00-00", "2026-13-45", "9999-99-99",
    "0001-01-01", "12/31", "2026", "2026-02", "--05-04", "01052026", "13322026", "\x00", "\ud800", "\u0131\u0130\ufb01",
    "\u0662\u0660\u0662\u0666-\u0660\u0661-\u0660\u0665", "x" * 2_100, "\u00e9" * 5_000, "$1,234.50", "-$5", "(12)",
    "1.5", ".", "{}", "[]", "null", "true", "U", "9", "C" * 400, "/", "E/ E", "<a>", "&amp;", "&#0;", "]]>", "%s",
    "\t\n",
)  # fmt: skip
VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1.5, 10**30, -0.0, {}, [], [[]], [None], [{}], {"$": None}, {"$": []}, {"$": {"$": "x"}},
    {"symbol": []}, {"symbol": {"symbol": "x"}}, {"description": 5}, {"@": "x"}, {"": ""}, [1, "a", None, {}], *TEXTS,
)  # fmt: skip
_LAUGHS: Final = (
    b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
)
_WHOLE: Final[tuple[Callable[[bytes], bytes], ...]] = (
    lambda raw: b"",
    lambda raw: b"<!DOCTYPE html><html><body><p>Please sign in</p></body></html>",
    lambda raw: b'{"a":' * 4_000 + raw,
    lambda raw: b"[" * 9_000,
    lambda raw: b"<a>" * 6_000 + raw,
    lambda raw: _LAUGHS + re.sub(rb"\A<\?xml[^>]*\?>", b"", raw),
    lambda raw: raw.decode("utf-8", "replace").encode("utf-16"),
    lambda raw: b"\xef\xbb\xbf" + raw,
    lambda raw: raw + raw,
    lambda raw: b"cb(" + raw + b")",
    lambda raw: b"[" + raw + b"]",
    lambda raw: json.dumps(raw.decode("utf-8", "replace")).encode(),
)


def mutate(rng: random.Random, raw: bytes) -> bytes:
    """The bytes after one act of harm."""
    [act] = rng.choices((_bytes, _tokens, _tree, _names, _whole), (2, 3, 8, 4, 0.3))
    return act(rng, raw)


def _whole(rng: random.Random, raw: bytes) -> bytes:
    return rng.choice(_WHOLE)(raw)


def _bytes(rng: random.Random, raw: bytes) -> bytes:
    if not raw:
        return raw
    at, length = rng.randrange(len(raw)), rng.choice((1, 1, 2, 5, 40, 400))
    part, other = raw[at : at + length], rng.randrange(len(raw))
    return rng.choice(
        (
            lambda: raw[:at] + bytes(rng.randrange(256) for _ in range(length)) + raw[at + length :],
            lambda: raw[:at] + bytes([raw[at] ^ (1 << rng.randrange(8))]) + raw[at + 1 :],
            lambda: raw[:at] + raw[at + length :],
            lambda: raw[:at] + part + raw[at:],
            lambda: raw[:other] + part + raw[other:],
            lambda: raw[:at],
            lambda: raw[at:],
            lambda: raw[:at] + rng.choice((b'"', b"\\", b"{", b"}", b"<", b"&", b"\xff", b"\\u0000")) + raw[at:],
        )
    )()


def _tokens(rng: random.Random, raw: bytes) -> bytes:
    for _ in range(rng.choice((1, 1, 2, 4))):
        token = _TOKEN.search(raw, rng.randrange(len(raw) + 1))
        other = _TOKEN.search(raw, rng.randrange(len(raw) + 1))
        if token is None or other is None:
            continue
        old = token[0]
        odd = rng.choice(TEXTS).encode("utf-8", "surrogatepass")
        new = {34: b'"' + odd + b'"', 62: b">" + odd + b"<"}.get(old[0], odd)
        new = rng.choice((new, other[0], b"", old + old, json.dumps(rng.choice(VALUES)).encode()))
        raw = raw[: token.start()] + new + raw[token.end() :]
    return raw


def _names(rng: random.Random, raw: bytes) -> bytes:
    """Harm to names of bureaus, by which rows are attributed: lost, garbled, or another one of the same payload."""
    for _ in range(rng.choice((1, 1, 2, 6))):
        name = _NAME.search(raw, rng.randrange(len(raw) + 1))
        other = _NAME.search(raw, rng.randrange(len(raw) + 1))
        if name and other:
            garbled = name[1][:-1] + b"?"
            new = rng.choice((b"", b"-", b"Merge", garbled, other[1], name[1].lower(), b" " + name[1] + b" "))
            raw = raw[: name.start(1)] + new + raw[name.end(1) :]
    return raw


def _tree(rng: random.Random, raw: bytes) -> bytes:
    head, body, tail = b"", raw, b""
    if found := _CALLBACK.match(raw):
        head, body, tail = found.groups()
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        return _elements(rng, raw)
    try:
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            _harm(rng, _some_place(rng, tree), _some_place(rng, tree))
        return head + json.dumps(tree).encode() + tail
    except RecursionError:
        return raw  # one act of nesting upon another went deeper than this program can write


def _some_place(rng: random.Random, tree: Any) -> tuple[Any, Any] | None:
    """A place somewhere in the tree, as its container and its key."""
    place, node, stop = None, tree, rng.choice((0.05, 0.15, 0.4))
    while isinstance(node, dict | list) and node and (place is None or rng.random() > stop):
        key = rng.choice(list(node)) if isinstance(node, dict) else rng.randrange(len(node))
        place, node = (node, key), node[key]
    return place


def _harm(rng: random.Random, place: tuple[Any, Any] | None, other_place: tuple[Any, Any] | None) -> None:
    if place is None or other_place is None:
        return
    (holder, key), (other_holder, other_key) = place, other_place
    value, other = holder[key], other_holder[other_key]
    act = rng.randrange(8)
    if act == 0:
        del holder[key]
    elif act == 1:
        holder[key] = [value]
    elif act == 2:
        holder[key] = copy.deepcopy(other)
    elif act == 3 and isinstance(value, list) and value:
        value.append(copy.deepcopy(rng.choice(value)))
    elif act == 4 and isinstance(holder, dict):
        holder[rng.choice(("@" + key, key.swapcase(), key[:1].swapcase() + key[1:], key + "s", "$", ""))] = value
    elif act == 5:
        holder[key], other_holder[other_key] = copy.deepcopy(other), copy.deepcopy(value)
    elif act == 6:
        for _ in range(rng.choice((2, 30, 200))):
            value = {"$": value} if rng.random() < 0.5 else [value]
        holder[key] = value
    else:
        holder[key] = copy.deepcopy(rng.choice(VALUES))


def _elements(rng: random.Random, raw: bytes) -> bytes:
    """The same for a tree of elements."""
    try:
        root = ElementTree.fromstring(raw)
    except (ElementTree.ParseError, ValueError, LookupError):
        return _tokens(rng, raw)
    elements = list(root.iter())
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        element, other = rng.choice(elements), rng.choice(elements)
        _harm_element(rng, element, other)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=rng.random() < 0.5)


def _harm_element(rng: random.Random, element: ElementTree.Element, other: ElementTree.Element) -> None:
    plain = [text for text in TEXTS if text.isprintable() and "\ud800" not in text]
    act, name = rng.randrange(8), rng.choice(sorted(element.attrib) or [""])
    if act == 0 and len(element):
        element.remove(rng.choice(list(element)))
    elif act == 1 and len(element):
        element.append(copy.deepcopy(rng.choice(list(element))))
    elif act == 2 and name:
        del element.attrib[name]
    elif act == 3 and other.attrib and name:
        element.set(name, rng.choice(list(other.attrib.values())))
    elif act == 4:
        element.tag = rng.choice((other.tag, element.tag.swapcase(), element.tag + "S"))
    elif act == 5:
        element.text = rng.choice((other.text, rng.choice(plain)))
    elif act == 6 and element is not other and element not in list(other.iter()):
        element.append(copy.deepcopy(other) if len(list(other.iter())) < 400 else ElementTree.Element("x"))
    elif name:
        element.set(name, rng.choice(plain))
