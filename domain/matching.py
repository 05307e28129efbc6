"""Whose row is this: the accounts of a new report matched with those known from earlier pulls.

Within one bureau a cascade of tiers is tried, strongest first; vendor ids are evidence, never identity. A row
goes to at most one account and an account to at most one row. What cannot be told apart goes to review, and
an account that a reviewed row may yet be is never counted as absent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from domain.account_numbers import visible_head, visible_tail
from domain.bureaus import Bureau
from domain.credit_reports import AccountType, BureauTradeline, CanonicalReport, Tradeline
from domain.creditor_names import name_similarity, normalised_creditor
from domain.kernel import Value
from domain.partial_dates import PartialDate

__all__ = [
    "KnownTradeline", "MatchResult", "Review", "identified", "identity_key", "match", "mint", "name_similarity",
    "remember", "settled", "unused",
]  # fmt: skip

AUTOMATIC: Final = 0.95
"""Scores from here on are matched without a person; lower candidates are reviewed."""

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


class Review(Value):
    """A row that may be one of several known accounts, or one of them not surely enough."""

    ref: str
    bureau: Bureau
    candidates: tuple[UUID, ...]
    tier: str


class MatchResult(Value):
    """`assigned` and `tiers` are by row ref; `absent` are known accounts with no row and no review."""

    assigned: dict[str, UUID]
    tiers: dict[str, str]
    review: tuple[Review, ...]
    unmatched: tuple[str, ...]
    absent: tuple[tuple[UUID, Bureau], ...]

    def in_review(self, tradeline_id: UUID, bureau: Bureau) -> bool:
        """Whether some row of `bureau` may yet be this account."""
        return any(tradeline_id in pending.candidates for pending in self.review if pending.bureau is bureau)


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
        amount=_original_amount(row),
        original_creditor=normalised_creditor(row.original_creditor) or None,
    )


def _original_amount(row: BureauTradeline) -> int | None:
    return row.high_balance if row.high_balance is not None else row.balance


class _Tier(NamedTuple):
    id: str
    score: float
    holds: Callable[[KnownTradeline, KnownTradeline], bool]


def _same_month(one: KnownTradeline, other: KnownTradeline) -> bool:
    return bool(one.opened and other.opened and one.opened.month_key and one.opened.month_key == other.opened.month_key)


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


def _handle_and_month(one: KnownTradeline, other: KnownTradeline) -> bool:
    same = one.handle is not None and one.handle == other.handle
    return same and _same_month(one, other) and _number(one, other) is not False


def _same_name(one: KnownTradeline, other: KnownTradeline) -> bool:
    return name_similarity(one.creditor, other.creditor) >= _FUZZY_NAME


def _number_month_type(one: KnownTradeline, other: KnownTradeline) -> bool:
    telling = _tail(one, other) or _same_name(one, other)
    return (
        bool(_number(one, other)) and telling and _same_month(one, other) and one.account_type is other.account_type
    )


def _number_and_creditor(one: KnownTradeline, other: KnownTradeline) -> bool:
    return bool(_tail(one, other)) and _same_name(one, other)


def _head_and_creditor(one: KnownTradeline, other: KnownTradeline) -> bool:
    return bool(_number(one, other)) and _same_name(one, other)


def _fuzzy(one: KnownTradeline, other: KnownTradeline) -> bool:
    return (
        _opened_near(one, other)
        and _amount(one, other)
        and one.account_type is other.account_type
        and _same_name(one, other)
    )


def _opened_near(one: KnownTradeline, other: KnownTradeline) -> bool:
    if one.opened is None or other.opened is None:
        return False
    return one.opened.days_apart(other.opened) <= _FUZZY_OPENED_DAYS


def _fuzzy_sure(one: KnownTradeline, other: KnownTradeline) -> bool:
    return _fuzzy(one, other) and _number(one, other) is None and one.creditor == other.creditor


def _resold_collection(one: KnownTradeline, other: KnownTradeline) -> bool:
    both = one.account_type is other.account_type is AccountType.COLLECTION
    names = one.original_creditor, other.original_creditor
    return both and all(names) and name_similarity(*names) >= _FUZZY_NAME and _amount(one, other)


TIERS: Final = (
    _Tier("T1", 0.99, _handle_and_month),
    _Tier("T2", 0.98, _number_month_type),
    _Tier("T3", 0.96, _number_and_creditor),
    _Tier("T4", 0.95, _fuzzy_sure),
    _Tier("T3", 0.90, _head_and_creditor),
    _Tier("T4", 0.85, _fuzzy),
    _Tier("T5", 0.80, _resold_collection),
)
"""The cascade. The last three find candidates for a person to confirm and assign nothing by themselves."""


def match(known: Sequence[KnownTradeline], report: CanonicalReport) -> MatchResult:
    """Assign the rows of `report` to known accounts, bureau by bureau."""
    assigned: dict[str, UUID] = {}
    tiers: dict[str, str] = {}
    review: list[Review] = []
    for bureau in Bureau:
        rows = {row.ref: remember(_NOBODY, row) for row in report.rows(bureau)}
        accounts = {account.tradeline_id: account for account in known if account.bureau is bureau}
        for found in _cascade(rows, accounts):
            if isinstance(found, Review):
                review.append(found)
            else:
                ref, tradeline_id, tier = found
                assigned[ref], tiers[ref] = tradeline_id, tier
    review += _split_groups(report, assigned, tiers)
    _complete_groups(report, known, assigned, tiers, review)
    pending = {(candidate, entry.bureau) for entry in review for candidate in entry.candidates}
    bureau_of = {row.ref: row.bureau for row in report.rows()}
    taken = {(tradeline_id, bureau_of[ref]) for ref, tradeline_id in assigned.items()}
    reviewed = {entry.ref for entry in review}
    return MatchResult(
        assigned=assigned,
        tiers=tiers,
        review=tuple(review),
        unmatched=tuple(ref for ref in bureau_of if ref not in assigned and ref not in reviewed),
        absent=tuple(
            key for entry in known if (key := (entry.tradeline_id, entry.bureau)) not in taken and key not in pending
        ),
    )


_NOBODY: Final = UUID(int=0)


def _cascade(
    rows: dict[str, KnownTradeline], accounts: dict[UUID, KnownTradeline]
) -> Iterator[tuple[str, UUID, str] | Review]:
    doubtful: dict[str, tuple[str, set[UUID]]] = {}
    for tier in TIERS:
        wanted: dict[UUID, list[str]] = defaultdict(list)
        choices: dict[str, list[UUID]] = {}
        for ref, row in rows.items():
            choices[ref] = [account for account, facts in accounts.items() if tier.holds(facts, row)]
            for account in choices[ref]:
                wanted[account].append(ref)
        for ref, found in choices.items():
            if tier.score >= AUTOMATIC and len(found) == 1 and len(wanted[found[0]]) == 1:
                yield ref, found[0], tier.id
                del rows[ref], accounts[found[0]]
            elif found:
                doubtful.setdefault(ref, (tier.id, set()))[1].update(found)
    for ref, (tier_id, candidates) in doubtful.items():
        left = candidates & accounts.keys()
        if ref in rows and left:
            yield Review(ref=ref, bureau=rows[ref].bureau, candidates=tuple(sorted(left)), tier=tier_id)


def _complete_groups(
    report: CanonicalReport,
    known: Sequence[KnownTradeline],
    assigned: dict[str, UUID],
    tiers: dict[str, str],
    review: list[Review],
) -> None:
    """A row that found no match takes the account of its group, if that account is otherwise missing there.

    A row that may yet be another account stays in review, so that the other is not called absent.
    """
    accounts = {(entry.tradeline_id, entry.bureau) for entry in known}
    bureau_of = {row.ref: row.bureau for row in report.rows()}
    taken = {(tradeline_id, bureau_of[ref]) for ref, tradeline_id in assigned.items()}
    doubtful = {entry.ref: entry.candidates for entry in review}
    for tradeline in report.tradelines:
        found = {assigned[row.ref] for row in tradeline.reporting if row.ref in assigned}
        if len(found) != 1:
            continue
        tradeline_id = found.pop()
        for row in tradeline.reporting:
            key = tradeline_id, row.bureau
            free = row.ref not in assigned and key in accounts and key not in taken
            if free and set(doubtful.get(row.ref, ())) <= {tradeline_id}:
                assigned[row.ref], tiers[row.ref] = tradeline_id, "G"
                taken.add(key)
                review[:] = [entry for entry in review if entry.ref != row.ref]


def _split_groups(report: CanonicalReport, assigned: dict[str, UUID], tiers: dict[str, str]) -> list[Review]:
    """Rows of one account that were matched to different accounts: the source's grouping says they are one."""
    review: list[Review] = []
    for tradeline in report.tradelines:
        found = {assigned[row.ref] for row in tradeline.reporting if row.ref in assigned}
        if len(found) > 1:
            for row in tradeline.reporting:
                if row.ref in assigned:
                    del assigned[row.ref], tiers[row.ref]
                    review.append(Review(ref=row.ref, bureau=row.bureau, candidates=tuple(sorted(found)), tier="group"))
    return review


