"""A bureau's notice that a dispute is frivolous: its days, and what becomes of the dispute."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from domain.disputes import AlreadyClosed, DisputeStatus
from domain.frivolous_notices import DecidedTooEarly, FrivolousNotice, FrivolousNoticed
from domain.kernel import IllegalMove, Invalid
from tests.support.histories import ACTOR_ID, NOTICE, at, dispute, posted_dispute, received_dispute

LATER = datetime(2026, 2, 27, 12, tzinfo=UTC)


def notice(noticed_on: date, determined_on: date | None = None) -> FrivolousNotice:
    return FrivolousNotice(noticed_on=noticed_on, determined_on=determined_on, reasons="no account is named")


@pytest.mark.parametrize(
    ("determined_on", "noticed_on", "due", "late"),
    [
        (date(2026, 2, 13), date(2026, 2, 20), date(2026, 2, 23), False),
        (date(2026, 2, 13), date(2026, 2, 23), date(2026, 2, 23), False),
        (date(2026, 2, 13), date(2026, 2, 24), date(2026, 2, 23), True),
        (None, date(2026, 2, 24), date(2026, 3, 3), False),
    ],
)
def test_a_notice_is_due_five_business_days_after_the_decision(
    determined_on: date | None, noticed_on: date, due: date, late: bool
) -> None:
    made = received_dispute()
    made.note_frivolous(notice(noticed_on, determined_on), ACTOR_ID, LATER)
    noticed = made.pending_events[-1]
    assert isinstance(noticed, FrivolousNoticed)
    assert (noticed.notice_due.on, noticed.notice_due.rule, noticed.late) == (due, "R05", late)
    assert made.status is DisputeStatus.FRIVOLOUS_NOTICED


@pytest.mark.parametrize(
    "wrong",
    [
        notice(date(2026, 2, 28)),
        notice(date(2026, 2, 20), date(2026, 2, 21)),
        notice(date(2026, 1, 9), date(2026, 1, 8)),
    ],
)
def test_days_that_cannot_be_are_refused(wrong: FrivolousNotice) -> None:
    made = received_dispute()
    with pytest.raises((Invalid, DecidedTooEarly)):
        made.note_frivolous(wrong, ACTOR_ID, LATER)
    assert made.status is DisputeStatus.RECEIVED


def test_nobody_answers_a_letter_that_was_not_posted_or_a_dispute_that_is_over() -> None:
    with pytest.raises(IllegalMove):
        dispute().note_frivolous(NOTICE, ACTOR_ID, LATER)
    withdrawn = posted_dispute()
    withdrawn.withdraw(at(5))
    with pytest.raises(AlreadyClosed):
        withdrawn.note_frivolous(NOTICE, ACTOR_ID, LATER)
    noticed = posted_dispute()
    noticed.note_frivolous(NOTICE, ACTOR_ID, LATER)
    with pytest.raises(IllegalMove):
        noticed.note_frivolous(NOTICE, ACTOR_ID, LATER)


def test_silence_is_not_held_against_a_bureau_that_has_refused() -> None:
    made = received_dispute()
    made.note_frivolous(notice(date(2026, 2, 20)), ACTOR_ID, LATER)
    version = made.version
    made.check_overdue(datetime(2026, 6, 1, 12, tzinfo=UTC))
    assert (made.version, made.status) == (version, DisputeStatus.FRIVOLOUS_NOTICED)
