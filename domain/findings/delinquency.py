"""Dates of first delinquency that moved, differ, are missing or cannot be: they decide how long an item may stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, PaymentLevel
from domain.findings.debts import original_of, origins, since
from domain.findings.mismatches import conflicting, mismatch
from domain.findings.model import DisputeReason, FieldValue, LetterType, Observation
from domain.findings.obsolete import Delinquency, delinquency
from domain.findings.quoting import label, named, quote, shown
from domain.findings.registry import Scan, detector
from domain.reconciliation import AskedField

_APART_DAYS: Final = 31
_INFERRED_DAYS: Final = 30
_FIELD: Final = "first_delinquency"
_ASK: Final = (AskedField(field=_FIELD, unstated=True),)


@detector(
    "D04",
    version=2,
    name="reaged_dofd_between_pulls",
    reason=DisputeReason.DOFD_REAGED,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=5,
    score_harm=5,
)
def reaged_dofd_between_pulls(scan: Scan) -> Iterator[Observation]:
    """The first delinquency lies later than in the pull before, and no month in between is shown as current.

    What cannot be read from dates is read from the grids of charge-offs and collections, and then has to have
    moved by more than 30 days. Months count as the earlier report showed them: a grid that was rewritten with the
    date excuses nothing.
    """
    for row in scan.rows():
        before, was_shown_on = scan.earlier.get(row.ref), scan.shown_before(row.bureau)
        if before is None or was_shown_on is None:
            continue
        was, now = _bound(before), _bound(row)
        if was is None or now is None or now.earliest is None:
            continue
        printed = was.field == now.field == _FIELD
        between = _between(before, row, was, now)
        moved = (now.earliest - was.latest).days
        if moved <= (0 if printed else _INFERRED_DAYS) or PaymentLevel.CURRENT in between:
            continue
        seen = printed and None not in between
        day = was_shown_on.isoformat()
        earlier = FieldValue(
            bureau=row.bureau,
            field=f"earlier.{was.field}",
            label=f"{label(was.field)} in the report of {day}",
            printed=shown(before, was.field),
        )
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=(*quote(row, now.field), earlier),
            confidence=92 if seen else 75,
            assertable=(
                f"{row.bureau.display_name} reports {named(row)} {since(row, now)}; the report of {day} showed it "
                f"{since(before, was)} and no month in between as current, so at least one of these dates may be wrong."
            ),
            asks=(AskedField(field=now.field, unstated=True),),
            needs_consumer_confirm=not seen,
        )


def _bound(row: BureauTradeline) -> Delinquency | None:
    """A printed date of any account, or what the grid of a charge-off or collection says."""
    found = delinquency(row) if row.first_delinquency or row.is_charged_off else None
    return None if found is None or found.field == "opened" else found


def _between(
    before: BureauTradeline, row: BureauTradeline, was: Delinquency, now: Delinquency
) -> list[PaymentLevel | None]:
    """The rating of every month between two first delinquencies; None where neither report has data."""
    levels = {cell.month: cell.level for cell in (*row.history, *before.history) if cell.level.severity is not None}
    assert now.earliest is not None
    first = was.latest.year * 12 + was.latest.month
    last = now.earliest.year * 12 + now.earliest.month - 1
    return [levels.get(f"{at // 12:04d}-{at % 12 + 1:02d}") for at in range(first, last)]


@detector(
    "D06",
    version=1,
    name="collection_opened_as_dofd",
    reason=DisputeReason.DOFD_REAGED,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=5,
    score_harm=4,
)
def collection_opened_as_dofd(scan: Scan) -> Iterator[Observation]:
    """A collection's printed first delinquency is the day it was opened, or a later one.

    Some debt buyers show the opening of the original account: where the report shows that account opened then too,
    nothing is wrong, and without it a later date is for the consumer to judge.
    """
    for bureau in Bureau:
        for row in scan.rows(bureau):
            if not row.is_collection or row.first_delinquency is None or row.opened is None:
                continue
            same = row.first_delinquency == row.opened and row.opened.month is not None
            if not same and row.first_delinquency.earliest <= row.opened.latest:
                continue
            original = original_of(row, scan.once(origins)[bureau])
            if original and original.opened and original.opened.days_apart(row.opened) <= _APART_DAYS:
                continue
            confidence = 70 if not same else 88 if row.opened.day is not None else 75
            yield Observation(
                bureaus=(bureau,),
                group=row.group,
                values=quote(row, "opened", _FIELD),
                confidence=confidence,
                assertable=(
                    f"{bureau.display_name} reports {named(row)} as a collection opened on {shown(row, 'opened')} and "
                    f"with a date of first delinquency of {shown(row, _FIELD)}, {'the same' if same else 'a later'} "
                    "date; a debt is delinquent before it goes to a collector, so if the collector opened it on that "
                    "date, at least one of these dates may be wrong."
                ),
                asks=_ASK,
                needs_consumer_confirm=not same,
            )


@detector(
    "D07",
    version=1,
    name="dofd_missing",
    reason=DisputeReason.DOFD_REAGED,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=3,
    score_harm=3,
)
def dofd_missing(scan: Scan) -> Iterator[Observation]:
    """A charge-off or collection without a first delinquency, in a section that prints it for other accounts.

    A section that prints none at all comes from a source that leaves the date out, which says nothing.
    """
    for bureau in Bureau:
        rows = scan.rows(bureau)
        if not any(row.first_delinquency for row in rows):
            continue
        for row in rows:
            if row.is_charged_off and row.first_delinquency is None:
                yield Observation(
                    bureaus=(bureau,),
                    group=row.group,
                    values=quote(row, "account_type" if row.is_collection else "pay_status", _FIELD),
                    confidence=85,
                    assertable=(
                        f"{bureau.display_name} reports {named(row)} as a "
                        f"{'collection' if row.is_collection else 'charge-off'} and shows no date of first delinquency "
                        "for it, while it shows one for another account."
                    ),
                    asks=_ASK,
                )


@detector(
    "D08",
    version=1,
    name="dofd_mismatch_bureaus",
    reason=DisputeReason.DOFD_REAGED,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=4,
    score_harm=4,
)
def dofd_mismatch_bureaus(scan: Scan) -> Iterator[Observation]:
    """The printed dates of first delinquency lie more than 31 days apart, whatever their precision.

    An account may have been brought current between two bureaus' reports, so the sentence says when each reported.
    """

    def contradict(one: BureauTradeline, other: BureauTradeline) -> bool:
        left, right = one.first_delinquency, other.first_delinquency
        return bool(left and right and left.days_apart(right) > _APART_DAYS)

    for tradeline in scan.report.tradelines:
        yield from mismatch(tradeline, conflicting(tradeline, contradict), _FIELD, 85, dated=True)