def identity_key(tradeline: Tradeline, ordinal: int = 0) -> str:
    """The text a new account's id is derived from: its strongest facts, without a full account number.

    Equal facts give equal keys; `ordinal` tells apart accounts that share them.
    """
    row = min(tradeline.reporting or tradeline.bureau_tradelines, key=lambda each: (each.bureau, each.ref))
    facts = remember(_NOBODY, row)
    opened = facts.opened.month_key if facts.opened else None
    parts = (facts.creditor, facts.tail or facts.head, opened, facts.account_type, facts.original_creditor, ordinal)
    return "|".join("" if part is None else str(part) for part in parts)


def mint(
    report: CanonicalReport, result: MatchResult, taken: Iterable[UUID], new_id: Callable[[str], UUID]
) -> Mapping[str, UUID]:
    """The account id of every group of `report` that is settled: known ones kept, new ones derived by `new_id`.

    A group takes the id its matched rows have; a group none of whose rows is matched or in review gets a new
    one, never one in `taken`. Groups under review are left out until a person has decided.
    """
    used = set(taken) | set(result.assigned.values())
    reviewed = {entry.ref for entry in result.review}
    ids: dict[str, UUID] = {}
    for tradeline in report.tradelines:
        if not tradeline.reporting:
            continue
        refs = [row.ref for row in tradeline.reporting]
        found = next((result.assigned[ref] for ref in refs if ref in result.assigned), None)
        if found is None and not reviewed.intersection(refs):
            found = unused(tradeline, used, new_id)
            used.add(found)
        if found is not None:
            ids[tradeline.group] = found
    return ids


