"""Applications stand behind hard inquiries; a bankruptcy is young enough to be shown."""

import random
from dataclasses import FrozenInstanceError
from datetime import date, timedelta

import pytest

from domain.bureaus import Bureau
from infrastructure.sandbox.report_generator.accounts import CARDS, Inventor
from infrastructure.sandbox.report_generator.records import (
    Bankruptcy,
    Look,
    hard_looks,
    invent_bankruptcy,
    soft_looks,
)
from infrastructure.sandbox.report_generator.variety import closed_card, recent_card

AS_OF = date(2026, 1, 5)


def test_a_lender_looked_shortly_before_it_opened_the_account():
    for seed in range(30):
        rng = random.Random(seed)
        inventor = Inventor(rng, AS_OF)
        recent, old = recent_card(inventor, CARDS[0]), closed_card(inventor, CARDS[1])
        looks = hard_looks(rng, [old, recent])
        assert 1 <= len(looks) <= 3
        for look in looks:
            column = recent.columns[look.bureau]
            assert look.name == column.creditor
            assert timedelta(0) <= column.opened - look.on <= timedelta(days=20)
            assert look.hard
            assert look.on > AS_OF - timedelta(days=730)


def test_reviews_are_soft_and_not_too_old():
    looks = [look for seed in range(30) for look in soft_looks(random.Random(seed), AS_OF)]
    assert looks
    assert not any(look.hard for look in looks)
    assert all(AS_OF - timedelta(days=730) < look.on < AS_OF for look in looks)


def test_a_bankruptcy_ends_after_it_began():
    for seed in range(30):
        case = invent_bankruptcy(random.Random(seed), AS_OF)
        assert AS_OF - timedelta(days=7 * 365 - 62) < case.filed < case.discharged < AS_OF


def test_records_are_compared_by_what_they_hold_and_never_change():
    look = Look(Bureau.EQUIFAX, "TALLGRASS FINANCE", date(2025, 6, 1), hard=True)
    assert look == Look(Bureau.EQUIFAX, "TALLGRASS FINANCE", date(2025, 6, 1), hard=True)
    case = Bankruptcy(date(2019, 1, 2), date(2019, 5, 2))
    with pytest.raises(FrozenInstanceError):
        case.filed = date(2020, 1, 1)
