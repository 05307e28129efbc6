"""A script of misfortunes: which request or webhook goes wrong, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Final

from infrastructure.sandbox.print_provider.problems import Refused
from infrastructure.sandbox.print_provider.schedule import OUTCOMES

_REQUEST: Final = (
    "accept_then_timeout", "500_before", "500_after", "503", "429", "slow", "reset", "reset_after", "bad_body",
)  # fmt: skip
_WEBHOOK: Final = ("duplicate", "reorder", "forge", "delay", "drop")


@dataclass
class Fault:
    """One line of the script.

    `on` is `POST /v1/letters` and the like (with `*`), `webhook <type>` or `letter`. The `nth` match and
    the `times - 1` after it go wrong; with `rate` each match does by that chance, repeatable by `seed`.
    """

    on: str
    do: str
    argument: float | None
    nth: int = 1
    times: int = 1
    rate: float | None = None
    seed: int = 0
    api_key: str | None = None
    seen: int = 0
    fired: int = 0
    _random: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)  # noqa: S311 - repeatable on purpose

    def number(self, otherwise: float) -> float:
        """The argument, if it has one."""
        return self.argument or otherwise

    def strikes(self, subject: str, api_key: str) -> bool:
        """Count this subject if it matches, and say whether it goes wrong."""
        if not fnmatchcase(subject, self.on) or self.api_key not in (None, api_key):
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
        names = ("on", "do", "argument", "nth", "times", "rate", "seed", "api_key", "seen", "fired")
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

    def strike(self, subject: str, api_key: str) -> Fault | None:
        """The first line that makes this subject go wrong."""
        struck = [fault for fault in self._faults if fault.strikes(subject, api_key)]
        return struck[0] if struck else None

    @property
    def shown(self) -> list[dict[str, Any]]:
        """Every line in force."""
        return [fault.shown for fault in self._faults]


def _read(line: dict[str, Any]) -> Fault:
    known = {"on", "do", "nth", "times", "rate", "seed", "api_key"}
    on, do, _, argument = line.get("on"), *str(line.get("do")).partition(":")
    if not isinstance(on, str) or set(line) - known:
        raise Refused("invalid", f"a fault has the fields {', '.join(sorted(known))}")
    actions = _WEBHOOK if on.startswith("webhook") else OUTCOMES if on == "letter" else _REQUEST
    if do not in actions:
        raise Refused("invalid", f"'do' for this is one of {', '.join(actions)}")
    try:
        given = {name: line[name] for name in known - {"on", "do"} if name in line}
        fault = Fault(on="webhook*" if on == "webhook" else on, do=do, argument=float(argument or "nan"), **given)
    except (TypeError, ValueError):
        raise Refused("invalid", "a number is expected") from None
    if fault.argument != fault.argument:
        fault.argument = None
    return fault
