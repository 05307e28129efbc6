from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from argon2 import PasswordHasher
from psycopg_pool import ConnectionPool

from infrastructure.passwords import Passwords
from infrastructure.postgres import Connection
from infrastructure.sessions import FAMILY_LIFETIME, Reason, Refresh, Sessions
from infrastructure.tokens import Unauthenticated
from tests.support.postgres import TestDatabase

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TENANT, USER, OTHER_USER = UUID(int=0x71), UUID(int=0x72), UUID(int=0x73)


@pytest.fixture
def sessions(pool: ConnectionPool[Connection]) -> Sessions:
    """Sessions of two users who set their passwords at `NOW`."""
    passwords = Passwords(pool, hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    for user in (USER, OTHER_USER):
        passwords.set(TENANT, user, "horse staple battery 9", NOW)
    return Sessions(pool)


def test_each_use_gives_the_next_token_of_the_same_session(sessions: Sessions) -> None:
    first = sessions.start(TENANT, USER, NOW, NOW)
    second = sessions.rotate(first.token, NOW + timedelta(hours=1))
    third = sessions.rotate(second.token, NOW + timedelta(hours=2))
    assert first.session_id == second.session_id == third.session_id
    assert len({first.token, second.token, third.token}) == 3
    assert third.user_id == USER
    assert third.tenant_id == TENANT
    assert sessions.alive(TENANT, first.session_id, NOW + timedelta(hours=3))


def test_a_second_use_of_a_token_ends_the_session(sessions: Sessions) -> None:
    first = sessions.start(TENANT, USER, NOW, NOW)
    second = sessions.rotate(first.token, NOW)
    with pytest.raises(Unauthenticated):
        sessions.rotate(first.token, NOW)
    assert not sessions.alive(TENANT, first.session_id, NOW)
    with pytest.raises(Unauthenticated):
        sessions.rotate(second.token, NOW)


def test_of_twenty_who_race_one_wins_and_the_session_ends(sessions: Sessions) -> None:
    for _ in range(5):
        first = sessions.start(TENANT, USER, NOW, NOW)

        def use(_: int, token: str = first.token) -> Refresh | None:
            try:
                return sessions.rotate(token, NOW)
            except Unauthenticated:
                return None

        with ThreadPoolExecutor(20) as threads:
            won = [refresh for refresh in threads.map(use, range(20)) if refresh]
        assert len(won) == 1
        assert not sessions.alive(TENANT, first.session_id, NOW)
        with pytest.raises(Unauthenticated):
            sessions.rotate(won[0].token, NOW)


def test_a_token_unused_for_a_week_is_worth_nothing(sessions: Sessions) -> None:
    first = sessions.start(TENANT, USER, NOW, NOW)
    with pytest.raises(Unauthenticated):
        sessions.rotate(first.token, NOW + timedelta(days=7))
    assert sessions.alive(TENANT, first.session_id, NOW + timedelta(days=7))


def test_a_session_ends_after_thirty_days_however_busy(sessions: Sessions) -> None:
    refresh = sessions.start(TENANT, USER, NOW, NOW)
    for day in range(6, 30, 6):
        refresh = sessions.rotate(refresh.token, NOW + timedelta(days=day))
    assert refresh.expires_at == NOW + FAMILY_LIFETIME
    with pytest.raises(Unauthenticated):
        sessions.rotate(refresh.token, NOW + timedelta(days=30))
    assert not sessions.alive(TENANT, refresh.session_id, NOW + timedelta(days=30))


def test_signing_out_ends_one_session_and_a_new_password_all(sessions: Sessions) -> None:
    one, two, three = (sessions.start(TENANT, USER, NOW, NOW) for _ in range(3))
    other = sessions.start(TENANT, OTHER_USER, NOW, NOW)
    assert sessions.end(TENANT, one.session_id, NOW)
    assert not sessions.end(TENANT, one.session_id, NOW)
    sessions.end_with_token(two.token, NOW)
    assert [s.session_id for s in sessions.open_sessions(TENANT, USER, NOW)] == [three.session_id]
    assert sessions.end_all(TENANT, USER, NOW, Reason.PASSWORD_CHANGED) == 1
    assert sessions.open_sessions(TENANT, USER, NOW) == []
    assert sessions.alive(TENANT, other.session_id, NOW)


def test_a_token_opens_nothing_in_another_tenant(sessions: Sessions) -> None:
    mine = sessions.start(TENANT, USER, NOW, NOW)
    stranger = uuid4()
    with pytest.raises(Unauthenticated):
        sessions.rotate(mine.token.replace(TENANT.hex, stranger.hex), NOW)
    assert not sessions.alive(stranger, mine.session_id, NOW)
    assert not sessions.end(stranger, mine.session_id, NOW)
    assert sessions.alive(TENANT, mine.session_id, NOW)


@pytest.mark.parametrize("text", ["", "sfr_", "sfr_x_y_z", "sk_live_a_b_c", f"sfr_{TENANT.hex}_{USER.hex}_short", "é"])
def test_what_is_no_token_is_refused(sessions: Sessions, text: str) -> None:
    with pytest.raises(Unauthenticated):
        sessions.rotate(text, NOW)


def test_the_secret_is_not_in_the_database(sessions: Sessions, database: TestDatabase) -> None:
    refresh = sessions.start(TENANT, USER, NOW, NOW)
    secret = refresh.token.split("_", 3)[3]
    with psycopg.connect(database.admin_url) as conn:
        stored = conn.execute("SELECT encode(hash, 'escape') FROM auth.refresh_token").fetchone()
        visible = conn.execute("SELECT count(*) FROM auth.refresh_token").fetchone()
    assert visible == (1,)
    assert stored is not None
    assert secret not in stored[0]


def test_without_a_tenant_the_application_sees_no_session(
    sessions: Sessions, pool: ConnectionPool[Connection]
) -> None:
    sessions.start(TENANT, USER, NOW, NOW)
    with pool.connection() as conn:
        assert conn.execute("SELECT count(*) FROM auth.refresh_family").fetchone() == (0,)
