"""The doorbells, and how jobs behave behind them: the same whether the bell hangs in memory or on a real Redis."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import dramatiq
import psycopg
import pytest
import redis
from dramatiq.brokers.redis import RedisBroker
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from infrastructure import postgres
from infrastructure.jobs import JobState, JobTable, QueuePolicy
from infrastructure.queues import RING_LIFE_S, JobQueues, Slots, build_broker
from infrastructure.workers import Crew
from tests.support.postgres import TestDatabase
from tests.support.worker_app import NewJob, append, worker

if TYPE_CHECKING:
    from tests.support.redis import RedisServer

pytest_plugins = ["tests.support.redis"]

TENANT = uuid4()
POLICIES = {
    "reconcile": QueuePolicy(max_attempts=4, concurrency=3, longest_retry_s=0.1),
    "mail_send": QueuePolicy(max_attempts=4, concurrency=1, longest_retry_s=0.1),
}
DEADLINE_S = 60


def test_there_is_room_for_as_many_rings_as_free_slots() -> None:
    slots = Slots({"reconcile": 2})
    assert slots.room("reconcile") == 2
    slots.ringing("reconcile")
    assert slots.room("reconcile") == 1
    assert slots.enter("reconcile")
    assert slots.room("reconcile") == 1
    slots.ringing("reconcile")
    assert slots.room("reconcile") == 0


def test_a_ring_nobody_answers_is_forgotten() -> None:
    now = [100.0]
    slots = Slots({"reconcile": 1}, now=lambda: now[0])
    slots.ringing("reconcile")
    assert slots.room("reconcile") == 0
    now[0] += RING_LIFE_S
    assert slots.room("reconcile") == 1


def test_work_noticed_while_all_slots_are_taken_is_looked_for_before_one_is_left() -> None:
    slots = Slots({"mail_send": 1})
    slots.ringing("mail_send")
    assert slots.enter("mail_send")
    assert slots.room("mail_send") == 0
    assert not slots.leave("mail_send")
    assert slots.leave("mail_send")
    assert slots.room("mail_send") == 1


def test_a_surplus_ring_takes_no_slot_beyond_the_limit() -> None:
    slots = Slots({"mail_send": 1})
    assert slots.enter("mail_send")
    assert not slots.enter("mail_send")
    assert slots.leave("mail_send")


def test_closed_slots_take_nobody_and_tell_when_all_have_left() -> None:
    slots = Slots({"mail_send": 1})
    assert slots.enter("mail_send")
    assert slots.room("mail_send") == 0
    slots.close()
    assert slots.room("mail_send") == 0
    assert not slots.wait_idle(0.01)
    assert slots.leave("mail_send")
    assert slots.wait_idle(0.01)
    assert not slots.enter("mail_send")


class SlotsNeverOverflow(RuleBasedStateMachine):
    """Whatever the order of rings, answers and losses, a queue never runs more jobs than its limit."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.running = 0
        self.slots = Slots({"reconcile": 3}, now=lambda: self.now)

    @rule()
    def ring(self) -> None:
        for _ in range(self.slots.room("reconcile")):
            self.slots.ringing("reconcile")

    @rule()
    def answer(self) -> None:
        self.running += self.slots.enter("reconcile")

    @precondition(lambda self: self.running)
    @rule(anyway=st.booleans())
    def leave(self, anyway: bool) -> None:
        self.running -= self.slots.leave("reconcile", anyway=anyway)

    @rule(seconds=st.floats(0, 3))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def within_limits(self) -> None:
        assert 0 <= self.running <= 3
        assert 0 <= self.slots.room("reconcile") <= 3 - self.running


TestSlotsNeverOverflow = SlotsNeverOverflow.TestCase


def test_brokers_have_no_middleware_and_speak_json(redis_url: str) -> None:
    for broker in (build_broker(None, "w"), build_broker(redis_url, "w")):
        assert broker.middleware == []
    assert isinstance(dramatiq.get_encoder(), dramatiq.JSONEncoder)


def test_a_ring_on_redis_carries_the_name_of_its_queue_and_nothing_else(redis_url: str) -> None:
    broker = build_broker(redis_url, "host:work-1")
    assert isinstance(broker, RedisBroker)
    actor = dramatiq.actor(lambda: None, actor_name="mail_send", queue_name="mail_send", broker=broker)  # type: ignore[call-overload]
    actor.send()
    with redis.Redis.from_url(redis_url, socket_timeout=5) as client:
        [stored] = client.hvals("sfdify:host:work-1:mail_send.msgs")
    message = json.loads(stored)
    assert (message["queue_name"], message["actor_name"]) == ("mail_send", "mail_send")
    assert (message["args"], message["kwargs"]) == ([], {})


def test_an_unknown_queue_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no such queue: mailsend; there are reconcile, mail_send"):
        JobQueues(None, ["mailsend"], policies=POLICIES)  # type: ignore[arg-type]


