"""Accounts held against somebody who cannot owe them: an authorized user, a child, a person called dead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, Condition, Designator
from domain.findings.model import DisputeReason, FieldValue, LetterType, Observation
from domain.findings.obsolete import years_after
from domain.findings.quoting import label, named, quote, shown, some
from domain.findings.registry import Scan, detector
from domain.partial_dates import PartialDate
from domain.reconciliation import AskedField

_OF_AGE: Final = 18


@detector(
    "D36",
    version=1,
    name="authorized_user_derog",
    reason=DisputeReason.RESPONSIBILITY_CODE,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=3,
    score_harm=4,
)
def authorized_user_derog(scan: Scan) -> Iterator[Observation]:
    """An account on which the consumer is only an authorized user is held against them as late or worse."""
    for row in scan.rows():
        derogatory = _derogatory(row) if row.designator is Designator.AUTHORIZED_USER else ()
        if derogatory:
            said = some([_in_words(row, field) for field in derogatory])
            yield Observation(
                bureaus=(row.bureau,),
                group=row.group,
                values=quote(row, "designator", *derogatory),
                confidence=90,
                assertable=(
                    f"{row.bureau.display_name} reports {named(row)} with the responsibility "
                    f'"{shown(row, "designator")}" and at the same time with {said}.'
                ),
            )


def _derogatory(row: BureauTradeline) -> tuple[str, ...]:
    fields = ["pay_status"] if row.pay_status is not None and row.pay_status.is_late else []
    fields += ["condition"] if row.condition is Condition.DEROGATORY else []
    fields += ["account_type"] if row.is_collection else []
    fields += ["past_due"] if (row.past_due or 0) > 0 else []
    return (*fields, *(f"history.{cell.month}" for cell in row.history if cell.level.is_late))


def _in_words(row: BureauTradeline, field: str) -> str:
    return f"{label(field)} {shown(row, field)}"


@detector(
    "D38",
    version=1,
    name="minor_at_opening",
    reason=DisputeReason.NOT_MINE,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=4,
    score_harm=4,
)
def minor_at_opening(scan: Scan) -> Iterator[Observation]:
    """An account was opened while the consumer was under eighteen, and not as an authorized user.

    The consumer's own date of birth decides, or the bureau's where they told none; the consumer must say whether
    the account is theirs all the same.
    """
    told = scan.profile.born if scan.profile is not None else None
    for row in scan.rows():
        born = (told,) if told is not None else _births(scan, row.bureau)
        if row.opened is None or row.designator is Designator.AUTHORIZED_USER or not born:
            continue
        if all(row.opened.latest < _of_age(day) for day in born):
            whose = "the consumer's eighteenth birthday"
            by = whose if told is not None else f"{whose} by the date of birth that it reports"
            yield Observation(
                bureaus=(row.bureau,),
                group=row.group,
                values=quote(row, "opened", "designator"),
                confidence=80 if told is not None else 65,
                assertable=(
                    f"{row.bureau.display_name} reports {named(row)} as opened on {shown(row, 'opened')}, before {by}."
                ),
                needs_consumer_confirm=True,
            )


def _births(scan: Scan, bureau: Bureau) -> tuple[PartialDate, ...]:
    return tuple(day for section in scan.report.personal if section.bureau is bureau for day in section.birth_dates)


def _of_age(born: PartialDate) -> date:
    """The earliest day that can be the eighteenth birthday: whoever opened an account before it was a minor."""
    return years_after(born.earliest, _OF_AGE)


@detector(
    "D39",
    version=1,
    name="deceased_flag",
    reason=DisputeReason.DECEASED,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=5,
    score_harm=5,
)
def deceased_flag(scan: Scan) -> Iterator[Observation]:
    """The report, or one of its accounts, says that the consumer has died."""
    for section in scan.report.sections:
        if section.deceased:
            yield _dead((section.bureau,), f"{section.bureau.display_name} reports that the consumer is deceased.")
    answered = tuple(section.bureau for section in scan.report.sections if section.present)
    if scan.report.deceased and answered:
        said = "This report says that the consumer is deceased, without naming the bureau that says so."
        yield _dead(answered, said)
    for row in scan.rows():
        if row.designator is Designator.DECEASED:
            yield Observation(
                bureaus=(row.bureau,),
                group=row.group,
                values=quote(row, "designator"),
                confidence=94,
                assertable=(
                    f"{row.bureau.display_name} reports {named(row)} with the responsibility "
                    f'"{shown(row, "designator")}".'
                ),
                asks=(AskedField(field="designator", unstated=True),),
            )


def _dead(bureaus: tuple[Bureau, ...], said: str) -> Observation:
    return Observation(
        bureaus=bureaus,
        group=None,
        values=tuple(
            FieldValue(bureau=bureau, field="report.deceased", label="deceased indicator", printed="yes")
            for bureau in bureaus
        ),
        confidence=95,
        assertable=said,
    )
