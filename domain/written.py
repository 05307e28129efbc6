"""Days, instants and numbers as they are written down: a text is never taken for a number, nor a number for a day."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Final

from pydantic import AwareDatetime, BeforeValidator, Field

_NO_BLANK: Final = r"[^@\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(Z|[+-][0-9]{2}:[0-9]{2})")


def _day(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("write the day as 2026-02-01")


def _instant(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _INSTANT.fullmatch(value.upper())):
        return value
    raise ValueError("write the instant with its offset, as 2026-02-01T12:00:00Z")


def _number(value: object) -> object:
    if isinstance(value, str | bool):
        raise ValueError("write a number without quotes")
    return value


def _truth(value: object) -> object:
    if isinstance(value, bool):
        return value
    raise ValueError("write true or false")


Day = Annotated[date, BeforeValidator(_day)]
"""A calendar day, written as ISO 8601 has it. Seconds since 1970 are no day."""

Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
"""A moment with its offset from UTC, written as RFC 3339 has it."""

Count = Annotated[int, BeforeValidator(_number)]
"""A whole number, not a text that looks like one."""

Truth = Annotated[bool, BeforeValidator(_truth)]
"""true or false, not a word or number that could mean it."""

EmailAddress = Annotated[str, Field(max_length=254, pattern=f"^{_NO_BLANK}@{_NO_BLANK}$")]
"""An address with one @ and no blank or control character; whether it exists, only a message can tell.

The characters are listed one by one because dialects of patterns differ in what they count as blank.
"""