class Office:
    """Crews that work in this process, the jobs they are given, and the traces they leave."""

    def __init__(self, database: TestDatabase, tries: Path, redis_url: str | None, opened: ExitStack) -> None:
        self.database = database
        self.tries_file = tries
        self.redis_url = redis_url
        self.opened = opened
        self.pool = opened.enter_context(postgres.pool(database.app_url, "app", 2))
        self.table = JobTable(self.pool, POLICIES)
        self.admin = opened.enter_context(psycopg.connect(database.admin_url, autocommit=True))
        self.crews: list[Crew] = []

    def hire(self, *queues: str, name: str = "work-1") -> Crew:
        run = self.opened.enter_context(worker({"database_url": self.database.app_url, "tries": str(self.tries_file)}))
        crew = Crew(
            run, queues, database_url=self.database.app_url, redis_url=self.redis_url, name=name, policies=POLICIES
        )
        crew.start()
        self.crews.append(crew)
        return crew

    def add(self, *jobs: NewJob) -> list[UUID]:
        with self.pool.connection() as conn:
            added = append(conn, TENANT, jobs=jobs)
        self.table.announce()
        return added

    def tries(self) -> Counter[UUID]:
        lines = self.tries_file.read_text().splitlines() if self.tries_file.exists() else []
        return Counter(UUID(line.split()[0]) for line in lines)

    def effects(self) -> Counter[UUID]:
        rows = self.admin.execute("SELECT originator_id FROM es.event WHERE topic = 'effect.v1'").fetchall()
        return Counter(row[0] for row in rows)

    def states(self) -> Counter[str]:
        return Counter(row[0] for row in self.admin.execute("SELECT state::text FROM es.job").fetchall())

    def state(self, job: UUID) -> JobState:
        found = self.table.find(job)
        assert found is not None
        return found.state


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.02)


@pytest.fixture(params=["memory", "redis"])
def office(request: pytest.FixtureRequest, database: TestDatabase, tmp_path: Path) -> Iterator[Office]:
    redis_url = request.getfixturevalue("redis_url") if request.param == "redis" else None
    with ExitStack() as opened:
        here = Office(database, tmp_path / "tries", redis_url, opened)
        yield here
        for crew in here.crews:
            crew.stop(10)


def test_every_job_is_done_once_by_two_crews(office: Office) -> None:
    jobs = [NewJob(f"{n}", queue=("reconcile", "mail_send")[n % 2]) for n in range(200)]
    added = office.add(*jobs[:100])
    office.hire("reconcile", "mail_send", name="work-1")
    office.hire("reconcile", "mail_send", name="work-2")
    added += office.add(*jobs[100:])
    eventually(lambda: office.states() == {"done": 200})
    assert office.effects() == Counter(added)
    assert office.tries() == Counter(added)


def test_a_crew_serves_only_the_queues_it_was_given(office: Office) -> None:
    office.hire("reconcile")
    [ours] = office.add(NewJob("ours", queue="reconcile"))
    [theirs] = office.add(NewJob("theirs", queue="mail_send"))
    eventually(lambda: office.state(ours) is JobState.DONE)
    assert office.state(theirs) is JobState.READY


def test_a_failing_job_is_retried_until_it_succeeds(office: Office) -> None:
    office.hire("reconcile")
    [job] = office.add(NewJob("a", {"fail_first": 2}))
    eventually(lambda: office.state(job) is JobState.DONE)
    assert office.tries()[job] == 3
    assert office.effects() == {job: 1}


def test_a_hopeless_job_is_tried_as_often_as_allowed_then_buried_and_a_person_may_revive_it(office: Office) -> None:
    office.hire("reconcile")
    [job] = office.add(NewJob("a", {"fail_first": 4}))
    eventually(lambda: office.state(job) is JobState.BURIED)
    summary = office.table.show(TENANT, job)
    assert summary is not None
    assert (summary.attempts, summary.last_error) == (4, "RuntimeError:unexpected")
    office.add(NewJob("b"))
    eventually(lambda: office.states()["done"] == 1)
    assert office.tries()[job] == 4
    assert office.effects()[job] == 0
    assert office.table.retry(TENANT, job)
    eventually(lambda: office.tries()[job] == 8)
    eventually(lambda: office.state(job) is JobState.BURIED)


def test_a_snoozing_job_outlasts_its_attempts(office: Office, tmp_path: Path) -> None:
    office.hire("reconcile")
    [job] = office.add(NewJob("a", {"snooze_until_exists": str(tmp_path / "ready")}))
    eventually(lambda: office.tries()[job] > POLICIES["reconcile"].max_attempts)
    assert office.effects() == {}
    (tmp_path / "ready").touch()
    eventually(lambda: office.state(job) is JobState.DONE)
    assert office.effects() == {job: 1}


