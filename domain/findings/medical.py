"""Medical collections that the bureaus have said they do not report.

This is the bureaus' own published policy and no law: what a source does not call medical is never taken for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from domain.credit_reports import BureauTradeline, Condition
from domain.findings.model import DisputeReason, LetterType, Observation
from domain.findings.obsolete import years_after
from domain.findings.quoting import named, quote, shown
from domain.findings.registry import Scan, detector

_LEAST_CENTS: Final = 500_00
_PAID: Final = re.compile(r"\bpaid\b", re.I)
_NOT_PAID: Final = re.compile(r"\b(unpaid|(?:not|never)(?: \w+)? paid|to be paid|partial\w*)\b", re.I)


class _Broken(NamedTuple):
    """One rule of the policy that a row breaks: what it says, and the fields that show it."""

    said: str
    fields: tuple[str, ...]
    certain: bool = True


@detector(
    "D40",
    version=2,
    name="medical_policy",
    reason=DisputeReason.MEDICAL_POLICY,
    letter=LetterType.MEDICAL_COLLECTION,
    legal_strength=3,
    score_harm=4,
)
def medical_policy(scan: Scan) -> Iterator[Observation]:
    """A medical collection is shown that is paid, was under $500 at first, or is less than a year old.

    Without a date of first delinquency only the opening of the collection is known, which comes later; then the
    consumer must say when the debt began.
    """
    for row in scan.rows():
        if not row.is_collection or row.medical is not True:
            continue
        broken = [rule for rule in (_paid(row), _small(row), _young(row, scan.shown_on(row.bureau))) if rule]
        if broken:
            fields = dict.fromkeys(field for rule in broken for field in rule.fields)
            yield Observation(
                bureaus=(row.bureau,),
                group=row.group,
                values=quote(row, "medical", *fields),
                confidence=90 if any(rule.certain for rule in broken) else 60,
                assertable=(
                    f"{row.bureau.display_name} reports {named(row)} as a medical collection "
                    f"{' and '.join(rule.said for rule in broken)}; under the bureaus' own published policy such "
                    "medical collections are not reported."
                ),
                needs_consumer_confirm=not any(rule.certain for rule in broken),
            )


def _paid(row: BureauTradeline) -> _Broken | None:
    if row.condition is Condition.PAID:
        return _Broken(f'shown as "{shown(row, "condition")}"', ("condition",))
    remark = next((text for text in row.remarks if _PAID.search(text) and not _NOT_PAID.search(text)), None)
    if remark is not None and row.balance == 0:
        return _Broken(f'with a balance of {shown(row, "balance")} and the remark "{remark}"', ("balance", "remarks"))
    return None


def _small(row: BureauTradeline) -> _Broken | None:
    if row.high_balance is None or not 0 < row.high_balance < _LEAST_CENTS:
        return None
    if row.balance is not None and row.balance >= _LEAST_CENTS:
        return None
    return _Broken(f"with a high balance of {shown(row, 'high_balance')}, which is under $500", ("high_balance",))


def _young(row: BureauTradeline, shown_on: date) -> _Broken | None:
    for field, certain in (("first_delinquency", True), ("opened", False)):
        day = getattr(row, field)
        if day is not None:
            if shown_on >= years_after(day.earliest, 1) or day.earliest > shown_on:
                return None
            words = "first delinquent on" if certain else "opened on"
            said = f"{words} {day}, less than one year before {shown_on.isoformat()}"
            return _Broken(said, (field,), certain)
    return None
