"""Sections that are missing or thin: nothing to dispute, but nothing to conclude from either."""

from __future__ import annotations

from collections.abc import Iterator

from domain.findings.model import FieldValue, Observation
from domain.findings.registry import Scan, detector
from domain.reconciliation import completeness


@detector("D49", version=1, name="partial_report", reason=None, letter=None)
def partial_report(scan: Scan) -> Iterator[Observation]:
    """A bureau's section fails the completeness gate, so no comparison with it may close anything."""
    for bureau, gate in completeness(scan.report, scan.previous_counts).items():
        if gate.complete:
            continue
        parts = ", ".join(gate.missing)
        yield Observation(
            bureaus=(bureau,),
            group=None,
            values=tuple(
                FieldValue(bureau=bureau, field=f"section.{part}", label=part, printed="missing or thin")
                for part in gate.missing
            ),
            confidence=100,
            assertable=f"This report does not hold {bureau.display_name}'s complete file (missing or thin: {parts}).",
        )
