from __future__ import annotations

import threading
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from argon2 import PasswordHasher
from psycopg_pool import ConnectionPool

from infrastructure.passwords import Passwords, SignInBusy, UnfitPassword, check_fitness
from infrastructure.postgres import Connection
from tests.support.postgres import TestDatabase

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TENANT, USER = uuid4(), uuid4()
GOOD = "horse staple battery 9"
LIGHT = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class CountingHasher(PasswordHasher):
    """Counts verifications, and can be held up in the middle of one."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.verified: list[str] = []
        self.entered, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
        self.verified.append(str(hash))
        self.entered.set()
        self.go_on.wait(10)
        return super().verify(hash, password)


def stored(database: TestDatabase, user: UUID = USER) -> str:
    with psycopg.connect(database.admin_url) as conn:
        row = conn.execute("SELECT hash FROM auth.password WHERE user_id = %s", (user,)).fetchone()
    assert row is not None
    return str(row[0])


def test_the_right_password_and_no_other(pool: ConnectionPool[Connection], database: TestDatabase) -> None:
    passwords = Passwords(pool)
    passwords.set(TENANT, USER, GOOD, NOW)
    assert passwords.verify(TENANT, USER, GOOD)
    assert not passwords.verify(TENANT, USER, GOOD + " ")
    assert not passwords.verify(TENANT, USER, "")
    assert stored(database).startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_a_new_password_replaces_the_old(pool: ConnectionPool[Connection]) -> None:
    passwords = Passwords(pool, hasher=LIGHT)
    passwords.set(TENANT, USER, GOOD, NOW)
    passwords.set(TENANT, USER, "quite another thing", NOW)
    assert not passwords.verify(TENANT, USER, GOOD)
    assert passwords.verify(TENANT, USER, "quite another thing")


def test_a_password_opens_nothing_in_another_tenant(pool: ConnectionPool[Connection]) -> None:
    passwords = Passwords(pool, hasher=LIGHT)
    passwords.set(TENANT, USER, GOOD, NOW)
    assert not passwords.verify(uuid4(), USER, GOOD)


def test_an_unknown_user_costs_the_same_work(pool: ConnectionPool[Connection]) -> None:
    hasher = CountingHasher()
    passwords = Passwords(pool, hasher=hasher)
    assert not passwords.verify(TENANT, None, GOOD)
    assert not passwords.verify(TENANT, uuid4(), "nobody signs in with this")
    assert len(hasher.verified) == 2


def test_a_weak_hash_is_renewed_when_its_user_signs_in(
    pool: ConnectionPool[Connection], database: TestDatabase
) -> None:
    Passwords(pool, hasher=LIGHT).set(TENANT, USER, GOOD, NOW)
    weak = stored(database)
    stronger = Passwords(pool, hasher=PasswordHasher(time_cost=2, memory_cost=128, parallelism=1))
    assert not stronger.verify(TENANT, USER, "not the password")
    assert stored(database) == weak
    assert stronger.verify(TENANT, USER, GOOD)
    assert "m=128,t=2" in stored(database)
    assert stronger.verify(TENANT, USER, GOOD)


def test_a_damaged_hash_lets_nobody_in(pool: ConnectionPool[Connection], database: TestDatabase) -> None:
    passwords = Passwords(pool, hasher=LIGHT)
    passwords.set(TENANT, USER, GOOD, NOW)
    with psycopg.connect(database.admin_url) as conn:
        conn.execute("UPDATE auth.password SET hash = 'plain text'")
    assert not passwords.verify(TENANT, USER, GOOD)


def test_more_sign_ins_than_turns_are_told_to_come_back(pool: ConnectionPool[Connection]) -> None:
    hasher = CountingHasher()
    passwords = Passwords(pool, hasher=hasher, at_once=1, patience_seconds=0.05)
    hasher.go_on.clear()
    slow = threading.Thread(target=passwords.verify, args=(TENANT, USER, GOOD))
    slow.start()
    assert hasher.entered.wait(10)
    with pytest.raises(SignInBusy):
        passwords.verify(TENANT, USER, GOOD)
    hasher.go_on.set()
    slow.join(10)
    assert not passwords.verify(TENANT, USER, GOOD)


def test_the_same_letters_typed_differently_are_the_same_password(pool: ConnectionPool[Connection]) -> None:
    passwords = Passwords(pool, hasher=LIGHT)
    passwords.set(TENANT, USER, "caf\u00e9 au lait, monsieur", NOW)
    assert passwords.verify(TENANT, USER, "cafe\u0301 au lait, monsieur")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "elevenchars",
        "x" * 129,
        "aaaaaaaaaaaa",
        "abababababab",
        "123456789012",
        "abcdefghijklm",
        "qwertyuiopas",
        "Password1234",
        "PasswordPassword",
        "welcome-2026!",
        "tab\tin the middle",
    ],
)
def test_what_protects_nobody_is_refused_without_being_repeated(password: str) -> None:
    with pytest.raises(UnfitPassword) as refused:
        check_fitness(password)
    assert not password or password not in refused.value.message


FIT = [GOOD, "x7" * 3 + "kwbmpq", "Passwort mit Üben", "p" * 8 + "qrst-0192", "a b c d e f "]


@pytest.mark.parametrize("password", FIT)
def test_long_and_varied_is_enough(password: str) -> None:
    check_fitness(password)
    assert 12 <= len(password) <= 128
