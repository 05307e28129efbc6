"""Issue detectors: small pure functions over one report, registered by id and version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, CanonicalReport
from domain.findings import (
    bankruptcy,
    completeness,
    contradictions,
    counters,
    dates,
    debts,
    delinquency,
    duplicates,
    grids,
    history,
    inquiries,
    medical,
    mismatches,
    obsolete,
    own_disputes,
    personal,
    responsibility,
    staleness,
    standing,
)
from domain.findings.known import Identity, OwnDispute
from domain.findings.model import ConsumerProfile, DisputeReason, FieldValue, Finding, LetterType
from domain.findings.own_disputes import DETECTED_LATER
from domain.findings.registry import DETECTORS, Detector, Scan, scan

__all__ = [
    "DETECTED_LATER",
    "DETECTORS",
    "ConsumerProfile",
    "Detector",
    "DisputeReason",
    "FieldValue",
    "Finding",
    "Identity",
    "LetterType",
    "OwnDispute",
    "detect",
    "detect_after_disputes",
    "versions",
]

_MODULES = (
    bankruptcy, completeness, contradictions, counters, dates, debts, delinquency, duplicates, grids, history,
    inquiries, medical, mismatches, obsolete, own_disputes, personal, responsibility, staleness, standing,
)  # fmt: skip
"""Importing a module registers its detectors."""


def detect(
    report: CanonicalReport,
    today: date,
    profile: ConsumerProfile | None = None,
    previous_counts: Mapping[Bureau, int] | None = None,
    previous: CanonicalReport | None = None,
    earlier: Mapping[str, BureauTradeline] | None = None,
) -> list[Finding]:
    """Everything in `report` that may be disputed, strongest first; informational findings last.

    `previous_counts` are the tradelines of each bureau's last complete section, which tell a thin section from a
    small file. `previous` is the pull before, and `earlier` says which of its rows each row of `report` was matched
    to, by row ref. Our own disputes are not known here: see `detect_after_disputes`.
    """
    return scan(
        Scan(
            report=report,
            today=today,
            profile=profile,
            previous_counts=previous_counts or {},
            previous=previous,
            earlier=earlier or {},
        )
    )


def detect_after_disputes(
    report: CanonicalReport,
    today: date,
    disputes: tuple[OwnDispute, ...],
    identities: Mapping[str, tuple[Identity, ...]],
) -> list[Finding]:
    """What `report` shows wrongly of accounts that we have disputed: the detectors of `DETECTED_LATER`."""
    return scan(Scan(report=report, today=today, disputes=disputes, identities=identities), DETECTED_LATER)


def versions(*, after_disputes: bool) -> dict[str, int]:
    """The detectors, with their versions, that `detect_after_disputes` runs, or those that do not need it."""
    return {
        detector.id: detector.version
        for detector in DETECTORS.values()
        if (detector.id in DETECTED_LATER) is after_disputes
    }
