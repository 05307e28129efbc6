"""Keys of persons: made once, kept briefly, destroyed for good and everywhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from domain.consumers import ConsumerErased
from infrastructure.event_store.keyring import Altered, Keyring, NoKey
from infrastructure.postgres import Connection
from infrastructure.vault import EmbeddedVault
from tests.support.postgres import TestDatabase

TENANT, SUBJECT = UUID(int=1), UUID(int=2)


class Hand:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_a_key_is_made_once_and_is_the_same_everywhere(
    keyring: Keyring, app: ConnectionPool[Connection], vault: EmbeddedVault
) -> None:
    assert keyring.key(TENANT, SUBJECT) is None
    keyring.create(TENANT, SUBJECT)
    keyring.create(TENANT, SUBJECT)
    key = keyring.key(TENANT, SUBJECT)
    assert key is not None
    assert len(key) == 32
    assert Keyring(app, vault).key(TENANT, SUBJECT) == key
    assert keyring.key(uuid4(), SUBJECT) is None


def test_two_creators_end_with_one_key(app: ConnectionPool[Connection], vault: EmbeddedVault) -> None:
    rings, keys = [Keyring(app, vault) for _ in range(4)], []

    def create(ring: Keyring) -> None:
        ring.create(TENANT, SUBJECT)
        keys.append(ring.key(TENANT, SUBJECT))

    threads = [threading.Thread(target=create, args=(ring,)) for ring in rings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(keys) == 4
    assert len(set(keys)) == 1


def test_the_database_holds_no_key_in_clear(keyring: Keyring, database: TestDatabase) -> None:
    keyring.create(TENANT, SUBJECT)
    key = keyring.key(TENANT, SUBJECT)
    with psycopg.connect(database.admin_url) as conn:
        wrapped = [row[0] for row in conn.execute("SELECT wrapped FROM es.subject_key")]
    assert key is not None
    assert len(wrapped) == 2
    assert all(key not in one for one in wrapped)


def test_sealed_bytes_open_in_their_place_only(keyring: Keyring) -> None:
    keyring.create(TENANT, SUBJECT)
    box = keyring.seal(TENANT, SUBJECT, b"123-45-6789", b"rm.consumers.ssn")
    assert b"123-45" not in box
    assert box != keyring.seal(TENANT, SUBJECT, b"123-45-6789", b"rm.consumers.ssn")
    assert keyring.open(TENANT, SUBJECT, box, b"rm.consumers.ssn") == b"123-45-6789"
    with pytest.raises(Altered):
        keyring.open(TENANT, SUBJECT, box, b"elsewhere")
    with pytest.raises(Altered):
        keyring.open(TENANT, SUBJECT, box[:-1] + bytes([box[-1] ^ 1]), b"rm.consumers.ssn")
    with pytest.raises(Altered):
        keyring.open(TENANT, SUBJECT, b"\x09" + box[1:], b"rm.consumers.ssn")


def test_a_destroyed_key_is_gone_for_good(keyring: Keyring) -> None:
    keyring.create(TENANT, SUBJECT)
    box = keyring.seal(TENANT, SUBJECT, b"x", b"")
    assert keyring.destroy(TENANT, SUBJECT) is True
    assert keyring.destroy(TENANT, SUBJECT) is False
    assert keyring.key(TENANT, SUBJECT) is None
    assert keyring.open(TENANT, SUBJECT, box, b"") is None
    with pytest.raises(NoKey):
        keyring.seal(TENANT, SUBJECT, b"x", b"")
    with pytest.raises(NoKey):
        keyring.create(TENANT, SUBJECT)
    for act in (lambda: keyring.seal(TENANT, SUBJECT, b"x", b""), lambda: keyring.create(TENANT, SUBJECT)):
        with pytest.raises(ConsumerErased):
            act()


def test_a_key_that_was_never_made_is_not_an_erasure(keyring: Keyring) -> None:
    with pytest.raises(NoKey) as raised:
        keyring.seal(TENANT, uuid4(), b"x", b"")
    assert not isinstance(raised.value, ConsumerErased)


def test_another_process_forgets_within_the_time_to_live(
    keyring: Keyring, app: ConnectionPool[Connection], vault: EmbeddedVault
) -> None:
    hand = Hand()
    deaf = Keyring(app, vault, ttl_s=60, clock=hand)
    keyring.create(TENANT, SUBJECT)
    assert deaf.key(TENANT, SUBJECT) is not None
    keyring.destroy(TENANT, SUBJECT)
    hand.at += 59.9
    assert deaf.key(TENANT, SUBJECT) is not None
    hand.at += 0.2
    assert deaf.key(TENANT, SUBJECT) is None


@pytest.fixture
def listener(app: ConnectionPool[Connection], vault: EmbeddedVault) -> Iterator[Keyring]:
    made = Keyring(app, vault, clock=Hand())
    made.listen()
    yield made
    made.close()


def until_gone(ring: Keyring, subject: UUID) -> bool:
    for _ in range(400):
        if ring.key(TENANT, subject) is None:
            return True
        time.sleep(0.025)
    return False


def test_a_listening_process_forgets_at_once(keyring: Keyring, listener: Keyring, database: TestDatabase) -> None:
    keyring.create(TENANT, SUBJECT)
    with psycopg.connect(database.admin_url, autocommit=True) as conn:
        for _ in range(400):
            if conn.execute("SELECT FROM pg_stat_activity WHERE application_name = 'sfdify keys'").rowcount:
                break
            time.sleep(0.025)
        conn.execute("NOTIFY sfdify_keys, 'nonsense'")
    assert listener.key(TENANT, SUBJECT) is not None
    keyring.destroy(TENANT, SUBJECT)
    assert until_gone(listener, SUBJECT)


def test_a_listener_that_lost_its_session_comes_back(
    keyring: Keyring, listener: Keyring, database: TestDatabase
) -> None:
    keyring.create(TENANT, SUBJECT)
    with psycopg.connect(database.admin_url, autocommit=True) as conn:
        query = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'sfdify keys'"
        while not conn.execute(query).fetchall():
            time.sleep(0.025)
    assert listener.key(TENANT, SUBJECT) is not None
    keyring.destroy(TENANT, SUBJECT)
    assert until_gone(listener, SUBJECT)


def test_equal_texts_look_alike_inside_one_tenant_only(
    keyring: Keyring, app: ConnectionPool[Connection], vault: EmbeddedVault
) -> None:
    index = keyring.blind_index(TENANT, "123456789")
    assert len(index) == 32
    assert Keyring(app, vault).blind_index(TENANT, "123456789") == index
    assert keyring.blind_index(TENANT, "123456780") != index
    assert keyring.blind_index(uuid4(), "123456789") != index


def test_the_projector_can_read_keys_and_index_but_not_make_them(
    keyring: Keyring, projector: ConnectionPool[Connection], vault: EmbeddedVault
) -> None:
    reader = Keyring(projector, vault)
    keyring.create(TENANT, SUBJECT)
    assert reader.key(TENANT, SUBJECT) == keyring.key(TENANT, SUBJECT)
    assert reader.blind_index(TENANT, "x") == keyring.blind_index(TENANT, "x")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.create(TENANT, uuid4())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.destroy(TENANT, SUBJECT)


@pytest.mark.parametrize("ttl", [0, 61])
def test_keys_are_not_kept_longer_than_a_minute(
    app: ConnectionPool[Connection], vault: EmbeddedVault, ttl: int
) -> None:
    with pytest.raises(ValueError, match="at most 60 seconds"):
        Keyring(app, vault, ttl_s=ttl)
