"""Money as the domain keeps it: integer cents, never a float, and absent is not zero."""

from __future__ import annotations

import re
from typing import Final

_AMOUNT: Final = re.compile(r"\A(?P<sign>-?)\$?(?P<whole>\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.(?P<part>\d{1,2})0*)?\Z")


class NotAnAmount(ValueError):
    """The text is not an amount of dollars; the text itself is never repeated."""


def parse_cents(text: str) -> int:
    """Cents of a dollar amount as a report prints it: `1234`, `$1,234.50`, `-12.5`.

    Raises NotAnAmount for anything else; a caller decides beforehand what means "absent".
    """
    found = _AMOUNT.match(text.strip())
    if found is None or not text.isascii():
        raise NotAnAmount("expected a dollar amount")
    whole = int(found["whole"].replace(",", ""))
    part = int((found["part"] or "").ljust(2, "0"))
    cents = whole * 100 + part
    return -cents if found["sign"] else cents


def format_cents(cents: int) -> str:
    """A dollar amount for a reader, with cents only when there are some: `$1,234`, `-$12.50`."""
    sign = "-" if cents < 0 else ""
    whole, part = divmod(abs(cents), 100)
    return f"{sign}${whole:,}" + (f".{part:02d}" if part else "")


def differ(one: int, other: int, *, at_least_cents: int, percent: int) -> bool:
    """Whether two amounts differ by more than both an absolute and a relative tolerance.

    The relative part is taken of the larger amount.
    """
    gap = abs(one - other)
    return gap > at_least_cents and gap * 100 > percent * max(abs(one), abs(other))
