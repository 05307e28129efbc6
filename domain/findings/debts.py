"""One debt on two accounts: the original creditor's beside a collector's, or two collectors'.

Whether two accounts are about one debt is a judgement, so each finding waits for the consumer to confirm it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, Condition
from domain.findings.model import DisputeReason, LetterType, Observation
from domain.findings.obsolete import Delinquency, delinquency
from domain.findings.quoting import named, quote, shown
from domain.findings.registry import Scan, detector
from domain.matching import name_similarity
from domain.reconciliation import AskedField

_SAME_NAME: Final = 0.85
_AMOUNT_PERCENT: Final = 5
_DATES_DAYS: Final = 31
_LATER_DAYS: Final = 30
_WHO: Final = ("creditor_name", "account_masked")


def original_of(row: BureauTradeline, rows: Sequence[BureauTradeline]) -> BureauTradeline | None:
    """The one account among a bureau's `rows` that the debt on a collector's or a buyer's `row` came from.

    It went bad, is named as the original creditor, shows an amount within 5 % and was not opened
    more than 31 days later. None where
    no account fits, or more than one does.
    """
    if row.original_creditor is None or _alike(row.original_creditor, row.creditor_name):
        return None
    found = [other for other in rows if other.ref != row.ref and _came_from(row, other)]
    return found[0] if len(found) == 1 else None


def collected(scan: Scan) -> tuple[tuple[BureauTradeline, BureauTradeline], ...]:
    """Every account of a collector or debt buyer whose original account the same bureau shows, with that account."""
    return tuple(
        (row, original)
        for bureau in Bureau
        for row in scan.rows(bureau)
        if row.original_creditor is not None and (original := original_of(row, scan.once(origins)[bureau])) is not None
    )


def origins(scan: Scan) -> dict[Bureau, tuple[BureauTradeline, ...]]:
    """By bureau, the accounts that a collector's or a buyer's debt may have come from."""
    return {bureau: tuple(row for row in scan.rows(bureau) if _may_be_original(row)) for bureau in Bureau}


def _alike(one: str | None, other: str | None) -> bool:
    return name_similarity(one, other) >= _SAME_NAME


def _came_from(row: BureauTradeline, other: BureauTradeline) -> bool:
    amounts = (other.charge_off_amount, other.balance, other.high_balance)
    return (
        other.bureau is row.bureau
        and _may_be_original(other)
        and _amounts_agree((row.balance, row.high_balance), amounts)
        and not _opened_before(row, other)
        and _alike(row.original_creditor, other.creditor_name)
    )


def _may_be_original(row: BureauTradeline) -> bool:
    return row.original_creditor is None and not row.is_collection and _went_bad(row)


def _opened_before(row: BureauTradeline, other: BureauTradeline) -> bool:
    if row.opened is None or other.opened is None:
        return False
    return (other.opened.earliest - row.opened.latest).days > _DATES_DAYS


def _went_bad(row: BureauTradeline) -> bool:
    late = row.pay_status is not None and row.pay_status.is_late
    return late or row.condition in (Condition.DEROGATORY, Condition.TRANSFERRED) or bool(row.charge_off_amount)


def _amounts_agree(some: Sequence[int | None], others: Sequence[int | None]) -> bool:
    for one in some:
        for other in others:
            if one and other and abs(one - other) * 100 <= _AMOUNT_PERCENT * max(one, other) and min(one, other) > 0:
                return True
    return False


@detector(
    "D05",
    version=1,
    name="reaged_vs_original",
    reason=DisputeReason.DOFD_REAGED,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=5,
    score_harm=5,
)
def reaged_vs_original(scan: Scan) -> Iterator[Observation]:
    """A collector shows a first delinquency more than 30 days later than the original creditor does."""
    for row, original in scan.once(collected):
        began, first = delinquency(row), delinquency(original)
        if first is None or first.field == "opened" or began is None or began.earliest is None:
            continue
        if (began.earliest - first.latest).days <= _LATER_DAYS:
            continue
        both_printed = began.field == first.field == "first_delinquency"
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=(*quote(row, *_WHO, "original_creditor", began.field), *quote(original, *_WHO, first.field)),
            confidence=88 if both_printed else 75,
            assertable=(
                f"{row.bureau.display_name} reports {named(row)}, for the original creditor "
                f"{shown(row, 'original_creditor')}, {since(row, began)}, and {named(original)} "
                f"{since(original, first)}; if both are one debt, its first delinquency cannot have two dates, so at "
                "least one of them may be wrong."
            ),
            asks=(AskedField(field=began.field, unstated=True),),
            needs_consumer_confirm=True,
        )


def since(row: BureauTradeline, began: Delinquency) -> str:
    """Since when a row shows its delinquency, in a sentence."""
    if began.field == "first_delinquency":
        return f"with a date of first delinquency of {shown(row, began.field)}"
    return f"with late months and no current one since {began.field.removeprefix('history.')}"


@detector(
    "D23",
    version=1,
    name="double_report_original_and_buyer",
    reason=DisputeReason.DUPLICATE,
    letter=LetterType.DUPLICATE_ACCOUNT,
    legal_strength=4,
    score_harm=5,
)
def double_report_original_and_buyer(scan: Scan) -> Iterator[Observation]:
    """The original creditor and a collector or debt buyer both show a balance for one debt."""
    for row, original in scan.once(collected):
        if (row.balance or 0) <= 0 or (original.balance or 0) <= 0:
            continue
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=(*quote(row, *_WHO, "original_creditor", "balance"), *quote(original, *_WHO, "balance")),
            confidence=80,
            assertable=(
                f"{row.bureau.display_name} reports {named(row)}, for the original creditor "
                f"{shown(row, 'original_creditor')}, with a balance of {shown(row, 'balance')}, and also "
                f"{named(original)} with a balance of {shown(original, 'balance')}; if both are one debt, it is "
                "reported twice."
            ),
            asks=(AskedField(field="balance", unstated=True),),
            needs_consumer_confirm=True,
        )


@detector(
    "D24",
    version=1,
    name="duplicate_collection",
    reason=DisputeReason.DUPLICATE,
    letter=LetterType.DUPLICATE_ACCOUNT,
    legal_strength=4,
    score_harm=5,
)
def duplicate_collection(scan: Scan) -> Iterator[Observation]:
    """Two collectors show a balance for the same original creditor, of one amount and one date.

    One provider often sends several medical bills of like amounts to collectors, which makes those less certain.
    """
    for bureau in Bureau:
        owed = [row for row in scan.rows(bureau) if row.is_collection and (row.balance or 0) > 0]
        for one, other in combinations(owed, 2):
            if not _one_debt(one, other):
                continue
            fields = (*_WHO, "original_creditor", "balance")
            yield Observation(
                bureaus=(bureau,),
                group=other.group,
                values=(*quote(one, *fields), *quote(other, *fields)),
                confidence=65 if one.medical or other.medical else 82,
                assertable=(
                    f"{bureau.display_name} reports two collections for the original creditor "
                    f"{shown(other, 'original_creditor')}: {named(one)} with a balance of {shown(one, 'balance')} and "
                    f"{named(other)} with a balance of {shown(other, 'balance')}; they may be one debt."
                ),
                needs_consumer_confirm=True,
            )


def _one_debt(one: BureauTradeline, other: BureauTradeline) -> bool:
    if one.creditor_name is None or other.creditor_name is None or _alike(one.creditor_name, other.creditor_name):
        return False
    return (
        _alike(one.original_creditor, other.original_creditor)
        and _amounts_agree((one.balance, one.high_balance), (other.balance, other.high_balance))
        and _one_date(one, other)
    )


def _one_date(one: BureauTradeline, other: BureauTradeline) -> bool:
    """Whether the date of first delinquency agrees, which goes with a debt wherever it goes, or else the opening."""
    field = "first_delinquency" if one.first_delinquency and other.first_delinquency else "opened"
    left, right = getattr(one, field), getattr(other, field)
    return left is not None and right is not None and left.days_apart(right) <= _DATES_DAYS
