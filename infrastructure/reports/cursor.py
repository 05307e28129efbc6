"""A typed reader over a normalised JSON tree: every read knows its place, and no error repeats a value."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import ClassVar, Final

from domain.kernel import Invalid
from domain.money import NotAnAmount, parse_cents
from domain.partial_dates import PartialDate

Object = dict[str, object]

TEXT_MAX: Final = 2_000
_DATE: Final = re.compile(
    r"\A(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?(?:[T ]\d{2}:\d{2}[0-9:.]*)?(?:Z|[+-]\d{2}:?\d{2})?\Z"
)
_US_DATE: Final = re.compile(r"\A(?:(?P<month>\d{1,2})/)?(?:(?P<day>\d{1,2})/)?(?P<year>\d{4})\Z")
_ISO_DAY: Final = re.compile(r"\A(\d{4})-(\d{2})-(\d{2})\Z", re.ASCII)
_USUAL_DATE: Final = len("2026-01-05")
_DIGITS: Final = re.compile(r"\A(?P<month>[0-9]{2})(?P<day>[0-9]{2})?(?P<year>[0-9]{4})\Z")
_NO_DATE: Final = frozenset({"0", "0000", "0000-00", "0000-00-00", "00/00/0000"})
_PLAIN: Final = re.compile(r"\A[!-~]+(?: [!-~]+)*\Z")
"""A text that needs no tidying: printable characters, single blanks."""

_CODE_NAMES: Final = frozenset({"symbol", "description", "abbreviation", "rank"})
_WHOLE: Final = re.compile(r"\A[0-9]{1,5}(?:\.0+)?\Z")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class UnreadableReport(Invalid):
    """The report cannot be read at one place.

    The message says where and what was expected, never what stood there: reports hold personal data.
    """

    code: ClassVar[str] = "unreadable_report"

    def __init__(self, place: str, expected: str) -> None:
        super().__init__(f"the report cannot be read at {place or '/'}: expected {expected}", place=place or "/")
        self.place = place or "/"
        self.expected = expected


class Tally:
    """How many fields of the source were read, and how many were left unread."""

    def __init__(self) -> None:
        self.read = 0
        self.ignored = 0


class Cursor:
    """One object of the tree, at its place."""

    __slots__ = ("_seen", "_tally", "_tree", "place")

    def __init__(self, tree: Object, place: str, tally: Tally) -> None:
        self._tree = tree
        self._tally = tally
        self._seen: set[str] = set()
        self.place = place

    def close(self) -> None:
        """Count this object's fields as read or left unread."""
        present = {name for name, value in self._tree.items() if value is not None}
        self._tally.read += len(present & self._seen)
        self._tally.ignored += len(present - self._seen)

    def has(self, name: str) -> bool:
        """Whether the field is there and not empty."""
        return self._tree.get(name) is not None

    def child(self, name: str) -> Cursor:
        """The object under `name`; an empty one when absent, the only or first one of a list."""
        return next(iter(self.children(name)), None) or Cursor({}, f"{self.place}/{name}", self._tally)

    def children(self, name: str) -> list[Cursor]:
        """The objects under `name`: none, one standing alone, or a list."""
        found = self._get(name)
        if found is None:
            return []
        place = f"{self.place}/{name}"
        rows = found if isinstance(found, list) else [found]
        cursors = []
        for index, row in enumerate(rows):
            if row is None:
                continue
            at = f"{place}/{index}"
            if not isinstance(row, dict):
                raise UnreadableReport(at, "an object")
            cursors.append(Cursor(row, at, self._tally))
        return cursors

    def text(self, name: str) -> str | None:
        """A printed text, blanks collapsed; None when absent."""
        found = self._get(name)
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        if isinstance(found, dict):
            found = found.get("$", found)
        if found is None:
            return None
        return _text_of(found, self.place, name)

    def code(self, name: str) -> tuple[str | None, str | None]:
        """Symbol and words of a coded value, which is `{symbol, description, abbreviation}` or a bare text."""
        found = self._get(name)
        if found is None or isinstance(found, str):
            bare = self.text(name)
            return bare, bare
        if type(found) is dict:
            mark, said = found.get("symbol"), found.get("description")
            if type(mark) is type(said) is str:
                self._tally_code(found)
                symbol, words = _text_of(mark, self.place, name), _text_of(said, self.place, name)
                return symbol, words or symbol
        coded = self.child(name)
        words = coded.text("description") or coded.text("abbreviation")
        coded._seen |= _CODE_NAMES
        symbol = coded.text("symbol")
        coded.close()
        return symbol, words or symbol

    def _tally_code(self, found: Object) -> None:
        known = sum(1 for name in _CODE_NAMES if found.get(name) is not None)
        self._tally.read += known
        if len(found) > known:
            self._tally.ignored += sum(1 for name, value in found.items() if value is not None) - known

    def coded(self, name: str) -> tuple[str | None, str | None]:
        """Code and words of a value printed as `{code, description}`; a bare code has no words."""
        found = self._get(name)
        if found is None or isinstance(found, str):
            return self.text(name), None
        value = self.child(name)
        code, words = value.text("code"), value.text("description")
        value.close()
        return code, words

    def names(self, name: str) -> list[str]:
        """Every text by which a coded value names something, symbol first."""
        found = self._get(name)
        if found is None or isinstance(found, str):
            return [bare] if (bare := self.text(name)) else []
        coded = self.child(name)
        texts = [coded.text(part) for part in ("symbol", "abbreviation", "description")]
        coded.close()
        return [text for text in texts if text]

    def cents(self, name: str) -> int | None:
        """An amount of dollars, in cents."""
        printed = self.text(name)
        return None if printed is None else self.cents_of(printed, name)

    def cents_of(self, printed: str, name: str) -> int:
        """The amount that the text under `name` states."""
        try:
            return parse_cents(printed)
        except NotAnAmount:
            raise UnreadableReport(f"{self.place}/{name}", "an amount of dollars") from None

    def count(self, name: str) -> int | None:
        """A whole number of things, 0 to 99,999."""
        printed = self.text(name)
        return None if printed is None else self.count_of(printed, name)

    def count_of(self, printed: str, name: str) -> int:
        """The whole number that the text under `name` states."""
        if not _WHOLE.match(printed):
            raise UnreadableReport(f"{self.place}/{name}", "a whole number")
        return int(printed.split(".")[0])

    def day(self, name: str) -> PartialDate | None:
        """A date, as precise as it was printed: year, month or day."""
        printed = self.text(name)
        return None if printed is None else self.day_of(printed, name)

    def day_of(self, printed: str, name: str) -> PartialDate | None:
        """The date that the text under `name` states."""
        return read_date(printed, f"{self.place}/{name}")

    def digits(self, name: str) -> PartialDate | None:
        """A date printed as `MMDDYYYY` or `MMYYYY`, as precise as it was printed."""
        printed = self.text(name)
        return None if printed is None else read_digits(printed, f"{self.place}/{name}")

    def rows(self, name: str) -> list[object]:
        """The raw items under `name`, for long lists that are read without a cursor each."""
        found = self._get(name)
        if found is None:
            return []
        return found if isinstance(found, list) else [found]

    def note_read(self, count: int) -> None:
        """Count fields read without a cursor."""
        self._tally.read += count

    def _get(self, name: str) -> object:
        self._seen.add(name)
        return self._tree.get(name)


