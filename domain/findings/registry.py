"""The registry of detectors and the one scan that runs them all."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Final, TypeVar, cast

from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, CanonicalReport, PaymentLevel
from domain.findings.known import Identity, OwnDispute
from domain.findings.model import ConsumerProfile, DisputeReason, Finding, LetterType, Observation

Made = TypeVar("Made")
_LATE: Final = frozenset(level for level in PaymentLevel if level.is_late)


@dataclass(frozen=True)
class Scan:
    """Everything a detector may look at. `today` is the tenant's date; `previous` the pull before, if any.

    `previous_counts` are the tradelines of each bureau's last complete section; a bureau is absent if it had none.
    `disputes` are our own earlier challenges, and `identities` say by row ref whose account a row is or may be.
    `earlier` gives, by the ref of a row of the report, the row of `previous` that was matched to the same account
    at the same bureau. Detectors never guess which row is which: a row that is not settled is left out.
    """

    report: CanonicalReport
    today: date
    profile: ConsumerProfile | None = None
    previous_counts: Mapping[Bureau, int] = field(default_factory=dict)
    previous: CanonicalReport | None = None
    disputes: tuple[OwnDispute, ...] = ()
    identities: Mapping[str, tuple[Identity, ...]] = field(default_factory=dict)
    earlier: Mapping[str, BureauTradeline] = field(default_factory=dict)
    _made: dict[object, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    def rows(self, bureau: Bureau | None = None) -> tuple[BureauTradeline, ...]:
        """Every account row that is really reported, of one bureau or of all, in the source's order."""
        return self._by_bureau[bureau]

    @cached_property
    def late_rows(self) -> tuple[BureauTradeline, ...]:
        """The rows whose payment history has a month worse than current."""
        return tuple(row for row in self.rows() if not _LATE.isdisjoint(cell.level for cell in row.history))

    @cached_property
    def _by_bureau(self) -> dict[Bureau | None, tuple[BureauTradeline, ...]]:
        every = tuple(self.report.rows())
        return {None: every, **{bureau: tuple(row for row in every if row.bureau is bureau) for bureau in Bureau}}

    def once(self, look: Callable[[Scan], Made]) -> Made:
        """What `look` makes of this scan, made for the first detector that asks and kept for the others."""
        if look not in self._made:
            self._made[look] = look(self)
        return cast("Made", self._made[look])

    def shown_on(self, bureau: Bureau) -> date:
        """The last day on which the report is known to show what it shows: an old one proves nothing of today."""
        return min(self.today, self.report.section(bureau).pulled_on or self.report.pulled_on)

    def shown_before(self, bureau: Bureau) -> date | None:
        """The day of the bureau's section in the pull before; None unless it is older than the one looked at, and of
        the same family of formats: another one prints other dates, with another precision."""
        if self.previous is None or self.previous.source_format.family != self.report.source_format.family:
            return None
        then = self.previous.section(bureau).pulled_on or self.previous.pulled_on
        return then if then < (self.report.section(bureau).pulled_on or self.report.pulled_on) else None


Look = Callable[[Scan], Iterator[Observation]]


@dataclass(frozen=True)
class Detector:
    """One rule about what a report may not say.

    `legal_strength` (1 to 5) is how firmly the law speaks, `score_harm` (1 to 5) how much the item hurts;
    both only order findings. A detector without a reason informs and leads to no letter.
    """

    id: str
    version: int
    name: str
    reason: DisputeReason | None
    letter_type: LetterType | None
    legal_strength: int
    score_harm: int
    look: Look

    @property
    def rule(self) -> str:
        """The rule in words."""
        return " ".join((inspect.getdoc(self.look) or "").split())

    def findings(self, scan: Scan) -> Iterator[Finding]:
        """What this detector finds; what only informs has no reason and leads to no letter."""
        for seen in self.look(scan):
            informs = seen.informational or self.reason is None
            facts = dict(seen) | {"informational": informs}
            yield Finding(
                **facts,
                detector=self.id,
                version=self.version,
                name=self.name,
                reason=None if informs else self.reason,
                letter_type=None if informs else self.letter_type,
                rank=0 if informs else self.legal_strength * self.score_harm * seen.confidence,
            )


DETECTORS: Final[dict[str, Detector]] = {}
"""Every detector by id."""


def detector(
    identifier: str,
    *,
    version: int,
    name: str,
    reason: DisputeReason | None,
    letter: LetterType | None,
    legal_strength: int = 3,
    score_harm: int = 3,
) -> Callable[[Look], Look]:
    """Register a function as the detector `identifier`; raise the version when its verdicts change."""

    def register(look: Look) -> Look:
        if not re.fullmatch(r"D[0-9]{2}", identifier) or identifier in DETECTORS:
            raise ValueError(f"detector id {identifier} is malformed or taken")
        DETECTORS[identifier] = Detector(identifier, version, name, reason, letter, legal_strength, score_harm, look)
        return look

    return register


def scan(inputs: Scan, only: Collection[str] | None = None) -> list[Finding]:
    """Every finding of every detector, or of those of the ids in `only`, strongest first.

    Ordered by legal strength x certainty x score harm, never by the chance that a bureau will give in;
    informational findings come last and ties keep the order of detector, account and bureau.
    """
    chosen = [detector for detector in DETECTORS.values() if only is None or detector.id in only]
    found = [finding for detector in chosen for finding in detector.findings(inputs)]
    unique = {finding.finding_key: finding for finding in found}
    return sorted(unique.values(), key=_order)


def _order(finding: Finding) -> tuple[bool, int, str, int, tuple[str, ...], str]:
    group = int(finding.group) if finding.group is not None and finding.group.isdigit() else -1
    return finding.informational, -finding.rank, finding.detector, group, finding.bureaus, finding.finding_key
