"""What makes two rows one account: the facts that are remembered of it, and the tiers of evidence they may give.

A tier's score says how sure its evidence alone is, and decides whether a person is asked. How much all the tiers that
hold say together decides which of several accounts a row is, where more than one comes into question.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple
from uuid import UUID

from domain.account_numbers import visible_head, visible_tail
from domain.bureaus import Bureau
from domain.credit_reports import AccountType, BureauTradeline
from domain.creditor_names import buys_debts, name_similarity, normalised_creditor
from domain.kernel import Value
from domain.partial_dates import PartialDate

MATCHER_VERSION: Final = 2
"""Rises whenever a tier, a score, a weight or the way they are used changes; kept with every matched pull."""

AUTOMATIC: Final = 0.95
"""From this score on a match needs no person; every lower tier finds candidates for one."""

_FUZZY_NAME: Final = 0.85
_FUZZY_OPENED_DAYS: Final = 31
_FUZZY_AMOUNT_PERCENT: Final = 2


class KnownTradeline(Value):
    """What is remembered of one account at one bureau, so that it is known again in a later report."""

    tradeline_id: UUID
    bureau: Bureau
    head: str
    tail: str
    opened: PartialDate | None
    account_type: AccountType
    creditor: str
    handle: str | None
    amount: int | None
    original_creditor: str | None
    first_delinquency: PartialDate | None = None


def remember(tradeline_id: UUID, row: BureauTradeline) -> KnownTradeline:
    """What to keep of a row to know its account again: no full account number."""
    return KnownTradeline(
        tradeline_id=tradeline_id,
        bureau=row.bureau,
        head=visible_head(row.account_number),
        tail=visible_tail(row.account_number),
        opened=row.opened,
        account_type=row.account_type,
        creditor=normalised_creditor(row.creditor_name),
        handle=row.handle,
        amount=row.high_balance if row.high_balance is not None else row.balance,
        original_creditor=normalised_creditor(row.original_creditor) or None,
        first_delinquency=row.first_delinquency,
    )


class Evidence(NamedTuple):
    """The strongest tier that holds, its score, and the weight of all that hold together (whole numbers)."""

    tier: str
    score: float
    weight: int


def evidence(one: KnownTradeline, other: KnownTradeline) -> Evidence | None:
    """What speaks for two rows of one bureau being the same account; None when nothing does."""
    held = [tier for tier in TIERS if tier.holds(one, other)] if _worth_a_look(one, other) else []
    if not held:
        return None
    return Evidence(held[0].id, held[0].score, sum(tier.weight for tier in held))


def is_sure(one: KnownTradeline, other: KnownTradeline) -> bool:
    """Whether two rows are one account without a person's say, if nothing else comes into question."""
    found = evidence(one, other)
    return found is not None and found.score >= AUTOMATIC


class _Tier(NamedTuple):
    id: str
    score: float
    weight: int
    holds: Callable[[KnownTradeline, KnownTradeline], bool]


def _same_month(one: PartialDate | None, other: PartialDate | None) -> bool:
    return bool(one and other and one.month_key and one.month_key == other.month_key)


def _number(one: KnownTradeline, other: KnownTradeline) -> bool | None:
    """Whether the visible digits agree; None when no common digits are visible."""
    return _head(one, other) if (ends := _tail(one, other)) is None else ends


def _tail(one: KnownTradeline, other: KnownTradeline) -> bool | None:
    """Whether the last digits agree, which tell one account from another."""
    length = min(len(one.tail), len(other.tail))
    return one.tail[-length:] == other.tail[-length:] if length >= 3 else None


def _head(one: KnownTradeline, other: KnownTradeline) -> bool | None:
    """Whether the first digits agree, which on cards name the bank and all its cards alike."""
    length = min(len(one.head), len(other.head))
    return one.head[:length] == other.head[:length] if length >= 3 else None


def _amount(one: KnownTradeline, other: KnownTradeline) -> bool:
    if one.amount is None or other.amount is None:
        return False
    return abs(one.amount - other.amount) * 100 <= _FUZZY_AMOUNT_PERCENT * max(abs(one.amount), abs(other.amount))


