"""Parsers: one per family of report encodings, each into the canonical report of `domain.credit_reports`."""

from __future__ import annotations

from datetime import date

from domain.credit_reports import CanonicalReport
from infrastructure.reports import truelink
from infrastructure.reports.cursor import UnreadableReport

__all__ = ["UnreadableReport", "parse"]


def parse(raw: bytes, *, pulled_on: date | None = None, latest: date = date.max) -> CanonicalReport:
    """Read an export of a credit report, whatever its encoding.

    `pulled_on` is used only when the report does not say itself when it was pulled; one that says a day after
    `latest` cannot be right. Raises UnreadableReport, naming the place and what was expected there, and never a
    value from the report.
    """
    return truelink.parse(raw, pulled_on=pulled_on, latest=latest)
