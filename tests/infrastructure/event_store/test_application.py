"""The engine as the bus uses it, on a real log."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import NotSupportedError
from psycopg_pool import ConnectionPool

from application.kernel import Append, Conflict, NewJob, Repeated
from domain.kernel import Aggregate
from infrastructure.event_store.application import Engine
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.wakeup import Wakeup
from infrastructure.postgres import Connection
from tests.support.postgres import TestDatabase
from tests.support.things import Thing

TENANT, SUBJECT = UUID(int=1), UUID(int=2)


def what(command: UUID | None = None, jobs: tuple[NewJob, ...] = ()) -> Append:
    return Append(TENANT, b'{"actor":"x"}', command, b"f", b'{"id":"y"}', jobs, None, None)


@pytest.fixture
def engine(app: ConnectionPool[Connection], keyring: Keyring) -> Engine:
    keyring.create(TENANT, SUBJECT)
    return Engine(app, keyring)


def test_an_aggregate_comes_back_as_it_was_decided(engine: Engine) -> None:
    thing = Thing.make(SUBJECT)
    thing.move("Rome")
    assert engine.append([thing], what()) > 0
    again = engine.load(TENANT, Thing, thing.id)
    assert again is not None
    assert (again.name, again.place, again.version) == ("Ada Lovelace", "Rome", 2)
    again.move("Paris")
    engine.append([again], what())
    as_it_was = engine.load(TENANT, Thing, thing.id, version=2)
    assert as_it_was is not None
    assert as_it_was.place == "Rome"


class Another(Aggregate):
    """An aggregate of another kind."""

    TOPIC: ClassVar[str] = "test.another"


def test_there_is_nothing_for_another_tenant_kind_or_version(engine: Engine) -> None:
    thing = Thing.make(SUBJECT)
    engine.append([thing], what())
    assert engine.load(uuid4(), Thing, thing.id) is None
    assert engine.load(TENANT, Another, thing.id) is None
    assert engine.load(TENANT, Thing, uuid4()) is None
    assert engine.load(TENANT, Thing, thing.id, version=2) is None


def test_several_aggregates_are_appended_in_one_order(engine: Engine) -> None:
    things = [Thing.make(SUBJECT) for _ in range(5)]
    last = engine.append(things, what())
    entries = engine.read_log(TENANT)
    assert [e.originator_id for e in entries] == sorted((t.id for t in things), key=lambda u: u.bytes)
    assert [e.position for e in entries] == list(range(last - 4, last + 1))


def test_a_stale_copy_conflicts_and_a_repeat_repeats(engine: Engine) -> None:
    thing, command = Thing.make(SUBJECT), uuid4()
    position = engine.append([thing], what(command))
    one, other = engine.load(TENANT, Thing, thing.id), engine.load(TENANT, Thing, thing.id)
    assert one is not None
    assert other is not None
    one.move("Rome")
    other.move("Paris")
    engine.append([one], what())
    with pytest.raises(Conflict):
        engine.append([other], what())
    with pytest.raises(Repeated):
        engine.append([], what(command))
    seen = engine.seen(TENANT, command)
    assert seen is not None
    assert (seen.position, seen.fingerprint, seen.answer) == (position, b"f", {"id": "y"})
    assert engine.seen(uuid4(), command) is None


def test_a_decision_of_nothing_has_no_position(engine: Engine) -> None:
    assert engine.append([], what(uuid4())) == 0


def test_an_erased_persons_stream_still_loads(engine: Engine, keyring: Keyring) -> None:
    thing = Thing.make(SUBJECT)
    engine.append([thing], what())
    keyring.destroy(TENANT, SUBJECT)
    again = engine.load(TENANT, Thing, thing.id)
    assert again is not None
    assert (again.name, again.address, again.color) == (None, None, "blue")


def test_the_auditor_reads_rows_and_events(engine: Engine) -> None:
    thing = Thing.make(SUBJECT)
    thing.move("Rome")
    last = engine.append([thing], what())
    entries = engine.read_stream(TENANT, thing.id)
    assert [(e.version, e.topic) for e in entries] == [(1, "test.thing_made.v1"), (2, "test.thing_moved.v1")]
    assert entries[0].metadata == {"actor": "x"}
    assert len(entries[0].hash) == 32
    assert b"Lovelace" not in entries[0].state
    made, moved = engine.decode(entries)
    assert isinstance(made, Thing.Made)
    assert made.name == "Ada Lovelace"
    assert isinstance(moved, Thing.Moved)
    assert [e.position for e in engine.read_log(TENANT, after=last - 1)] == [last]
    assert len(engine.read_log(TENANT, limit=1)) == 1
    assert engine.read_stream(uuid4(), thing.id) == []
    assert engine.read_log(uuid4()) == []


def test_the_librarys_other_recorders_are_refused(engine: Engine) -> None:
    makers: list[Callable[[], object]] = [
        engine.factory.aggregate_recorder, engine.factory.tracking_recorder, engine.factory.process_recorder,
    ]  # fmt: skip
    for make in makers:
        with pytest.raises(NotSupportedError):
            make()


def test_the_bell_is_rung_after_the_commit(
    app: ConnectionPool[Connection], keyring: Keyring, database: TestDatabase
) -> None:
    keyring.create(TENANT, SUBJECT)
    wakeup = Wakeup(app)
    engine = Engine(app, keyring, wakeup)
    with psycopg.connect(database.projector_url, autocommit=True) as conn:
        conn.execute("LISTEN sfdify_events")
        conn.execute("LISTEN sfdify_jobs")
        for queue in ("pdf_render", "reconcile"):
            engine.append([Thing.make(SUBJECT)], what(uuid4(), (NewJob(queue, b"{}", queue),)))
        wakeup.close()
        heard = [(n.channel, n.payload) for n in conn.notifies(timeout=1)]
    queues = {q for channel, payload in heard if channel == "sfdify_jobs" for q in payload.split(",")}
    assert queues == {"pdf_render", "reconcile"}
    assert ("sfdify_events", "") in heard
