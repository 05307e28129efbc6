"""Where the amounts, dates, numbers and names in a text come from: each must stand in a fact."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from domain.bureaus import Bureau
from domain.wording import MONTHS


class DatePart(NamedTuple):
    """A date as precise as it was written; `day` None means the month."""

    year: int
    month: int
    day: int | None


_MONTH: Final = "|".join((*MONTHS, *(f"{name[:3]}\\.?" for name in MONTHS), "Sept\\.?"))
_WRITTEN: Final = re.compile(
    rf"\b(?P<month>{_MONTH}) (?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? )?(?P<year>\d{{4}})\b", re.I
)
_SLASHED: Final = re.compile(r"\b(?P<month>\d{1,2})/(?:(?P<day>\d{1,2})/)?(?P<year>\d{4})\b")
_ISO: Final = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})(?:-(?P<day>\d{2}))?\b(?!-)")
_AMOUNT: Final = re.compile(r"\$ ?(?P<dollars>\d[\d,]*)(?:\.(?P<cents>\d{2})(?!\d))?")
_DIGITS: Final = re.compile(r"\d[\d,]*(?:\.\d+)?")
_NAME: Final = re.compile("[A-Z][\\w&'\u2019-]*")
_WORD: Final = re.compile("[\\w&'\u2019-]+")

_COMMON: Final = (
    "i my a an the this that these it its both each all no not in on at as for from of to and or but if by with before"
    " after since when while one two three four five please according under another account balance report reported"
    " information inquiry public record personal date payment status credit"
)
_ACTS: Final = (
    "reports reported says said lists listed shows showed sold bought owns owned claims claimed told charged closed"
    " opened sent agreed holds collects collected"
)
ACTS: Final = frozenset(_ACTS.split())
"""What companies do. A capitalised word that does it at the start of a sentence is taken for a name."""
SUBJECTS: Final = frozenset(["they", "he", "she", "we", "you", "which", "nothing", "something", "nobody", "history"])
"""Ordinary words that do such things too."""

_BUREAUS: Final = frozenset(bureau.value for bureau in Bureau)
COMMON: Final = frozenset(_COMMON.split())
"""Ordinary words that may carry a capital without being a name."""


class Known:
    """What a set of facts says: the amounts in cents, dates, figures and words that a text may use."""

    def __init__(self, facts: Iterable[str]) -> None:
        texts = tuple(facts)
        self.amounts = {cents for text in texts for cents in amounts(text)}
        self.dates = {day for text in texts for day in dates(text)}
        self.figures = {_plain(figure) for text in texts for figure in _DIGITS.findall(text)}
        self.figures |= {str(day.year) for day in self.dates}
        self.words = {_bare(word) for text in texts for word in _WORD.findall(text)}

    def has_date(self, day: DatePart) -> bool:
        """A month is known if any day of it is; a day only if exactly that day is."""
        if day.day is None:
            return any((fact.year, fact.month) == (day.year, day.month) for fact in self.dates)
        return day in self.dates


def untraced(text: str, known: Known) -> Iterator[str]:
    """The kinds of statement in `text` that no fact supports: `amount`, `date`, `figure`, `name`."""
    if any(cents not in known.amounts for cents in amounts(text)):
        yield "amount"
    if any(not known.has_date(day) for day in dates(text)):
        yield "date"
    rest = _AMOUNT.sub(" ", _without_dates(text))
    if any(_plain(figure) not in known.figures for figure in _DIGITS.findall(rest)):
        yield "figure"
    if any(_bare(name) not in known.words for name in _names(text)):
        yield "name"


def amounts(text: str) -> Iterator[int]:
    """Amounts with a dollar sign, in cents."""
    for found in _AMOUNT.finditer(text):
        yield int(found["dollars"].replace(",", "")) * 100 + int(found["cents"] or 0)


def dates(text: str) -> Iterator[DatePart]:
    """Dates written as March 3, 2026, March 2026, 3/3/2026, 3/2026, 2026-03-03 or 2026-03."""
    for found in _WRITTEN.finditer(text):
        yield DatePart(int(found["year"]), _month_number(found["month"]), _day(found["day"]))
    for pattern in (_SLASHED, _ISO):
        for found in pattern.finditer(text):
            yield DatePart(int(found["year"]), int(found["month"]), _day(found["day"]))


def _without_dates(text: str) -> str:
    for pattern in (_WRITTEN, _SLASHED, _ISO):
        text = pattern.sub(" ", text)
    return text


def _month_number(name: str) -> int:
    return next(n for n, month in enumerate(MONTHS, start=1) if month[:3].casefold() == name[:3].casefold())


def _day(text: str | None) -> int | None:
    return int(text) if text else None


def _plain(figure: str) -> str:
    return figure.replace(",", "").rstrip(".")


def _names(text: str) -> Iterator[str]:
    """Words with a capital that are not just the first of a sentence; a run of them there counts as a name."""
    for clause in re.split(r"(?<=[.!?:;])\s+|[“”()]", _without_dates(text)):
        words = _WORD.findall(clause)
        for place, word in enumerate(words):
            if not _NAME.fullmatch(word) or _bare(word) in COMMON:
                continue
            following = words[1] if len(words) > 1 else ""
            leads_a_name = _NAME.fullmatch(following) and _bare(following) not in COMMON
            acts = following in ACTS and _bare(word) not in SUBJECTS
            if place > 0 or leads_a_name or acts or (len(word) > 1 and word.isupper()) or _bare(word) in _BUREAUS:
                yield word


def _bare(word: str) -> str:
    """The word as compared: without capitals and without the possessive ending."""
    return re.sub("['\u2019]s$", "", word.casefold())
