"""A closed sign-in opens nothing any more, and closes nobody else's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from argon2 import PasswordHasher
from psycopg_pool import ConnectionPool

from infrastructure.passwords import Passwords
from infrastructure.postgres import Connection
from infrastructure.sessions import Sessions
from infrastructure.sign_ins import SignInRecords
from infrastructure.tokens import Unauthenticated
from tests.support.postgres import TestDatabase

TENANT, USER = uuid4(), uuid4()
GOOD = "horse staple battery 9"


@pytest.fixture
def passwords(pool: ConnectionPool[Connection]) -> Passwords:
    return Passwords(pool, hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def test_the_password_and_every_session_are_gone(
    pool: ConnectionPool[Connection], passwords: Passwords, database: TestDatabase
) -> None:
    sessions, now = Sessions(pool), datetime.now(UTC)
    passwords.set(TENANT, USER, GOOD, now)
    begun = [sessions.start(TENANT, USER, now, now) for _ in range(2)]

    SignInRecords(pool).close(TENANT, USER)

    later = datetime.now(UTC)
    assert not passwords.verify(TENANT, USER, GOOD)
    assert sessions.open_sessions(TENANT, USER, later) == []
    for session in begun:
        assert not sessions.alive(TENANT, session.session_id, later)
        with pytest.raises(Unauthenticated):
            sessions.rotate(session.token, later)
    with psycopg.connect(database.admin_url) as conn:
        ended = conn.execute("SELECT DISTINCT revoked_by FROM auth.refresh_family").fetchall()
        assert conn.execute("SELECT count(*) FROM auth.password").fetchone() == (0,)
    assert ended == [("operator",)]


def test_nobody_else_is_signed_out(pool: ConnectionPool[Connection], passwords: Passwords) -> None:
    sessions, now = Sessions(pool), datetime.now(UTC)
    others = [(TENANT, uuid4()), (uuid4(), USER)]
    for tenant, user in others:
        passwords.set(tenant, user, GOOD, now)
    begun = [sessions.start(tenant, user, now, now) for tenant, user in others]

    SignInRecords(pool).close(TENANT, USER)

    for (tenant, user), session in zip(others, begun, strict=True):
        assert passwords.verify(tenant, user, GOOD)
        assert sessions.alive(tenant, session.session_id, datetime.now(UTC))


def test_a_new_password_ends_what_the_former_one_opened(
    pool: ConnectionPool[Connection], passwords: Passwords
) -> None:
    sessions, now = Sessions(pool), datetime.now(UTC)
    passwords.set(TENANT, USER, GOOD, now)
    session = sessions.start(TENANT, USER, now, now)

    passwords.set(TENANT, USER, GOOD + "0", now + timedelta(seconds=1))

    assert not sessions.alive(TENANT, session.session_id, now)
    assert passwords.is_set(TENANT, USER, since=now + timedelta(seconds=1))
    assert not passwords.is_set(TENANT, USER, since=now + timedelta(seconds=2))


def test_closing_twice_is_closing_once(pool: ConnectionPool[Connection], passwords: Passwords) -> None:
    passwords.set(TENANT, USER, GOOD, datetime.now(UTC))
    records = SignInRecords(pool)
    records.close(TENANT, USER)
    records.close(TENANT, USER)
    assert not passwords.verify(TENANT, USER, GOOD)


def test_a_password_that_went_while_it_was_checked_opens_nothing(
    pool: ConnectionPool[Connection], passwords: Passwords
) -> None:
    sessions, now = Sessions(pool), datetime.now(UTC)
    passwords.set(TENANT, USER, GOOD, now)
    set_at = passwords.verify(TENANT, USER, GOOD)
    assert set_at == now

    SignInRecords(pool).close(TENANT, USER)
    with pytest.raises(Unauthenticated):
        sessions.start(TENANT, USER, set_at, now)

    passwords.set(TENANT, USER, GOOD, now + timedelta(seconds=1))
    with pytest.raises(Unauthenticated):
        sessions.start(TENANT, USER, set_at, now)
    assert sessions.open_sessions(TENANT, USER, now) == []


def test_whoever_signs_in_while_the_sign_in_is_closed_is_signed_out_again(
    pool: ConnectionPool[Connection], passwords: Passwords
) -> None:
    """The password's row decides the order: a session that took it first is there to be ended."""
    sessions = Sessions(pool)
    for _ in range(10):
        now = datetime.now(UTC)
        passwords.set(TENANT, USER, GOOD, now)

        def sign_in(_: int, now: datetime = now) -> None:
            with suppress(Unauthenticated):
                sessions.start(TENANT, USER, now, now)

        with ThreadPoolExecutor(4) as threads:
            closing = threads.submit(SignInRecords(pool).close, TENANT, USER)
            list(threads.map(sign_in, range(8)))
            closing.result()
        assert sessions.open_sessions(TENANT, USER, datetime.now(UTC)) == []
