"""A script of misfortunes: which request or webhook goes wrong, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Final

from domain.bureaus import Bureau
from infrastructure.sandbox.credit_feed.problems import Refused

_REQUEST: Final = (
    "401", "403", "429", "500", "503", "slow", "reset", "reset_after", "timeout_before", "timeout_after", "truncated",
    "bad_body",
)  # fmt: skip
_OF_PATH: Final = {
    "POST /oauth/token": ("invalid_grant",),
    "POST /v1/reports": ("pending", "empty_bureau"),
    "GET /v1/reports/": ("lost_rows",),
}
_WEBHOOK: Final = ("duplicate", "reorder", "forge", "delay", "drop")
_FIELDS: Final = {"on", "do", "nth", "times", "rate", "seed", "client_id"}


@dataclass
class Fault:
    """One line of the script.

    `on` is `POST /v1/reports` and the like (with `*`), `POST /oauth/token refresh_token` for one kind of grant, or
    `webhook <type>`. `do` may have an argument after a colon: seconds, a count, or a bureau. The `nth` match and the
    `times - 1` after it go wrong; with `rate` each match does by that chance, repeatable by `seed`.
    """

    on: str
    do: str
    argument: str = ""
    nth: int = 1
    times: int = 1
    rate: float | None = None
    seed: int = 0
    client_id: str | None = None
    seen: int = 0
    fired: int = 0
    _random: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)  # noqa: S311 - repeatable on purpose

    def number(self, otherwise: float) -> float:
        """The argument as a number."""
        return float(self.argument) if self.argument else otherwise

    def strikes(self, subjects: tuple[str, ...], client_id: str) -> bool:
        """Count this subject if it matches, and say whether it goes wrong."""
        if self.client_id not in (None, client_id) or not any(fnmatchcase(one, self.on) for one in subjects):
            return False
        self.seen += 1
        if self.rate is not None:
            struck = self._random.random() < self.rate
        else:
            struck = self.nth <= self.seen < self.nth + self.times
        self.fired += struck
        return struck

    @property
    def shown(self) -> dict[str, Any]:
        """The line as it is listed, with how often it matched and struck."""
        names = ("on", "do", "argument", "nth", "times", "rate", "seed", "client_id", "seen", "fired")
        return {name: getattr(self, name) for name in names}


class Script:
    """The lines in force."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, lines: list[dict[str, Any]]) -> None:
        """Put lines in force. Raises `Refused` for a line that means nothing."""
        self._faults += [_read(line) for line in lines]

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()

    def strike(self, client_id: str, *subjects: str) -> Fault | None:
        """The first line that makes this go wrong, which may be called by several names."""
        struck = [fault for fault in self._faults if fault.strikes(subjects, client_id)]
        return struck[0] if struck else None

    @property
    def shown(self) -> list[dict[str, Any]]:
        """Every line in force."""
        return [fault.shown for fault in self._faults]


def _read(line: dict[str, Any]) -> Fault:
    on, do, _, argument = line.get("on"), *str(line.get("do")).partition(":")
    if not isinstance(on, str) or set(line) - _FIELDS:
        raise Refused("invalid_request", f"a fault has the fields {', '.join(sorted(_FIELDS))}", 422)
    special = next((words for path, words in _OF_PATH.items() if on.startswith(path)), ())
    actions = _WEBHOOK if on.startswith("webhook") else (*_REQUEST, *special)
    if do not in actions:
        raise Refused("invalid_request", f"'do' for this is one of {', '.join(actions)}", 422)
    try:
        given = {name: line[name] for name in _FIELDS - {"on", "do"} if name in line}
        fault = Fault("webhook *" if on == "webhook" else on, do, argument, **given)
        Bureau(argument) if do == "empty_bureau" else fault.number(0)
    except (TypeError, ValueError):
        raise Refused("invalid_request", "a number is expected, and a bureau of empty_bureau", 422) from None
    return fault
