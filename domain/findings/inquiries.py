"""Inquiries nobody asked for, counted twice, or kept too long. Soft ones hurt nobody and are left alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from domain.credit_reports import BureauTradeline, Inquiry
from domain.creditor_names import name_similarity
from domain.findings.model import DisputeReason, FieldValue, LetterType, Observation
from domain.findings.obsolete import years_after
from domain.findings.registry import Scan, detector
from domain.partial_dates import PartialDate

_SAME_NAME: Final = 0.85
_NEAR_DAYS: Final = 30
_TWICE_DAYS: Final = 14
_YEARS: Final = 2
_SHOPPED_FOR: Final = re.compile(r"\b(auto\w*|car|vehicle|mortgage|home|real estate|student|education)\b", re.I)


def _by(inquiry: Inquiry) -> str:
    return inquiry.subscriber_name or "a company it does not name"


def _quoted(*inquiries: Inquiry) -> tuple[FieldValue, ...]:
    return tuple(
        FieldValue(bureau=inquiry.bureau, field=f"inquiry.{name}", label=label, printed=str(printed))
        for inquiry in inquiries
        for name, label, printed in (
            ("subscriber_name", "company", inquiry.subscriber_name),
            ("inquired_on", "date of inquiry", inquiry.inquired_on),
            ("kind", "type of inquiry", inquiry.kind),
            ("industry", "industry", inquiry.industry),
        )
        if printed is not None
    )


def _too_old(inquiry: Inquiry, scan: Scan) -> bool:
    day = inquiry.inquired_on
    return day is not None and scan.shown_on(inquiry.bureau) > years_after(day.latest, _YEARS)


@detector(
    "D41",
    version=1,
    name="unknown_inquiry",
    reason=DisputeReason.INQUIRY_NO_PURPOSE,
    letter=LetterType.INQUIRY_DISPUTE,
    legal_strength=3,
    score_harm=2,
)
def unknown_inquiry(scan: Scan) -> Iterator[Observation]:
    """A hard inquiry by a company with which no account was opened within 30 days, or was open already.

    Only the consumer knows whether they applied there without getting an account.
    """
    rows = list(scan.rows())
    for inquiry in scan.report.inquiries:
        day = inquiry.inquired_on
        if inquiry.hard is not True or day is None or inquiry.subscriber_name is None or _too_old(inquiry, scan):
            continue
        if not any(_explains(row, inquiry.subscriber_name, day) for row in rows):
            yield Observation(
                bureaus=(inquiry.bureau,),
                group=None,
                values=_quoted(inquiry),
                confidence=60,
                assertable=(
                    f"{inquiry.bureau.display_name} shows an inquiry by {_by(inquiry)} on {day}, and no account under "
                    "a name like that which was open then or opened within 30 days of it is on this report."
                ),
                needs_consumer_confirm=True,
            )


def _explains(row: BureauTradeline, company: str, day: PartialDate) -> bool:
    """Whether the account is with that company and may have been applied for, or held, on that day.

    An account without an opening date may always have been.
    """
    if name_similarity(row.creditor_name, company) < _SAME_NAME:
        return False
    if row.opened is None or row.opened.days_apart(day) <= _NEAR_DAYS:
        return True
    return row.opened.earliest <= day.latest and (row.closed is None or row.closed.latest >= day.earliest)


@detector(
    "D42",
    version=1,
    name="duplicate_inquiry",
    reason=DisputeReason.INQUIRY_NO_PURPOSE,
    letter=LetterType.INQUIRY_DISPUTE,
    legal_strength=3,
    score_harm=2,
)
def duplicate_inquiry(scan: Scan) -> Iterator[Observation]:
    """One company is shown twice by one bureau for the same kind of credit within 14 days.

    For a car, a home or an education that is rate shopping, which is normal and only informs; else the consumer
    must say how often they applied.
    """
    alike: dict[tuple[object, ...], list[tuple[PartialDate, Inquiry]]] = defaultdict(list)
    for inquiry in scan.report.inquiries:
        if inquiry.hard is not False and inquiry.inquired_on is not None and inquiry.subscriber_name is not None:
            name = " ".join(inquiry.subscriber_name.upper().split())
            key = inquiry.bureau, name, (inquiry.industry or "").upper(), (inquiry.kind or "").upper()
            alike[key].append((inquiry.inquired_on, inquiry))
    for found in alike.values():
        for (earlier, one), (later, other) in pairwise(sorted(found, key=lambda each: each[0].earliest)):
            if earlier.day is None or later.day is None or earlier.days_apart(later) > _TWICE_DAYS:
                continue
            shopping = any(_SHOPPED_FOR.search(words) for words in (one.industry, one.kind) if words)
            yield Observation(
                bureaus=(one.bureau,),
                group=None,
                values=_quoted(one, other),
                confidence=70,
                assertable=(
                    f"{one.bureau.display_name} shows two inquiries by {_by(one)}, dated {earlier} and {later}; they "
                    "may be one application counted twice."
                ),
                needs_consumer_confirm=not shopping,
                informational=shopping,
            )


@detector(
    "D43",
    version=1,
    name="old_inquiry",
    reason=DisputeReason.INQUIRY_NO_PURPOSE,
    letter=LetterType.INQUIRY_DISPUTE,
    legal_strength=2,
    score_harm=1,
)
def old_inquiry(scan: Scan) -> Iterator[Observation]:
    """An inquiry of more than two years is still shown."""
    for inquiry in scan.report.inquiries:
        if inquiry.hard is not False and _too_old(inquiry, scan):
            yield Observation(
                bureaus=(inquiry.bureau,),
                group=None,
                values=_quoted(inquiry),
                confidence=90,
                assertable=(
                    f"{inquiry.bureau.display_name} still shows an inquiry by {_by(inquiry)} dated "
                    f"{inquiry.inquired_on}, more than two years before {scan.shown_on(inquiry.bureau).isoformat()}."
                ),
            )
