"""Bankruptcies shown too long, accounts that ignore one, and accounts that speak of one nobody filed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from domain.credit_reports import BureauTradeline, CanonicalReport, PaymentLevel, PublicRecord
from domain.findings.model import DisputeReason, FieldValue, LetterType, Observation
from domain.findings.obsolete import years_after
from domain.findings.quoting import amounts, named, owed_fields, quote, shown
from domain.findings.registry import Scan, detector
from domain.reconciliation import AskedField

_YEARS: Final = 10
_CHAPTER_13_YEARS: Final = 7
_BANKRUPTCY: Final = re.compile(r"\b(bankruptcy|bankrupt|chapter (?:7|11|12|13))\b", re.I)
_CHAPTER_13: Final = re.compile(r"\bchapter 13\b", re.I)
_INCLUDED: Final = re.compile(r"\b(included|discharged|discharge)\b", re.I)
_NOT_INCLUDED: Final = re.compile(r"\b(not|never|no longer|reaffirm\w*|dismissed|withdrawn|removed)\b", re.I)
_ANOTHERS: Final = re.compile(
    r"\b(other|another|co-?(?:borrower|signer|maker|applicant|debtor|owner)|joint|spouse|associated|secondary)\b", re.I
)
_DISCHARGED: Final = re.compile(r"\bdischarged?\b", re.I)
_NOT_DISCHARGED: Final = re.compile(r"\b(dismissed|not discharged|denied|revoked|withdrawn)\b", re.I)


def is_bankruptcy(record: PublicRecord) -> bool:
    """Whether a court record is called a bankruptcy."""
    return any(_BANKRUPTCY.search(words) for words in (record.classification, record.kind) if words)


def _called(record: PublicRecord) -> str:
    return record.kind or record.classification or "bankruptcy"


def _quoted(record: PublicRecord) -> tuple[FieldValue, ...]:
    parts = {
        "kind": ("kind of record", _called(record)),
        "status": ("status", record.status),
        "filed": ("date filed", str(record.filed) if record.filed else None),
    }
    return tuple(
        FieldValue(bureau=record.bureau, field=f"public_record.{name}", label=label, printed=printed)
        for name, (label, printed) in parts.items()
        if printed
    )


@detector(
    "D03",
    version=1,
    name="obsolete_bankruptcy",
    reason=DisputeReason.PUBLIC_RECORD,
    letter=LetterType.OBSOLETE_ITEM,
    legal_strength=5,
    score_harm=5,
)
def obsolete_bankruptcy(scan: Scan) -> Iterator[Observation]:
    """A bankruptcy filed more than ten years ago is still shown.

    A chapter 13 case of more than seven years only informs: bureaus often take it off then, and the law does not
    ask it of them.
    """
    for record in scan.report.public_records:
        if record.filed is None or not is_bankruptcy(record):
            continue
        shown_on = scan.shown_on(record.bureau)
        ten, seven = (years_after(record.filed.latest, years) for years in (_YEARS, _CHAPTER_13_YEARS))
        says = f"{record.bureau.display_name} reports a bankruptcy ({_called(record)}) filed on {record.filed}"
        if shown_on > ten:
            said = f"{says}; ten years from that date ended no later than {ten.isoformat()}, and it is still reported."
            yield _old(record, said, 96, informational=False)
        elif shown_on > seven and _CHAPTER_13.search(_called(record)):
            yield _old(record, f"{says}, more than seven years before this report.", 90, informational=True)


def _old(record: PublicRecord, said: str, confidence: int, *, informational: bool) -> Observation:
    return Observation(
        bureaus=(record.bureau,),
        group=None,
        values=_quoted(record),
        confidence=confidence,
        assertable=said,
        informational=informational,
    )


def _mentions(row: BureauTradeline) -> str | None:
    return next((remark for remark in row.remarks if _BANKRUPTCY.search(remark)), None)


def _says_included(row: BureauTradeline) -> str | None:
    """The remark by which the consumer's own bankruptcy includes the account; a co-borrower's says nothing of them."""
    remark = _mentions(row)
    if remark is None or _NOT_INCLUDED.search(remark) or _ANOTHERS.search(remark):
        return None
    return remark if _INCLUDED.search(remark) else None


def _discharged(report: CanonicalReport) -> PublicRecord | None:
    """A bankruptcy that some bureau shows as discharged."""
    for record in report.public_records:
        told = " ".join(part for part in (record.status, record.kind) if part)
        if is_bankruptcy(record) and _DISCHARGED.search(told) and not _NOT_DISCHARGED.search(told):
            return record
    return None


@detector(
    "D34",
    version=2,
    name="bankruptcy_not_zeroed",
    reason=DisputeReason.BANKRUPTCY,
    letter=LetterType.BANKRUPTCY_STATUS,
    legal_strength=5,
    score_harm=5,
)
def bankruptcy_not_zeroed(scan: Scan) -> Iterator[Observation]:
    """An account that a discharged bankruptcy included is still shown as owed, or as a plain charge-off.

    The account says itself that it was included; or another bureau says so of it, and this one does not. What was
    opened after the case was filed cannot have been included in it.
    """
    record = _discharged(scan.report)
    if record is None:
        return
    for tradeline in scan.report.tradelines:
        included = {row.bureau: row for row in tradeline.reporting if _says_included(row)}
        for row in tradeline.reporting:
            if record.filed and row.opened and row.opened.earliest > record.filed.latest:
                continue
            owed = owed_fields(row)
            if row.bureau in included and owed:
                yield _still_owed(row, owed, record)
            elif included and _mentions(row) is None and (owed or row.pay_status is PaymentLevel.CHARGE_OFF):
                yield _left_out(row, next(iter(included.values())), owed, record)


def _court(record: PublicRecord) -> str:
    return f"the report shows the bankruptcy itself as {record.status or _called(record)}"


def _still_owed(row: BureauTradeline, owed: tuple[str, ...], record: PublicRecord) -> Observation:
    return Observation(
        bureaus=(row.bureau,),
        group=row.group,
        values=(*quote(row, "remarks", *owed), *_quoted(record)),
        confidence=93,
        assertable=(
            f'{row.bureau.display_name} reports {named(row)} with the remark "{_says_included(row)}" and at the same '
            f"time with {amounts(row, owed)}; {_court(record)}."
        ),
        asks=tuple(AskedField(field=field, expected="0") for field in owed),
    )


def _left_out(row: BureauTradeline, other: BureauTradeline, owed: tuple[str, ...], record: PublicRecord) -> Observation:
    fields = (*owed, "pay_status") if row.pay_status is not None else owed
    shown_as = amounts(row, owed) if owed else f'the payment status "{shown(row, "pay_status")}"'
    return Observation(
        bureaus=(row.bureau,),
        group=row.group,
        values=(*quote(row, "remarks", *fields), *quote(other, "remarks"), *_quoted(record)),
        confidence=88,
        assertable=(
            f"{row.bureau.display_name} reports {named(row)} with {shown_as} and no word of a bankruptcy, while "
            f'another bureau reports it with the remark "{_says_included(other)}"; {_court(record)}.'
        ),
        asks=tuple(AskedField(field=field, unstated=True) for field in ("remarks", *fields)),
    )


@detector(
    "D35",
    version=1,
    name="bankruptcy_remark_wrong_person",
    reason=DisputeReason.BANKRUPTCY,
    letter=LetterType.BANKRUPTCY_STATUS,
    legal_strength=4,
    score_harm=5,
)
def bankruptcy_remark_wrong_person(scan: Scan) -> Iterator[Observation]:
    """An account speaks of a bankruptcy, and no bureau shows one; only the consumer knows whether there ever was."""
    if any(is_bankruptcy(record) for record in scan.report.public_records):
        return
    for row in scan.rows():
        remark = _mentions(row)
        if remark is None or _NOT_INCLUDED.search(remark) or _ANOTHERS.search(remark):
            continue
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=quote(row, "remarks"),
            confidence=80,
            assertable=(
                f'{row.bureau.display_name} reports {named(row)} with the remark "{remark}", and no bankruptcy is '
                "among the public records of this report."
            ),
            asks=(AskedField(field="remarks", unstated=True),),
            needs_consumer_confirm=True,
        )
