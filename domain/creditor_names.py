"""Creditors' names, which every bureau abbreviates its own way."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

_ALIASES: Final = {
    "JPMCB": "CHASE",
    "JPMORGAN": "CHASE",
    "AMEX": "AMERICAN EXPRESS",
    "AMERICANEXPRESS": "AMERICAN EXPRESS",
    "AMERICANEXP": "AMERICAN EXPRESS",
    "CITI": "CITIBANK",
    "CITICARDS": "CITIBANK",
    "CBNA": "CITIBANK",
    "SYNCB": "SYNCHRONY",
    "CAPONE": "CAPITAL ONE",
    "CAP1": "CAPITAL ONE",
    "BOFA": "BANKAMERICA",
    "BK": "BANK",
    "WF": "WELLSFARGO",
    "PRA": "PORTFOLIO RECOVERY",
    "PORTFOLIORC": "PORTFOLIO RECOVERY",
    "LVNV": "LVNV FUNDING",
    "MCM": "MIDLAND CREDIT",
    "MIDLANDCRED": "MIDLAND CREDIT",
    "FIN": "FINANCIAL",
    "SVCS": "SERVICES",
    "SVC": "SERVICES",
    "CRED": "CREDIT",
    "COLL": "COLLECTION",
    "MTG": "MORTGAGE",
    "FCU": "FEDERAL CREDIT UNION",
}
_PHRASES: Final = (
    ("BANK OF AMERICA", "BANKAMERICA"),
    ("BK OF AMER", "BANKAMERICA"),
    ("WELLS FARGO", "WELLSFARGO"),
    ("AMERICAN EXPRESS", "AMERICANEXPRESS"),
)
_NOISE: Final = frozenset(
    {"BANK", "NA", "N", "A", "USA", "US", "CARD", "CARDS", "LLC", "INC", "CORP", "CO", "THE", "OF", "SERVICES", "LP"}
)


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
