"""One account reported twice by the same bureau."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Final

from domain.account_numbers import visible_tail, visibly_different
from domain.credit_reports import AccountType, BureauTradeline, Condition
from domain.findings.model import DisputeReason, LetterType, Observation
from domain.findings.quoting import named, quote
from domain.findings.registry import Scan, detector
from domain.matching import name_similarity

_SAME_NAME: Final = 0.85


@detector(
    "D25",
    version=2,
    name="duplicate_tradeline",
    reason=DisputeReason.DUPLICATE,
    letter=LetterType.DUPLICATE_ACCOUNT,
    legal_strength=4,
    score_harm=4,
)
def duplicate_tradeline(scan: Scan) -> Iterator[Observation]:
    """Two rows of one bureau share the visible number, the month of opening and the type."""
    alike: dict[tuple[object, ...], list[BureauTradeline]] = defaultdict(list)
    for row in scan.rows():
        tail = visible_tail(row.account_number)
        opened = row.opened.month_key if row.opened else None
        if len(tail) == 4 and opened and row.condition is not Condition.TRANSFERRED:
            alike[row.bureau, tail, opened, row.account_type].append(row)
    for rows in alike.values():
        for one, other in combinations(rows, 2):
            if one.handle and one.handle == other.handle:
                continue
            if visibly_different(one.account_number, other.account_number) or _other_kinds(one, other):
                continue
            yield _duplicate(one, other)


def _other_kinds(one: BureauTradeline, other: BureauTradeline) -> bool:
    """Two kinds that have no word of ours are alike only if the report names them alike."""
    return one.account_type is AccountType.OTHER and one.type_detail != other.type_detail


def _duplicate(one: BureauTradeline, other: BureauTradeline) -> Observation:
    same_name = name_similarity(one.creditor_name, other.creditor_name) >= _SAME_NAME
    fields = ("creditor_name", "account_masked", "opened", "account_type")
    return Observation(
        bureaus=(one.bureau,),
        group=other.group,
        values=(*quote(one, *fields), *quote(other, *fields)),
        confidence=90 if same_name else 70,
        assertable=(
            f"{one.bureau.display_name} reports {named(one)} and {named(other)} as two accounts, of the same type, "
            f"opened in the same month ({one.opened}; {other.opened}) and with account numbers that end alike; "
            "they may be one account."
        ),
        needs_consumer_confirm=not same_name,
    )
