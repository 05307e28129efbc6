from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
import redis

from infrastructure import postgres
from infrastructure.jobs import JobState, JobTable, QueuePolicy
from infrastructure.queues import Slots
from infrastructure.relay import POLL_S, SWEEP_S, Relay
from tests.support.postgres import TestDatabase
from tests.support.worker_app import NewJob, append

TENANT = uuid4()
DEADLINE_S = 30


class Bell:
    """Counts rings; may be out of order for a while."""

    def __init__(self, slots: Slots) -> None:
        self.slots = slots
        self.rings: list[str] = []
        self.broken = False
        self.refused = 0

    def __call__(self, queue: str) -> None:
        if self.broken:
            self.refused += 1
            raise redis.ConnectionError("the bell is out of reach")
        self.slots.ringing(queue)
        self.rings.append(queue)


class CountingRelay(Relay):
    looks = 0

    def look(self) -> float:
        wait_s = super().look()
        self.looks += 1
        return wait_s


class Situation:
    """A relay over a job table; nobody answers its rings unless the test does."""

    def __init__(self, database: TestDatabase, opened: ExitStack) -> None:
        self.pool = opened.enter_context(postgres.pool(database.app_url, "app", 3))
        self.table = JobTable(self.pool, {"reconcile": QueuePolicy(), "mail_send": QueuePolicy()})
        self.admin = opened.enter_context(psycopg.connect(database.admin_url, autocommit=True))
        self.slots = Slots({"reconcile": 2, "mail_send": 1})
        self.bell = Bell(self.slots)
        self.url = database.app_url
        self.relay = self.new_relay()

    def new_relay(self, poll_s: float = POLL_S, sweep_s: float = SWEEP_S) -> Relay:
        return Relay(
            self.url, self.table, self.slots, self.bell, poll_s=poll_s, sweep_s=sweep_s, rng=random.Random(1)
        )

    def add(self, *dedupes: str, queue: str = "reconcile", run_at: datetime | None = None) -> list[UUID]:
        with self.pool.connection() as conn:
            return append(conn, TENANT, jobs=[NewJob(d, {}, queue, run_at) for d in dedupes])

    def listeners(self) -> list[int]:
        rows = self.admin.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'sfdify relay' AND datname = current_database()"
        ).fetchall()
        return [row[0] for row in rows]


@pytest.fixture
def here(database: TestDatabase) -> Iterator[Situation]:
    with ExitStack() as opened:
        situation = Situation(database, opened)
        yield situation
        if situation.relay.is_alive():
            situation.relay.stop()


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.01)


def test_it_rings_for_due_jobs_but_never_beyond_its_free_slots(here: Situation) -> None:
    here.add("a", "b", "c", "d")
    here.add("e", queue="mail_send")
    here.add("f", queue="billing")
    here.relay.look()
    assert sorted(here.bell.rings) == ["mail_send", "reconcile", "reconcile"]
    here.relay.look()
    assert len(here.bell.rings) == 3


def test_it_does_not_ring_more_often_than_there_are_jobs(here: Situation) -> None:
    here.add("a")
    here.relay.look()
    assert here.bell.rings == ["reconcile"]


def test_it_looks_again_when_the_next_timer_falls_due(here: Situation) -> None:
    here.relay._sweep_at = time.monotonic() + 100
    assert here.relay.look() == POLL_S
    here.add("soon", run_at=datetime.now(UTC) + timedelta(seconds=0.3))
    assert here.relay.look() <= 0.3
    assert here.bell.rings == []


def test_it_comes_at_once_when_called(here: Situation) -> None:
    here.relay = here.new_relay(poll_s=600, sweep_s=600)
    here.relay.start()
    eventually(lambda: len(here.listeners()) == 1)
    here.add("a")
    here.table.announce()
    eventually(lambda: set(here.bell.rings) == {"reconcile"})


def test_it_heeds_notifications_about_its_own_queues_only(here: Situation) -> None:
    relay = CountingRelay(here.url, here.table, here.slots, here.bell, poll_s=600, sweep_s=600)
    here.relay = relay
    relay.start()
    eventually(lambda: relay.looks == 1)
    here.add("a")
    for payload in ("billing", "notification,sla_check", "billing,reconcile"):
        here.admin.execute("SELECT pg_notify('sfdify_jobs', %s)", [payload])
    eventually(lambda: here.bell.rings == ["reconcile"])
    eventually(lambda: relay.looks == 2)


def test_it_finds_jobs_nobody_called_it_for(here: Situation) -> None:
    here.relay.start()
    eventually(lambda: len(here.listeners()) == 1)
    here.add("a")
    eventually(lambda: set(here.bell.rings) == {"reconcile"})


def test_a_job_given_back_for_less_than_the_poll_is_rung_for_in_time(here: Situation) -> None:
    here.relay = here.new_relay(poll_s=600, sweep_s=600)
    here.add("a")
    [job] = here.table.claim("reconcile", 1, 15)
    here.relay.start()
    eventually(lambda: len(here.listeners()) == 1)
    here.table.fail(job.id, job.lease_token, "Kind:code", retry_in_s=0.2, max_attempts=5)
    eventually(lambda: set(here.bell.rings) == {"reconcile"})


def test_it_frees_the_jobs_of_dead_workers_and_rings_for_them(here: Situation) -> None:
    [added] = here.add("a")
    here.table.claim("reconcile", 1, 0.05)
    here.relay.start()
    eventually(lambda: set(here.bell.rings) == {"reconcile"})
    found = here.table.find(added)
    assert found is not None
    assert (found.state, found.last_error) == (JobState.READY, "LeaseExpired:lease_expired")


def test_it_comes_back_when_its_connections_are_cut(here: Situation) -> None:
    here.relay.start()
    eventually(lambda: len(here.listeners()) == 1)
    [first] = here.listeners()
    here.admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sfdify_app' "
        "AND datname = current_database()"
    )
    here.pool.check()
    eventually(lambda: first not in here.listeners() and len(here.listeners()) == 1)
    here.add("a")
    eventually(lambda: set(here.bell.rings) == {"reconcile"})


def test_a_bell_out_of_reach_is_tried_again(here: Situation) -> None:
    here.bell.broken = True
    here.add("a")
    here.relay.start()
    eventually(lambda: here.bell.refused >= 2)
    here.bell.broken = False
    eventually(lambda: set(here.bell.rings) == {"reconcile"})


def test_it_stops_when_told_though_nothing_happens(here: Situation) -> None:
    here.relay = here.new_relay(poll_s=600, sweep_s=600)
    here.relay.start()
    eventually(lambda: len(here.listeners()) == 1)
    here.relay.stop()
    assert not here.relay.is_alive()
    eventually(lambda: here.listeners() == [])
