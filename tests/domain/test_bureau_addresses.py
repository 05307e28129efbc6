"""The book's age is a recorded fact: the makers' reading, or the tenant's own."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from domain.address_book import VERIFY_EVERY, dispute_address
from domain.bureau_addresses import AnotherAddress, BureauAddress, last_verified, needs_verifying
from tests.support.histories import ACTOR_ID, BUREAU, NOON, TENANT_ID

ENTRY = dispute_address(BUREAU, NOON.date())
LATER = datetime.combine(ENTRY.verified_on + timedelta(days=40), time(12), UTC)


def opened() -> BureauAddress:
    return BureauAddress.open(BureauAddress.identity(TENANT_ID, BUREAU), NOON, BUREAU)


def test_an_entry_must_be_read_again_after_a_month() -> None:
    assert not needs_verifying(ENTRY, None, ENTRY.verified_on + VERIFY_EVERY)
    assert needs_verifying(ENTRY, None, ENTRY.verified_on + VERIFY_EVERY + timedelta(days=1))


def test_a_reading_by_the_tenants_people_makes_the_entry_young_again() -> None:
    held = opened()
    held.verify(ENTRY, ENTRY.address, ACTOR_ID, LATER)
    assert last_verified(ENTRY, held) == LATER.date()
    assert not needs_verifying(ENTRY, held, LATER.date() + VERIFY_EVERY)
    version = held.version
    held.verify(ENTRY, ENTRY.address, ACTOR_ID, LATER)
    assert held.version == version


def test_a_reading_is_of_one_address_and_of_no_later_one() -> None:
    held = opened()
    held.verify(ENTRY, ENTRY.address, ACTOR_ID, LATER)
    moved = ENTRY.model_copy(update={"address": ENTRY.address.model_copy(update={"line1": "P.O. Box 1"})})
    assert last_verified(moved, held) == ENTRY.verified_on


def test_another_address_than_the_books_confirms_nothing() -> None:
    held = opened()
    with pytest.raises(AnotherAddress) as refusal:
        held.verify(ENTRY, ENTRY.address.model_copy(update={"line1": "P.O. Box 1"}), ACTOR_ID, LATER)
    assert refusal.value.code == "not_the_address_in_the_book"
    assert held.verified_on is None
