"""Why a finding was made: its detector's rule in words, and what may follow from it."""

from __future__ import annotations

from domain.findings.model import Finding
from domain.findings.registry import DETECTORS
from domain.kernel import Value


class Explanation(Value):
    """The rule behind a finding. `rule_version` is the version whose words these are, 0 if the detector is gone.

    A finding keeps the version that made it, which may be an older one.
    """

    rule: str
    rule_version: int
    leads_to: str


def explain(finding: Finding) -> Explanation:
    """What the detector looks for, as its own description says it, and where the finding leads."""
    detector = DETECTORS.get(finding.detector)
    return Explanation(
        rule=detector.rule if detector else "This detector is no longer in use.",
        rule_version=detector.version if detector else 0,
        leads_to=_leads_to(finding),
    )


def _leads_to(finding: Finding) -> str:
    if finding.reason is None or finding.letter_type is None:
        return "nothing by itself: it only informs"
    first = "after the consumer has confirmed it, " if finding.needs_consumer_confirm else ""
    bureaus = " and ".join(bureau.display_name for bureau in finding.bureaus)
    return f"{first}a letter of type {finding.letter_type} to {bureaus}, for the reason {finding.reason}"
