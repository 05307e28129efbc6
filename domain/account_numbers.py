"""Account numbers as bureaus mask them, and as they may be shown."""

from __future__ import annotations

import re
from typing import Final

_MASK: Final = re.compile(r"[*xX#]")
_SHOWN: Final = 4


def visible_head(number: str | None) -> str:
    """The leading characters of an account number that its mask leaves visible, at most four."""
    if not number or not _MASK.search(number):
        return _plain(number)[:_SHOWN]
    return _plain(_MASK.split(number, maxsplit=1)[0])[:_SHOWN]


def visible_tail(number: str | None) -> str:
    """The trailing characters of an account number that its mask leaves visible, at most four."""
    if not number or not _MASK.search(number):
        return _plain(number)[-_SHOWN:]
    return _plain(_MASK.split(number)[-1])[-_SHOWN:]


def visibly_different(one: str | None, other: str | None) -> bool:
    """Whether what two numbers show where neither is masked differs: then they are no one account's."""
    if one and other and not _MASK.search(one) and not _MASK.search(other):
        return _plain(one) != _plain(other)
    for left, right in ((visible_head(one), visible_head(other)), (visible_tail(one)[::-1], visible_tail(other)[::-1])):
        shared = min(len(left), len(right))
        if left[:shared] != right[:shared]:
            return True
    return False


def mask_account(number: str | None) -> str | None:
    """An account number that may be shown: `****1234`, or `1234****` where only the head is visible."""
    if not number:
        return None
    if tail := visible_tail(number):
        return f"****{tail}" if len(_plain(number)) > _SHOWN or _MASK.search(number) else "****"
    head = visible_head(number)
    return f"{head}****"


def _plain(number: str | None) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", number or "").upper()
