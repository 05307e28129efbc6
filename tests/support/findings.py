"""Running one detector on small reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, CanonicalReport
from domain.findings import ConsumerProfile, Finding, detect
from tests.support.reports import PULLED_ON, report


def found(
    identifier: str,
    *rows: BureauTradeline,
    of: CanonicalReport | None = None,
    today: date = PULLED_ON,
    profile: ConsumerProfile | None = None,
    previous_counts: Mapping[Bureau, int] | None = None,
) -> list[Finding]:
    """The findings of one detector, on these rows pulled today or on a whole report."""
    seen = detect(of or report(*rows, pulled_on=today), today, profile, previous_counts)
    return [finding for finding in seen if finding.detector == identifier]
