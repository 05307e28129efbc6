"""A state works once, for ten minutes, for the user and tenant that began it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from application.feeding import FeedParty, LinkRefused
from infrastructure.event_store.keyring import Keyring, NoKey
from infrastructure.feed_links import LIFETIME, FeedLinkStore
from infrastructure.postgres import Connection
from infrastructure.vault import EmbeddedVault
from tests.support.postgres import TestDatabase

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
BACK = "https://firm.example/connections/callback"
USER = uuid4()


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keyring(pool: ConnectionPool[Connection], tmp_path: Path) -> Keyring:
    return Keyring(pool, EmbeddedVault({"test": bytes(32)}, "test"))


@pytest.fixture
def links(pool: ConnectionPool[Connection], keyring: Keyring, clock: Clock) -> FeedLinkStore:
    return FeedLinkStore(pool, keyring, clock)


@pytest.fixture
def party(keyring: Keyring) -> FeedParty:
    made = FeedParty(uuid4(), uuid4(), uuid4(), "smartcredit")
    keyring.create(made.tenant_id, made.consumer_id)
    return made


def refused(attempt: Callable[[], object]) -> str:
    with pytest.raises(LinkRefused) as refusal:
        attempt()
    return refusal.value.code


def test_a_state_is_claimed_once_and_its_secrets_are_taken_once(links: FeedLinkStore, party: FeedParty) -> None:
    begun = links.begin(party, USER, BACK)
    assert begun.expires_at == NOW + LIFETIME
    assert refused(lambda: links.take(party, begun.state)) == "unknown_state"
    assert links.claim(party.tenant_id, USER, begun.state, NOW) == party
    assert refused(lambda: links.claim(party.tenant_id, USER, begun.state, NOW)) == "state_used"
    for other in (replace(party, consumer_id=uuid4()), replace(party, tenant_id=uuid4()), replace(party, provider="x")):
        assert refused(lambda other=other: links.take(other, begun.state)) == "unknown_state"  # type: ignore[misc]
    taken = links.take(party, begun.state)
    assert (taken.nonce, taken.verifier, taken.redirect_uri) == (begun.nonce, begun.verifier, BACK)
    assert refused(lambda: links.take(party, begun.state)) == "unknown_state"


def test_nobody_learns_whether_anothers_state_exists(links: FeedLinkStore, party: FeedParty) -> None:
    state = links.begin(party, USER, BACK).state
    attempts: list[tuple[UUID, UUID, str]] = [
        (party.tenant_id, uuid4(), state),
        (uuid4(), USER, state),
        (party.tenant_id, USER, "never given out"),
        (party.tenant_id, USER, "\ud800"),
    ]
    told = set()
    for tenant_id, user_id, given in attempts:
        with pytest.raises(LinkRefused) as refusal:
            links.claim(tenant_id, user_id, given, NOW)
        told.add((refusal.value.code, str(refusal.value)))
    assert told == {("unknown_state", "unknown_state: this link is not known; connect again")}
    assert links.claim(party.tenant_id, USER, state, NOW) == party


def test_of_many_at_once_one_wins(links: FeedLinkStore, party: FeedParty) -> None:
    state = links.begin(party, USER, BACK).state

    def attempt(_: int) -> str:
        try:
            links.claim(party.tenant_id, USER, state, NOW)
        except LinkRefused as refusal:
            return refusal.code
        return "won"

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(attempt, range(16)))
    assert sorted(results) == ["state_used"] * 15 + ["won"]


def test_a_new_beginning_makes_the_former_state_useless(links: FeedLinkStore, party: FeedParty) -> None:
    first = links.begin(party, USER, BACK)
    links.claim(party.tenant_id, USER, first.state, NOW)
    second = links.begin(party, USER, BACK)
    assert refused(lambda: links.take(party, first.state)) == "unknown_state"
    assert refused(lambda: links.claim(party.tenant_id, USER, first.state, NOW)) == "unknown_state"
    assert links.claim(party.tenant_id, USER, second.state, NOW) == party


def test_ten_minutes_of_real_time_whatever_the_tenants_clock_says(
    links: FeedLinkStore, party: FeedParty, clock: Clock
) -> None:
    state = links.begin(party, USER, BACK).state
    clock.now = NOW + LIFETIME
    assert refused(lambda: links.claim(party.tenant_id, USER, state, NOW)) == "state_expired"
    clock.now = NOW + LIFETIME - timedelta(seconds=1)
    assert links.claim(party.tenant_id, USER, state, NOW + timedelta(days=400)) == party


def test_what_has_run_out_long_ago_is_thrown_away_with_the_next_beginning(
    links: FeedLinkStore, party: FeedParty, clock: Clock, database: TestDatabase
) -> None:
    links.begin(party, USER, BACK)
    clock.now = NOW + timedelta(days=2)
    links.begin(replace(party, connection_id=uuid4()), USER, BACK)
    with psycopg.connect(database.admin_url) as conn:
        left = conn.execute("SELECT count(*) FROM auth.feed_link WHERE tenant_id = %s", (party.tenant_id,)).fetchone()
    assert left == (1,)


def test_neither_state_nor_verifier_lie_readable_in_the_database(
    links: FeedLinkStore, party: FeedParty, database: TestDatabase
) -> None:
    begun = links.begin(party, USER, BACK)
    with psycopg.connect(database.admin_url) as conn:
        row = conn.execute("SELECT f::text, code_verifier, state_hash FROM auth.feed_link f").fetchone()
    assert row is not None
    assert begun.state not in row[0]
    for secret in (begun.state, begun.verifier):
        assert secret.encode() not in bytes(row[1]) + bytes(row[2])
        assert secret not in repr(begun)
    assert len(begun.state) >= 43
    assert 43 <= len(begun.verifier) <= 128


def test_an_erased_consumer_has_no_link(links: FeedLinkStore, party: FeedParty, keyring: Keyring) -> None:
    state = links.begin(party, USER, BACK).state
    links.claim(party.tenant_id, USER, state, NOW)
    keyring.destroy(party.tenant_id, party.consumer_id)
    assert refused(lambda: links.take(party, state)) == "unknown_state"
    with pytest.raises(NoKey):
        links.begin(party, USER, BACK)


def test_a_consumers_links_are_forgotten_and_nobody_elses(
    links: FeedLinkStore, party: FeedParty, keyring: Keyring
) -> None:
    other = replace(party, consumer_id=uuid4(), connection_id=uuid4())
    keyring.create(other.tenant_id, other.consumer_id)
    states = [links.begin(one, USER, BACK).state for one in (party, other)]
    assert links.forget(uuid4(), party.consumer_id) == 0
    assert links.forget(party.tenant_id, party.consumer_id) == 1
    assert refused(lambda: links.claim(party.tenant_id, USER, states[0], NOW)) == "unknown_state"
    assert links.claim(party.tenant_id, USER, states[1], NOW) == other
    links.drop(other)
    assert refused(lambda: links.claim(party.tenant_id, USER, states[1], NOW)) == "unknown_state"
