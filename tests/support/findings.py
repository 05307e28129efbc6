"""Running one detector on small reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, CanonicalReport
from domain.findings import ConsumerProfile, Finding, Identity, OwnDispute, detect, detect_after_disputes
from tests.support.reports import PULLED_ON, report


def found(
    identifier: str,
    *rows: BureauTradeline,
    of: CanonicalReport | None = None,
    today: date = PULLED_ON,
    profile: ConsumerProfile | None = None,
    previous_counts: Mapping[Bureau, int] | None = None,
    previous: CanonicalReport | None = None,
    earlier: Mapping[str, BureauTradeline] | None = None,
) -> list[Finding]:
    """The findings of one detector, on these rows pulled today or on a whole report."""
    seen = detect(of or report(*rows, pulled_on=today), today, profile, previous_counts, previous, earlier)
    return [finding for finding in seen if finding.detector == identifier]


def found_after(
    identifier: str, of: CanonicalReport, *known: tuple[str, OwnDispute, Identity], today: date = PULLED_ON
) -> list[Finding]:
    """The findings of one detector that compares a report with our own disputes, given by row ref."""
    identities: dict[str, tuple[Identity, ...]] = {}
    for ref, _, identity in known:
        identities[ref] = (*identities.get(ref, ()), identity)
    seen = detect_after_disputes(of, today, tuple(dispute for _, dispute, _ in known), identities)
    return [finding for finding in seen if finding.detector == identifier]
