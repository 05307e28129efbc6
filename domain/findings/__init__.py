"""Issue detectors: small pure functions over one report, registered by id and version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from domain.bureaus import Bureau
from domain.credit_reports import CanonicalReport
from domain.findings import completeness, contradictions, dates, duplicates, history, mismatches, obsolete, personal
from domain.findings.model import ConsumerProfile, DisputeReason, FieldValue, Finding, LetterType
from domain.findings.registry import DETECTORS, Detector, Scan, scan

__all__ = [
    "DETECTORS",
    "ConsumerProfile",
    "Detector",
    "DisputeReason",
    "FieldValue",
    "Finding",
    "LetterType",
    "detect",
]

_MODULES = (completeness, contradictions, dates, duplicates, history, mismatches, obsolete, personal)
"""Importing a module registers its detectors."""


def detect(
    report: CanonicalReport,
    today: date,
    profile: ConsumerProfile | None = None,
    previous_counts: Mapping[Bureau, int] | None = None,
) -> list[Finding]:
    """Everything in `report` that may be disputed, strongest first; informational findings last.

    `previous_counts` are the tradelines of each bureau's last complete section, which tell a thin section from a
    small file.
    """
    return scan(Scan(report=report, today=today, profile=profile, previous_counts=previous_counts or {}))