def settled(report: CanonicalReport, result: MatchResult, groups: Mapping[str, UUID]) -> dict[str, UUID]:
    """The account of every row that has one: its own match, else its group's.

    A row is left without one while it is in review, or while its group's account is matched to another row of
    the bureau: two rows of one bureau are never read as the same account's unless the source says so.
    """
    taken = {(result.assigned[row.ref], row.bureau) for row in report.rows() if row.ref in result.assigned}
    reviewed = {entry.ref for entry in result.review}
    ids = dict(result.assigned)
    for row in report.rows():
        own = groups.get(row.group)
        if own is not None and row.ref not in ids and row.ref not in reviewed and (own, row.bureau) not in taken:
            ids[row.ref] = own
    return ids


def identified(
    report: CanonicalReport, ids: Mapping[str, UUID], waiting: Iterable[str], ref: str, tradeline_id: UUID
) -> dict[str, UUID]:
    """The rows that have an account once a person has said that row `ref` is `tradeline_id`.

    The row itself, and those of its group that only waited for it: not rows in `waiting`, which are somebody's
    question still, and none at a bureau where another row is this account. `ids` are the rows settled before.
    """
    rows = {row.ref: row for row in report.rows()}
    found = {ref: tradeline_id}
    taken = {rows[other].bureau for other, own in ids.items() if own == tradeline_id} | {rows[ref].bureau}
    open_questions = set(waiting)
    for row in rows.values():
        free = row.ref not in ids and row.ref not in open_questions and row.bureau not in taken
        if row.group == rows[ref].group and free:
            found[row.ref] = tradeline_id
            taken.add(row.bureau)
    return found


def unused(tradeline: Tradeline, used: set[UUID], new_id: Callable[[str], UUID]) -> UUID:
    """A new account's id that nothing in `used` has."""
    for ordinal in range(len(used) + 1):
        found = new_id(identity_key(tradeline, ordinal))
        if found not in used:
            return found
    raise ValueError("new_id must give different ids for different keys")
