"""Why a finding was made: its detector's rule in words, and what may follow from it."""

from __future__ import annotations

from domain.findings.model import Finding
from domain.findings.registry import DETECTORS
from domain.kernel import Value
from domain.wording import REASONS


class Explanation(Value):
    """The rule behind a finding. `rule_version` is the version whose words these are, 0 if the detector is gone.

    A finding keeps the version that made it, which may be an older one. `by_letter`: whether a letter can be written
    about it here and now; some kinds of letters are named that cannot be written yet.
    """

    rule: str
    rule_version: int
    leads_to: str
    by_letter: bool


def can_be_written(finding: Finding) -> bool:
    """Whether a letter of today can state it: it is about an account, and for a reason that letters have words for."""
    return finding.reason is not None and finding.reason.value in REASONS and finding.group is not None


def explain(finding: Finding) -> Explanation:
    """What the detector looks for, as its own description says it, and where the finding leads."""
    detector = DETECTORS.get(finding.detector)
    return Explanation(
        rule=detector.rule if detector else "This detector is no longer in use.",
        rule_version=detector.version if detector else 0,
        leads_to=_leads_to(finding),
        by_letter=can_be_written(finding),
    )


def _leads_to(finding: Finding) -> str:
    if finding.reason is None or finding.letter_type is None:
        return "nothing by itself: it only informs"
    first = "after the consumer has confirmed it, " if finding.needs_consumer_confirm else ""
    bureaus = " and ".join(bureau.display_name for bureau in finding.bureaus)
    yet = "" if can_be_written(finding) else "; such a letter cannot be written here yet"
    return f"{first}a letter of type {finding.letter_type} to {bureaus}, for the reason {finding.reason}{yet}"