def _same_name(one: KnownTradeline, other: KnownTradeline) -> bool:
    return name_similarity(one.creditor, other.creditor) >= _FUZZY_NAME


def _handle_and_month(one: KnownTradeline, other: KnownTradeline) -> bool:
    same = one.handle is not None and one.handle == other.handle
    return same and _same_month(one.opened, other.opened) and _number(one, other) is not False


def _number_month_type(one: KnownTradeline, other: KnownTradeline) -> bool:
    if one.account_type is not other.account_type or not _number(one, other):
        return False
    return _same_month(one.opened, other.opened) and (bool(_tail(one, other)) or _same_name(one, other))


def _number_and_creditor(one: KnownTradeline, other: KnownTradeline) -> bool:
    return bool(_tail(one, other)) and _same_name(one, other)


def _head_and_creditor(one: KnownTradeline, other: KnownTradeline) -> bool:
    return bool(_number(one, other)) and _same_name(one, other)


def _fuzzy(one: KnownTradeline, other: KnownTradeline) -> bool:
    if one.account_type is not other.account_type or not _amount(one, other) or not _opened_near(one, other):
        return False
    return _same_name(one, other)


def _worth_a_look(one: KnownTradeline, other: KnownTradeline) -> bool:
    """Whether a tier can hold at all; of most pairs of rows none can."""
    if one.handle is not None and one.handle == other.handle:
        return True
    return bool(_number(one, other)) or (one.account_type is other.account_type and _amount(one, other))


def _renamed(one: KnownTradeline, other: KnownTradeline) -> bool:
    """The numbers, the amount and the opening agree, only the name does not."""
    alike = one.account_type is other.account_type and bool(_number(one, other)) and _amount(one, other)
    return alike and _opened_near(one, other)


def _opened_near(one: KnownTradeline, other: KnownTradeline) -> bool:
    if one.opened is None or other.opened is None:
        return False
    return one.opened.days_apart(other.opened) <= _FUZZY_OPENED_DAYS


def _fuzzy_sure(one: KnownTradeline, other: KnownTradeline) -> bool:
    """No number could tell more: both agree as far as they show, or show nothing and the name is equal."""
    number = _number(one, other)
    return bool(number or (number is None and one.creditor == other.creditor)) and _fuzzy(one, other)


def _collections(one: KnownTradeline, other: KnownTradeline) -> bool:
    return one.account_type is other.account_type is AccountType.COLLECTION


def _resold(one: KnownTradeline, other: KnownTradeline) -> bool:
    names = one.original_creditor, other.original_creditor
    return _collections(one, other) and all(names) and _amount(one, other) and name_similarity(*names) >= _FUZZY_NAME


def _resold_sure(one: KnownTradeline, other: KnownTradeline) -> bool:
    return _same_month(one.first_delinquency, other.first_delinquency) and _resold(one, other)


def _between_buyers(one: KnownTradeline, other: KnownTradeline) -> bool:
    """Two buyers of debts, one of which does not say whose the debt was."""
    unsaid = not (one.original_creditor and other.original_creditor)
    both = unsaid and _collections(one, other) and _amount(one, other)
    return both and buys_debts(one.creditor) and buys_debts(other.creditor)


TIERS: Final = (
    _Tier("T1", 0.99, 460, _handle_and_month),
    _Tier("T2", 0.98, 389, _number_month_type),
    _Tier("T3", 0.96, 318, _number_and_creditor),
    _Tier("T4", 0.95, 294, _fuzzy_sure),
    _Tier("T5", 0.95, 294, _resold_sure),
    _Tier("T3", 0.90, 220, _head_and_creditor),
    _Tier("T4", 0.85, 173, _fuzzy),
    _Tier("T4", 0.80, 139, _renamed),
    _Tier("T5", 0.80, 139, _resold),
    _Tier("T5", 0.75, 110, _between_buyers),
)
"""The tiers, strongest first. A weight is a hundred times the logarithm of its score's odds."""
