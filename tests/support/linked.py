"""A consumer on their way to a provider of reports, and back."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from application.connections import BeginConnection, CompleteConnection, party_of
from application.kernel import Command, Context
from application.ports import NotYet
from domain.connections import Connection
from domain.kernel import Caller, DomainError, Role
from domain.tasks import Task, TaskKind, TaskStatus
from tests.support.cases import FIRST_PULL, Case
from tests.support.feeds import PROVIDER
from tests.support.floor import Floor
from tests.support.world import World


class Linked:
    """One case and one connection, jobs taken by hand or all at once."""

    def __init__(self, provider: str = PROVIDER) -> None:
        self.world = World()
        self.case = Case(self.world)
        self.floor = Floor(self.world)
        self.feed, self.links = self.world.feed, self.world.links
        self.provider = provider
        self.world.reader.reports[self.feed.report.content] = FIRST_PULL
        self.caller: Caller = self.world.caller(Role.CONSUMER, self.case.consumer_id)
        self.id = Connection.identity(self.case.consumer_id, provider)

    def do(self, command: Command) -> dict[str, object]:
        """The consumer's own act, always under the same sign-in."""
        return self.world.bus.handle(command, self.caller, Context()).answer

    def begin_only(self) -> None:
        """Agree."""
        self.do(BeginConnection(consumer_id=self.case.consumer_id, provider=self.provider, text_version="2026-11"))

    def begin(self) -> str:
        """Agree and set out; the state the consumer comes back with."""
        self.begin_only()
        party = party_of(self.connection, self.world.tenant_id)
        start = self.feed.begin_link(party, self.caller.actor_id, self.world.clock.now())
        return start.url.partition("state=")[2]

    def complete(self, state: str) -> dict[str, object]:
        """Come back with a code."""
        return self.do(CompleteConnection(connection_id=self.id, state=state, code="s3cret-code"))

    def connect(self) -> Linked:
        """There and back, without what follows."""
        self.complete(self.begin())
        return self

    def refusal(self, command: Command) -> DomainError:
        """How the consumer's act was refused."""
        try:
            self.do(command)
        except DomainError as refused:
            return refused
        raise AssertionError("it was not refused")

    def job(self, name: str) -> tuple[UUID, str]:
        """The newest due job of this command."""
        named = f'"command":"{name}"'.encode()
        return next(key for key in reversed(self.floor.due()) if named in self.world.log.jobs[key].command)

    def run(self, command: Command) -> None:
        """An engine's command, carried out by hand; one that asks to wait has waited."""
        try:
            self.world.when(command)
        except NotYet:
            return

    def settle(self) -> Linked:
        """Every job that is due."""
        self.floor.settle()
        assert self.floor.buried == {}
        return self

    def wait(self, by: timedelta) -> Linked:
        """Time passes."""
        self.world.clock.advance(self.world.tenant_id, self.now + by)
        return self

    def tasks(self, status: TaskStatus = TaskStatus.OPEN) -> list[TaskKind]:
        """What operators are asked to look at, of the kinds that connections open."""
        return [t.kind for t in self.world.all(Task) if t.status is status and t.about_id == self.id]

    def tasks_about(self, thing: UUID) -> list[TaskKind]:
        """What operators are asked to look at about something else."""
        return [t.kind for t in self.world.all(Task) if t.status is TaskStatus.OPEN and t.about_id == thing]

    @property
    def now(self) -> datetime:
        return self.world.clock.tenant_now(self.world.tenant_id)

    @property
    def connection(self) -> Connection:
        return self.world.get(Connection, self.id)

    @property
    def kinds(self) -> list[str]:
        """The connection's history in words."""
        return [type(event).__name__ for event in self.world.events(self.id)]