def _text_of(found: object, place: str, name: str) -> str | None:
    if not isinstance(found, str):
        raise UnreadableReport(f"{place}/{name}", "a text")
    if len(found) > TEXT_MAX:
        raise UnreadableReport(f"{place}/{name}", f"a text of at most {TEXT_MAX} characters")
    if found.isalnum() or _PLAIN.match(found):
        return found
    return " ".join(_CONTROL.sub(" ", found).split()) or None


def read_date(printed: str, place: str) -> PartialDate | None:
    """A printed date in ISO or U.S. order; None for the zeros some vendors print when there is none."""
    usual = _usual_date(printed) if len(printed) == _USUAL_DATE else None
    return usual or _any_date(printed, place)


@lru_cache(maxsize=20_000)
def _usual_date(printed: str) -> PartialDate | None:
    """Dates as nearly all are written, each made once."""
    found = _ISO_DAY.match(printed)
    try:
        return PartialDate(year=int(found[1]), month=int(found[2]), day=int(found[3])) if found else None
    except ValueError:
        return None


def _any_date(printed: str, place: str) -> PartialDate | None:
    if printed in _NO_DATE:
        return None
    found = _DATE.match(printed) or _US_DATE.match(printed) if printed.isascii() else None
    if found is None:
        raise UnreadableReport(place, "a date")
    return _calendar_date(found, place)


def read_digits(printed: str, place: str) -> PartialDate | None:
    """A date of digits alone: `MMDDYYYY` with day 00 where only the month is known, or `MMYYYY`; None for zeros.

    One zero may be missing in front, since some senders write such dates as numbers.
    """
    if not printed.strip("0"):
        return None
    found = _DIGITS.match(printed.zfill(8 if len(printed) > 6 else 6))
    if found is None or len(printed) < 5:
        raise UnreadableReport(place, "a date of digits")
    return _calendar_date(found, place)


def _calendar_date(found: re.Match[str], place: str) -> PartialDate:
    year, month, day = (int(part) if (part := found[name]) else None for name in ("year", "month", "day"))
    try:
        return PartialDate.model_validate({"year": year, "month": month or None, "day": day or None})
    except ValueError:
        raise UnreadableReport(place, "a date of the calendar") from None


def as_day(found: PartialDate | None, place: str) -> date | None:
    """A date that must be known to the day."""
    if found is None:
        return None
    if found.day is None:
        raise UnreadableReport(place, "a date with its day")
    return found.earliest
