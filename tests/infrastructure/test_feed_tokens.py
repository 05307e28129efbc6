"""Tokens are sealed with the consumer's key, and renewed by one at a time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from application.feeding import FeedBusy, FeedParty, LinkRefused
from infrastructure.event_store.keyring import Altered, Keyring, NoKey
from infrastructure.feed_links import FeedLinkStore
from infrastructure.feed_tokens import EARLY, FeedTokens, LinkEnded, Tokens
from infrastructure.postgres import Connection
from infrastructure.vault import EmbeddedVault
from tests.support.pools import app_pool
from tests.support.postgres import TestDatabase

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
FIRST = Tokens("access-1", "refresh-1", ("reports:read",), timedelta(minutes=10))


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Provider:
    """Hands out the next tokens, and remembers which refresh tokens it was shown."""

    pause_s: float = 0.0
    fault: Exception | None = None
    shown: list[str] = field(default_factory=list)

    def renew(self, refresh: str) -> Tokens:
        self.shown.append(refresh)
        time.sleep(self.pause_s)
        if self.fault is not None:
            raise self.fault
        number = int(refresh.rpartition("-")[2]) + 1
        return Tokens(f"access-{number}", f"refresh-{number}", (), timedelta(minutes=10))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def keyring(pool: ConnectionPool[Connection]) -> Keyring:
    return Keyring(pool, EmbeddedVault({"test": bytes(32)}, "test"))


@pytest.fixture
def tokens(pool: ConnectionPool[Connection], keyring: Keyring, clock: Clock) -> FeedTokens:
    return FeedTokens(pool, keyring, clock)


@pytest.fixture
def party(keyring: Keyring) -> FeedParty:
    made = FeedParty(uuid4(), uuid4(), uuid4(), "smartcredit")
    keyring.create(made.tenant_id, made.consumer_id)
    return made


def test_tokens_are_kept_for_one_party_and_no_other(tokens: FeedTokens, party: FeedParty) -> None:
    assert tokens.find(party) is None
    tokens.keep(party, FIRST)
    kept = tokens.find(party)
    assert kept is not None
    assert (kept.access, kept.refresh, kept.scopes, kept.stale) == ("access-1", "refresh-1", ("reports:read",), False)
    assert "access-1" not in repr(kept) + repr(FIRST)
    for other in (replace(party, tenant_id=uuid4()), replace(party, consumer_id=uuid4()), replace(party, provider="x")):
        assert tokens.find(other) is None
    assert not tokens.destroy(replace(party, tenant_id=uuid4()))
    assert not tokens.destroy(replace(party, consumer_id=uuid4()))
    assert tokens.find(party) == kept


def test_what_lies_in_the_database_is_sealed_to_its_place(
    tokens: FeedTokens, party: FeedParty, keyring: Keyring, database: TestDatabase
) -> None:
    tokens.keep(party, FIRST)
    with psycopg.connect(database.admin_url) as conn:
        row = conn.execute("SELECT t::text, sealed FROM auth.feed_token t").fetchone()
        assert row is not None
        assert b"access-1" not in bytes(row[1])
        assert "refresh-1" not in row[0]
        conn.execute("UPDATE auth.feed_token SET connection_id = gen_random_uuid()")
        moved = conn.execute("SELECT connection_id FROM auth.feed_token").fetchone()
    assert moved is not None
    with pytest.raises(Altered):
        tokens.find(replace(party, connection_id=moved[0]))


def test_an_erased_consumers_tokens_are_unreadable(tokens: FeedTokens, party: FeedParty, keyring: Keyring) -> None:
    tokens.keep(party, FIRST)
    keyring.destroy(party.tenant_id, party.consumer_id)
    assert tokens.find(party) is None
    with pytest.raises(LinkRefused) as refusal:
        tokens.fresh(party, Provider().renew)
    assert refusal.value.code == "no_tokens"
    with pytest.raises(NoKey):
        tokens.keep(party, FIRST)


def test_forgetting_a_consumer_destroys_their_tokens(
    tokens: FeedTokens, party: FeedParty, keyring: Keyring, pool: ConnectionPool[Connection]
) -> None:
    tokens.keep(party, FIRST)
    FeedLinkStore(pool, keyring).begin(party, uuid4(), "https://firm.example/back")
    assert FeedLinkStore(pool, keyring).forget(party.tenant_id, party.consumer_id) == 2
    assert tokens.find(party) is None


def test_the_tokens_and_the_state_of_one_connection_are_destroyed_alone(
    tokens: FeedTokens, party: FeedParty, pool: ConnectionPool[Connection], keyring: Keyring
) -> None:
    other, links = replace(party, connection_id=uuid4()), FeedLinkStore(pool, keyring)
    for one in (party, other):
        tokens.keep(one, FIRST)
        links.begin(one, uuid4(), "https://case.example/back")
    links.destroy(party)
    assert tokens.find(party) is None
    assert tokens.find(other) is not None
    assert links.forget(party.tenant_id, party.consumer_id) == 2


def test_tokens_are_renewed_a_minute_before_they_run_out(
    tokens: FeedTokens, party: FeedParty, clock: Clock, provider: Provider
) -> None:
    tokens.keep(party, FIRST)
    clock.now = NOW + timedelta(minutes=10) - EARLY - timedelta(seconds=1)
    assert tokens.fresh(party, provider.renew).access == "access-1"
    clock.now += timedelta(seconds=1)
    renewed = tokens.fresh(party, provider.renew)
    assert (renewed.access, renewed.scopes, provider.shown) == ("access-2", ("reports:read",), ["refresh-1"])
    assert tokens.find(party) == renewed


def test_short_lived_tokens_are_used_for_most_of_their_life(
    tokens: FeedTokens, party: FeedParty, clock: Clock, provider: Provider
) -> None:
    tokens.keep(party, replace(FIRST, lives=timedelta(seconds=40)))
    clock.now = NOW + timedelta(seconds=29)
    assert tokens.fresh(party, provider.renew).access == "access-1"
    clock.now = NOW + timedelta(seconds=30)
    assert tokens.fresh(party, provider.renew).access == "access-2"


def test_a_refresh_token_that_is_not_rotated_is_kept(tokens: FeedTokens, party: FeedParty) -> None:
    tokens.keep(party, FIRST)
    kept = tokens.find(party)
    assert kept is not None
    again = tokens.renewed(party, kept.generation, lambda _: Tokens("access-2", None, (), None))
    assert (again.access, again.refresh, again.stale) == ("access-2", "refresh-1", False)


def test_without_a_refresh_token_only_the_consumer_can_help(
    tokens: FeedTokens, party: FeedParty, provider: Provider
) -> None:
    tokens.keep(party, replace(FIRST, refresh=None))
    kept = tokens.find(party)
    assert kept is not None
    with pytest.raises(LinkRefused) as refusal:
        tokens.renewed(party, kept.generation, provider.renew)
    assert (refusal.value.code, provider.shown) == ("token_refused", [])


def test_many_at_once_renew_once_on_a_pool_smaller_than_they_are(
    database: TestDatabase, keyring: Keyring, party: FeedParty
) -> None:
    provider = Provider(pause_s=0.3)
    with app_pool(database, 2) as one, app_pool(database, 2) as another:
        processes = [FeedTokens(one, keyring), FeedTokens(another, keyring)]
        processes[0].keep(party, FIRST)
        kept = processes[0].find(party)
        assert kept is not None
        start = threading.Barrier(8)

        def renew(number: int) -> str:
            start.wait()
            return processes[number % 2].renewed(party, kept.generation, provider.renew).access

        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(renew, range(8))) == ["access-2"] * 8
    assert provider.shown == ["refresh-1"]


def test_renewed_tokens_are_committed_before_anybody_uses_them(
    tokens: FeedTokens, party: FeedParty, provider: Provider, database: TestDatabase, keyring: Keyring
) -> None:
    tokens.keep(party, FIRST)
    kept = tokens.find(party)
    assert kept is not None
    renewed = tokens.renewed(party, kept.generation, provider.renew)
    with app_pool(database, 1) as elsewhere:
        assert FeedTokens(elsewhere, keyring, Clock()).find(party) == renewed


def test_after_a_lost_answer_the_same_refresh_token_is_shown_again(
    tokens: FeedTokens, party: FeedParty, provider: Provider
) -> None:
    tokens.keep(party, FIRST)
    kept = tokens.find(party)
    assert kept is not None
    provider.fault = FeedBusy(5, "read_timeout")
    with pytest.raises(FeedBusy):
        tokens.renewed(party, kept.generation, provider.renew)
    assert tokens.find(party) == kept
    provider.fault = None
    assert tokens.renewed(party, kept.generation, provider.renew).access == "access-2"
    assert provider.shown == ["refresh-1", "refresh-1"]


def test_a_refused_refresh_token_is_never_shown_again(tokens: FeedTokens, party: FeedParty, provider: Provider) -> None:
    tokens.keep(party, FIRST)
    kept = tokens.find(party)
    assert kept is not None
    provider.fault = LinkRefused("token_refused", "it is dead")
    with pytest.raises(LinkRefused, match="token_refused"):
        tokens.renewed(party, kept.generation, provider.renew)
    with pytest.raises(LinkRefused, match="no_tokens"):
        tokens.fresh(party, provider.renew)
    assert provider.shown == ["refresh-1"]


def test_a_process_that_died_while_renewing_holds_nobody_up_for_long(
    pool: ConnectionPool[Connection], keyring: Keyring, party: FeedParty, provider: Provider, database: TestDatabase
) -> None:
    tokens = FeedTokens(pool, keyring, lease=timedelta(seconds=0.4))
    tokens.keep(party, FIRST)
    kept = tokens.find(party)
    assert kept is not None
    with psycopg.connect(database.admin_url, autocommit=True) as conn:
        conn.execute("UPDATE auth.feed_token SET refreshing_until = clock_timestamp() + interval '0.1 s'")
        assert tokens.renewed(party, kept.generation, provider.renew).access == "access-2"
        conn.execute("UPDATE auth.feed_token SET refreshing_until = clock_timestamp() + interval '1 hour'")
    now = tokens.find(party)
    assert now is not None
    with pytest.raises(FeedBusy) as busy:
        tokens.renewed(party, now.generation, provider.renew)
    assert busy.value.reason == "tokens_are_being_renewed"


@pytest.mark.parametrize("meanwhile", ["ended", "made anew", "erased"])
def test_a_link_that_ended_meanwhile_gets_no_tokens_back(
    tokens: FeedTokens, party: FeedParty, keyring: Keyring, meanwhile: str
) -> None:
    tokens.keep(party, FIRST)
    kept = tokens.find(party)
    assert kept is not None

    def renew(_: str) -> Tokens:
        if meanwhile == "ended":
            tokens.destroy(party)
        elif meanwhile == "made anew":
            tokens.keep(party, replace(FIRST, access="access-new"))
        else:
            keyring.destroy(party.tenant_id, party.consumer_id)
        return replace(FIRST, access="access-orphan")

    with pytest.raises(LinkEnded) as ended:
        tokens.renewed(party, kept.generation, renew)
    assert ended.value.tokens.access == "access-orphan"
    after = tokens.find(party)
    assert (after.access if after else None) == ("access-new" if meanwhile == "made anew" else None)


def test_tokens_of_another_generation_are_not_destroyed_by_mistake(tokens: FeedTokens, party: FeedParty) -> None:
    tokens.keep(party, FIRST)
    assert not tokens.destroy(party, uuid4())
    kept = tokens.find(party)
    assert kept is not None
    assert tokens.destroy(party, kept.generation)
    assert not tokens.destroy(party)
