"""What a report says beside itself: its day, its tradelines by bureau, its scores, and what is new since the last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Final

from domain.bureaus import Bureau
from domain.connections import Alert, Score
from infrastructure.sandbox.credit_feed.people import Pull
from infrastructure.sandbox.credit_feed.sections import NoSections, Sections

_MODEL: Final = "VantageScore 3.0"
_SEEDED_MODEL: Final = "Sandbox score 1"
_LOWEST, _SPREAD = 560, 160


@dataclass(frozen=True, slots=True)
class Facts:
    """What one report says."""

    as_of: date
    rows: tuple[Bureau, ...]
    scores: Mapping[Bureau, int]

    @property
    def counts(self) -> Mapping[Bureau, int]:
        """How many tradelines each bureau lists."""
        return Counter(self.rows)


@lru_cache(maxsize=128)
def facts_of(content: bytes, day: date) -> Facts:
    """The facts of a report; `day` stands where it does not say itself when it was pulled."""
    from infrastructure.reports import parse  # the start is spared it

    report = parse(content, pulled_on=day)
    scores = {section.bureau: section.score for section in report.sections if section.score is not None}
    try:
        rows = tuple(Sections(content).rows())
    except NoSections:
        rows = tuple(row.bureau for tradeline in report.tradelines for row in tradeline.bureau_tradelines)
    return Facts(report.pulled_on, rows, scores)


def facts_of_pull(pull: Pull) -> Facts:
    """The facts of a pull."""
    return facts_of(pull.content, pull.since.date())


def scores_of(pull: Pull, subject: str) -> Iterator[Score]:
    """The scores shown while a pull is in force. A report without any is given some, always the same for a person."""
    facts = facts_of_pull(pull)
    if facts.scores:
        for bureau, value in facts.scores.items():
            yield Score(bureau=bureau, model=_MODEL, value=value, as_of=facts.as_of)
        return
    for bureau in (one for one in Bureau if facts.counts.get(one)):
        chance = int.from_bytes(sha256(f"{subject} {bureau.value} {facts.as_of}".encode()).digest()[:4])
        yield Score(bureau=bureau, model=_SEEDED_MODEL, value=_LOWEST + chance % _SPREAD, as_of=facts.as_of)


def alerts_between(before: Pull, after: Pull) -> Iterator[Alert]:
    """What a monitoring service notices from one pull to the next. A bureau that does not answer is no news."""
    was, now = facts_of_pull(before), facts_of_pull(after)
    for bureau in Bureau:
        if not was.counts.get(bureau) or not now.counts.get(bureau):
            continue
        for what, old, new in (
            ("accounts", was.counts[bureau], now.counts[bureau]),
            ("score", was.scores.get(bureau, 0), now.scores.get(bureau, 0)),
        ):
            if old != new and old and new:
                kind = f"{what}_{'up' if new > old else 'down'}"
                told = f"{before.digest} {after.digest} {after.since} {bureau.value} {kind}"
                named = sha256(told.encode()).hexdigest()
                text = f"{bureau.display_name}: {what} {old} before, {new} now"
                yield Alert(alert_id=f"alert_{named[:24]}", bureau=bureau, kind=kind, occurred_on=now.as_of, text=text)
