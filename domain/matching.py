"""Whose row is this: the accounts of a new report matched with those known from earlier pulls.

Within one bureau every row is weighed against every known account, and the exact best one-to-one assignment is
taken; vendor ids are evidence, never identity. What it does not tell for sure goes to review, and an account that a
reviewed row may yet be is never counted as absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from domain.assignment import certain_pairs
from domain.bureaus import Bureau
from domain.credit_reports import CanonicalReport, Tradeline
from domain.creditor_names import name_similarity
from domain.kernel import Value
from domain.match_tiers import AUTOMATIC, KnownTradeline, evidence, remember

__all__ = [
    "KnownTradeline", "MatchResult", "Review", "identified", "identity_key", "match", "mint", "name_similarity",
    "remember", "settled", "unused",
]  # fmt: skip

TIE: Final = 70
"""An assignment that is better by less than this does not tell which account a row is: a person is asked."""


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


def match(known: Sequence[KnownTradeline], report: CanonicalReport) -> MatchResult:
    """Assign the rows of `report` to known accounts, bureau by bureau."""
    assigned: dict[str, UUID] = {}
    tiers: dict[str, str] = {}
    review: list[Review] = []
    for bureau in Bureau:
        rows = {row.ref: remember(_NOBODY, row) for row in report.rows(bureau)}
        accounts = {account.tradeline_id: account for account in known if account.bureau is bureau}
        for found in _assign(rows, accounts):
            if isinstance(found, Review):
                review.append(found)
            else:
                ref, tradeline_id, tier = found
                assigned[ref], tiers[ref] = tradeline_id, tier
    review += _split_groups(report, known, assigned, tiers)
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


def _assign(
    rows: Mapping[str, KnownTradeline], accounts: Mapping[UUID, KnownTradeline]
) -> Iterator[tuple[str, UUID, str] | Review]:
    """The sure pairs of the best assignment, then every other row with the accounts it may still be."""
    pairs = {
        (ref, account): found
        for ref, row in rows.items()
        for account, facts in accounts.items()
        if (found := evidence(facts, row)) is not None
    }
    certain = certain_pairs({pair: found.weight for pair, found in pairs.items()}, TIE)
    sure = {ref: account for ref, account in certain.items() if pairs[ref, account].score >= AUTOMATIC}
    yield from ((ref, account, pairs[ref, account].tier) for ref, account in sure.items())
    taken = set(sure.values())
    for ref in rows:
        left = {account: pairs[ref, account] for account in accounts if (ref, account) in pairs}
        left = {account: found for account, found in left.items() if account not in taken}
        if left and ref not in sure:
            strongest = max(left.values(), key=lambda found: found.score)
            yield Review(ref=ref, bureau=rows[ref].bureau, candidates=tuple(sorted(left)), tier=strongest.tier)


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


def _split_groups(
    report: CanonicalReport, known: Sequence[KnownTradeline], assigned: dict[str, UUID], tiers: dict[str, str]
) -> list[Review]:
    """Rows whose group was matched to another account as well, which may be that account: it is missing there.

    A source that grouped rows otherwise before, so that they have accounts of their own, casts no doubt on them.
    """
    accounts = {(entry.tradeline_id, entry.bureau) for entry in known}
    bureau_of = {row.ref: row.bureau for row in report.rows()}
    missing = accounts - {(tradeline_id, bureau_of[ref]) for ref, tradeline_id in assigned.items()}
    review: list[Review] = []
    for tradeline in report.tradelines:
        found = {assigned[row.ref] for row in tradeline.reporting if row.ref in assigned}
        for row in tradeline.reporting if len(found) > 1 else ():
            others = {own for own in found if (own, row.bureau) in missing}
            if row.ref in assigned and others:
                candidates = tuple(sorted({assigned.pop(row.ref), *others}))
                del tiers[row.ref]
                review.append(Review(ref=row.ref, bureau=row.bureau, candidates=candidates, tier="group"))
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
