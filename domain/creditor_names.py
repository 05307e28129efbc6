"""Creditors' names, which every bureau abbreviates its own way; the names themselves stand in `creditors.toml`."""

from __future__ import annotations

import re
import tomllib
from difflib import SequenceMatcher
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

_TABLE: Final[dict[str, Any]] = tomllib.loads(files("domain").joinpath("creditors.toml").read_text(encoding="utf-8"))
_ALIASES: Final[dict[str, str]] = _TABLE["abbreviations"] | {
    printed: entry["name"] for entry in _TABLE["names"] for printed in entry["printed"] if " " not in printed
}
_PHRASES: Final = tuple(
    (printed, entry["name"]) for entry in _TABLE["names"] for printed in entry["printed"] if " " in printed
)
_NOISE: Final = frozenset(_TABLE["noise"]["words"])


@lru_cache(maxsize=20_000)
def normalised_creditor(name: str | None) -> str:
    """A creditor's name with known abbreviations spelt out, words of no distinction dropped, words sorted."""
    text = " ".join(re.findall(r"[A-Z0-9]+", (name or "").upper()))
    for phrase, joined in _PHRASES:
        text = text.replace(phrase, joined)
    words = {part for word in text.split() for part in _ALIASES.get(word, word).split()}
    return " ".join(sorted(words - _NOISE or words))


@lru_cache(maxsize=50_000)
def name_similarity(one: str | None, other: str | None) -> float:
    """How alike two creditors' names are as sets of words, 0 to 1; 0.9 when one only adds words to the other."""
    left, right = normalised_creditor(one), normalised_creditor(other)
    if not left or not right:
        return 0.0
    if left == right:
        return 1.0
    left_words, right_words = set(left.split()), set(right.split())
    if left_words <= right_words or right_words <= left_words:
        return 0.9
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


_DEBT_BUYERS: Final = tuple(
    frozenset(normalised_creditor(name).split()) for entry in _TABLE["debt_buyers"] for name in entry["names"]
)


def buys_debts(name: str | None) -> bool:
    """Whether the company is known to buy debts: the same debt may come back under another such name."""
    words = set(normalised_creditor(name).split())
    return any(buyer <= words for buyer in _DEBT_BUYERS)
