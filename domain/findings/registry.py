"""The registry of detectors and the one scan that runs them all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from domain.bureaus import Bureau
from domain.credit_reports import CanonicalReport
from domain.findings.model import ConsumerProfile, DisputeReason, Finding, LetterType, Observation


@dataclass(frozen=True)
class Scan:
    """Everything a detector may look at. `today` is the tenant's date.

    `previous_counts` are the tradelines of each bureau's last complete section; a bureau is absent if it had none.
    """

    report: CanonicalReport
    today: date
    profile: ConsumerProfile | None = None
    previous_counts: Mapping[Bureau, int] = field(default_factory=dict)

    def shown_on(self, bureau: Bureau) -> date:
        """The last day on which the report is known to show what it shows: an old one proves nothing of today."""
        return min(self.today, self.report.section(bureau).pulled_on or self.report.pulled_on)


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

    def findings(self, scan: Scan) -> Iterator[Finding]:
        """What this detector finds."""
        for seen in self.look(scan):
            yield Finding(
                **dict(seen),
                detector=self.id,
                version=self.version,
                name=self.name,
                reason=self.reason,
                letter_type=self.letter_type,
                informational=self.reason is None,
                rank=0 if self.reason is None else self.legal_strength * self.score_harm * seen.confidence,
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


def scan(inputs: Scan) -> list[Finding]:
    """Every finding of every detector, strongest first.

    Ordered by legal strength x certainty x score harm, never by the chance that a bureau will give in;
    informational findings come last and ties keep the order of detector, account and bureau.
    """
    found = [finding for detector in DETECTORS.values() for finding in detector.findings(inputs)]
    unique = {finding.finding_key: finding for finding in found}
    return sorted(unique.values(), key=_order)


def _order(finding: Finding) -> tuple[bool, int, str, int, tuple[str, ...], str]:
    group = int(finding.group) if finding.group is not None and finding.group.isdigit() else -1
    return finding.informational, -finding.rank, finding.detector, group, finding.bureaus, finding.finding_key
