"""A script of misfortunes: which request or webhook of a sandbox goes wrong, and how."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Any, ClassVar, Final

ON_WEBHOOKS: Final = ("duplicate", "reorder", "forge", "delay", "drop")


@dataclass
class Fault:
    """One line of the script.

    `on` is `POST /v1/letters` and the like (with `*`), `webhook <type>`, or what else a sandbox names. `do` may have an
    argument after a colon. The `nth` match and the `times - 1` after it go wrong; with `rate` each match does by that
    chance, repeatable by `seed`. `account`: whose requests alone are meant.
    """

    on: str
    do: str
    argument: str = ""
    nth: int = 1
    times: int = 1
    rate: float | None = None
    seed: int = 0
    account: str | None = None
    seen: int = 0
    fired: int = 0
    _random: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)  # noqa: S311 - repeatable on purpose

    def number(self, otherwise: float) -> float:
        """The argument as a number."""
        return float(self.argument) if self.argument else otherwise

    def strikes(self, account: str, subjects: tuple[str, ...]) -> bool:
        """Count this request if it matches by any of its names, and say whether it goes wrong."""
        if self.account not in (None, account) or not any(fnmatchcase(one, self.on) for one in subjects):
            return False
        self.seen += 1
        if self.rate is not None:
            struck = self._random.random() < self.rate
        else:
            struck = self.nth <= self.seen < self.nth + self.times
        self.fired += struck
        return struck


class FaultScript(ABC):
    """The lines in force. `account_field` is what the sandbox calls an account."""

    account_field: ClassVar[str]

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    @abstractmethod
    def actions(self, on: str) -> tuple[str, ...]:
        """What can go wrong with requests of this name."""

    @abstractmethod
    def refuse(self, message: str) -> Exception:
        """The sandbox's own refusal of a line."""

    def check(self, fault: Fault) -> None:
        """Refuse an argument that means nothing. Raises ValueError."""
        fault.number(0)

    def add(self, lines: list[dict[str, Any]]) -> None:
        """Put lines in force. Raises the sandbox's refusal for a line that means nothing."""
        self._faults += [self._read(line) for line in lines]

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()

    def strike(self, account: str, *subjects: str) -> Fault | None:
        """The first line that makes this go wrong, which may be called by several names."""
        struck = [fault for fault in self._faults if fault.strikes(account, subjects)]
        return struck[0] if struck else None

    @property
    def shown(self) -> list[dict[str, Any]]:
        """Every line in force, and how often it matched and struck."""
        names = ("on", "do", "argument", "nth", "times", "rate", "seed", "seen", "fired")
        return [
            {name: getattr(fault, name) for name in names} | {self.account_field: fault.account}
            for fault in self._faults
        ]

    def _read(self, line: dict[str, Any]) -> Fault:
        optional = {"nth", "times", "rate", "seed"}
        known = {"on", "do", self.account_field} | optional
        on, do, _, argument = line.get("on"), *str(line.get("do")).partition(":")
        if not isinstance(on, str) or set(line) - known:
            raise self.refuse(f"a fault has the fields {', '.join(sorted(known))}")
        actions = ON_WEBHOOKS if on.startswith("webhook") else self.actions(on)
        if do not in actions:
            raise self.refuse(f"'do' for this is one of {', '.join(actions)}")
        try:
            given = {name: line[name] for name in optional if name in line}
            named = "webhook *" if on == "webhook" else on
            fault = Fault(named, do, argument, account=line.get(self.account_field), **given)
            self.check(fault)
        except (TypeError, ValueError):
            raise self.refuse("this argument means nothing here; a number is expected, or a bureau") from None
        return fault
