"""The floor where jobs are carried out in memory: leases, snoozes, burials, crashes and second runs, as workers do."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from application.kernel import Command, Context, JobTicket, LeaseGone, NewJob, system
from application.ports import NotYet
from domain.kernel import DomainError
from tests.support.world import World

Key = tuple[UUID, str]
MOST_ATTEMPTS = 20


class Crash(Exception):
    """The process was killed here."""


class Fate(StrEnum):
    """How one attempt ended."""

    DONE = "done"
    SNOOZED = "snoozed"
    BURIED = "buried"
    RETRIED = "retried"
    LOST = "lost"


class Floor:
    """Takes the world's jobs in any order; a job keeps its id from one attempt to the next, and has so many."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.done: set[Key] = set()
        self.buried: dict[Key, str] = {}
        self.attempts: Counter[Key] = Counter()
        self.failures: Counter[Key] = Counter()
        self.made_at: dict[Key, datetime] = {}

    def due(self) -> list[Key]:
        """Jobs that may be claimed now, oldest first."""
        now = self.world.clock.tenant_now(self.world.tenant_id)
        return [
            key
            for key, job in self.world.log.jobs.items()
            if key not in self.done and key not in self.buried and (job.run_at is None or job.run_at <= now)
        ]

    def carry_out(self, key: Key) -> Fate:
        """One attempt at one job."""
        job = self.world.log.jobs[key]
        self.attempts[key] += 1
        made_at = self.made_at.setdefault(key, self.world.clock.now())
        name = f"{key[0]}{key[1]}"
        held = JobTicket(id=uuid5(NAMESPACE_OID, name), token=uuid4(), renew=lambda: None, made_at=made_at)
        self.world.log.running[held.id] = held.token
        try:
            self.world.bus.handle(command_of(job), system(key[0]), Context(job=held))
        except NotYet:
            return Fate.SNOOZED
        except LeaseGone:
            return Fate.LOST
        except DomainError as refusal:
            self.buried[key] = refusal.code
            return Fate.BURIED
        except Exception as error:  # noqa: BLE001 a worker survives any job
            self.failures[key] += 1
            if self.failures[key] < MOST_ATTEMPTS:
                return Fate.RETRIED
            self.buried[key] = type(error).__name__
            return Fate.BURIED
        self.done.add(key)
        return Fate.DONE

    def again(self, key: Key) -> Fate:
        """A second worker, which holds no lease any more, carries a job out that was done before."""
        job = self.world.log.jobs[key]
        held = JobTicket(id=uuid5(NAMESPACE_OID, f"{key[0]}{key[1]}"), token=uuid4(), renew=lambda: None)
        try:
            self.world.bus.handle(command_of(job), system(key[0]), Context(job=held))
        except LeaseGone:
            return Fate.LOST
        except Exception:  # noqa: BLE001 whatever it meets, it must not do harm
            return Fate.RETRIED
        return Fate.DONE

    def settle(self, most: int = 400) -> None:
        """Carry jobs out until none is due; one that is snoozed or retried comes again later.

        Where all of them wait, real time passes.
        """
        for _ in range(most):
            due = self.due()
            if not due:
                return
            if {self.carry_out(key) for key in due} == {Fate.SNOOZED}:
                self.world.clock.real += timedelta(minutes=1)
        raise AssertionError("jobs keep coming: " + ", ".join(sorted({key[1] for key in self.due()})))


def command_of(job: NewJob) -> Command:
    """The command a job stands for."""
    payload = json.loads(job.command)
    return Command.registry[payload["command"]].model_validate(payload["data"])
