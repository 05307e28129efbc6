"""Parsers: one per family of report encodings, each into the canonical report of `domain.credit_reports`."""

from __future__ import annotations

from datetime import date
from typing import Final

from domain.credit_reports import CanonicalReport
from infrastructure.reports import equifax, experian, mismo, transunion, truelink
from infrastructure.reports.cursor import UnreadableReport
from infrastructure.reports.recognition import Format, recogniser

__all__ = ["FORMATS", "UnreadableReport", "parse"]

_BUNDLE: Final = ("BundleComponents", "bundleComponents", "TrueLinkCreditReportType", "trueLinkCreditReportType")

FORMATS: Final = (
    Format("TrueLink as JSON or JSONP", truelink.parse, json_names=_BUNDLE),
    Format("MISMO 2.x as XML or JSON", mismo.parse, ("CREDIT_RESPONSE",), ("CREDIT_RESPONSE", "RESPONSE_GROUP")),
    Format("Equifax as JSON", equifax.parse, json_names=("equifaxUSConsumerCreditReport",)),
    Format("TransUnion as XML", transunion.parse, xml_roots=("creditBureau",)),
    Format("Experian as JSON", experian.parse, json_names=("creditProfile",)),
)
"""Every family that is read, a line each. What marks a family stands in no other's files."""

_recognise = recogniser(FORMATS)


def parse(raw: bytes, *, pulled_on: date | None = None, latest: date = date.max) -> CanonicalReport:
    """Read an export of a credit report, whatever its encoding.

    `pulled_on` is used only when the report does not say itself when it was pulled; one that says a day after
    `latest` cannot be right. Raises UnreadableReport, naming the place and what was expected there, and never a
    value from the report.
    """
    return _recognise(raw).parse(raw, pulled_on=pulled_on, latest=latest)