def test_timers_of_a_standing_clock_fire_when_an_advance_reaches_their_hour_and_not_before(office: Office) -> None:
    start = datetime(2031, 1, 1, tzinfo=UTC)
    office.admin.execute("INSERT INTO es.tenant_clock VALUES (%s, %s)", [TENANT, start])
    timers = [NewJob(f"day {n}", queue="mail_send", run_at=start + timedelta(days=n)) for n in (3, 1, 2, 30)]
    third, first, second, later = added = office.add(*timers)
    office.hire("mail_send", "reconcile")
    office.add(NewJob("now"))
    eventually(lambda: office.states()["done"] == 1)
    assert not office.tries().keys() & set(added)
    for others, day, fired in ((2, 1, {first}), (3, 3, {first, second, third}), (4, 29, {first, second, third})):
        with office.pool.connection() as conn:
            conn.execute("SELECT es.advance_clock(%s, %s)", [TENANT, start + timedelta(days=day)])
        office.add(NewJob(f"after day {day}"))
        over = {"ready": 4 - len(fired), "done": len(fired) + others}
        eventually(lambda: office.states() == over)  # noqa: B023
        assert office.tries().keys() & set(added) == fired
    assert office.state(later) is JobState.READY


def test_redis_forgetting_everything_costs_time_only(
    database: TestDatabase, redis_url: str, tmp_path: Path
) -> None:
    forget = threading.Event()
    with ExitStack() as opened, redis.Redis.from_url(redis_url, socket_timeout=5) as client:
        office = Office(database, tmp_path / "tries", redis_url, opened)
        office.hire("reconcile", "mail_send", name="work-1")
        office.hire("reconcile", "mail_send", name="work-2")

        def flush() -> None:
            while not forget.wait(0.1):
                client.flushall()

        flusher = threading.Thread(target=flush)
        flusher.start()
        added = [
            job for n in range(20) for job in office.add(*[NewJob(f"{n}/{i}", {"sleep": 0.002}) for i in range(20)])
        ]
        eventually(lambda: office.states() == {"done": 400})
        forget.set()
        flusher.join()
        assert office.effects() == Counter(added)
        assert office.tries() == Counter(added)
        for crew in office.crews:
            assert crew.stop(10)


def test_a_redis_that_was_away_costs_time_only(database: TestDatabase, own_redis: RedisServer, tmp_path: Path) -> None:
    with ExitStack() as opened:
        office = Office(database, tmp_path / "tries", own_redis.url, opened)
        crew = office.hire("reconcile", "mail_send")
        added = office.add(*[NewJob(f"before {n}", {"sleep": 0.01}) for n in range(50)])
        eventually(lambda: len(office.tries()) >= 5)
        own_redis.kill()
        added += office.add(*[NewJob(f"meanwhile {n}") for n in range(50)])
        eventually(lambda: set(added[:50]) <= set(office.effects()))
        assert own_redis.start()
        added += office.add(*[NewJob(f"after {n}", queue="mail_send") for n in range(50)])
        eventually(lambda: office.states() == {"done": 150})
        assert office.effects() == office.tries() == Counter(added)
        assert crew.stop(10)


def test_a_database_that_cuts_connections_costs_time_only(database: TestDatabase, tmp_path: Path) -> None:
    hasty = {"reconcile": QueuePolicy(lease_s=1.0, max_attempts=100, concurrency=3, longest_retry_s=0.1)}
    with ExitStack() as opened:
        office = Office(database, tmp_path / "tries", None, opened)
        run = opened.enter_context(worker({"database_url": database.app_url, "tries": str(tmp_path / "tries")}))
        crew = Crew(run, ["reconcile"], database_url=database.app_url, policies=hasty)
        crew.start()
        added = office.add(*[NewJob(f"{n}", {"sleep": 0.005}) for n in range(150)])
        for cut in range(1, 5):
            eventually(lambda cut=cut: len(office.tries()) >= 20 * cut)
            office.admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sfdify_app' "
                "AND datname = current_database()"
            )
        eventually(lambda: office.states() == {"done": 150})
        assert office.effects() == Counter(added)
        assert crew.stop(10)


def test_leaving_finishes_the_job_under_way_and_takes_no_other(office: Office, tmp_path: Path) -> None:
    crew = office.hire("mail_send")
    [long] = office.add(NewJob("long", {"wait_until_exists": str(tmp_path / "go")}, "mail_send"))
    eventually(lambda: office.tries()[long] == 1)
    [next_one] = office.add(NewJob("next", queue="mail_send"))
    threading.Timer(0.2, (tmp_path / "go").touch).start()
    assert crew.stop(20)
    assert office.state(long) is JobState.DONE
    assert office.state(next_one) is JobState.READY
    office.crews.clear()


def test_leaving_does_not_wait_for_ever(office: Office, tmp_path: Path) -> None:
    crew = office.hire("mail_send")
    [stuck] = office.add(NewJob("stuck", {"wait_until_exists": str(tmp_path / "go")}, "mail_send"))
    eventually(lambda: office.tries()[stuck] == 1)
    assert not crew.stop(0.1)
    assert office.state(stuck) is JobState.RUNNING
    (tmp_path / "go").touch()
    eventually(lambda: office.state(stuck) is JobState.DONE)
