"""Every change is a command: who may send it, what it decides, and the one append that makes it so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

from application.ports import NotYet, Ports
from domain.kernel import Aggregate, Caller, DomainError, Event, Forbidden, NotFound, Role
from domain.permissions import Permission, allowed

A = TypeVar("A", bound=Aggregate)
Answer = dict[str, Any]
"""Ids, versions and states a caller may need; kept with the command, so never anything about a person."""

SYSTEM_ACTOR = UUID(int=1)
TRIES = 5


class Command(BaseModel):
    """A request to change something; also the body of the route that sends it.

    `needs` is the permission it takes, `queue` where it runs when a reaction or timer asks for it,
    `target` the field that names the aggregate an If-Match header speaks of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    needs: ClassVar[Permission]
    queue: ClassVar[str] = "reconcile"
    target: ClassVar[str | None] = None
    registry: ClassVar[dict[str, type[Command]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        Command.registry[cls.__name__] = cls


class StaleVersion(DomainError):
    """The thing has changed since the caller read it."""

    code = "stale_version"
    status = 412


class Contended(DomainError):
    """Others kept changing the same thing; nothing was done."""

    code = "contended"


class TwinInFlight(DomainError):
    """The same command is being carried out right now."""

    code = "twin_in_flight"


class KeyReused(DomainError):
    """The idempotency key was used for another request."""

    code = "idempotency_key_reused"
    status = 422


class Conflict(Exception):
    """The log refused the append because a stream moved on: load again and decide again."""


class Repeated(Exception):
    """The log has already carried out a command of this id."""


class LeaseGone(Exception):
    """Another worker holds the job now: stop quietly, nothing was written."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a command of this id came to when it was first carried out."""

    position: int
    fingerprint: bytes | None
    answer: Answer


@dataclass(frozen=True, slots=True)
class NewJob:
    """A next step, stored in the same transaction as the events that call for it."""

    queue: str
    command: bytes
    dedupe: str
    run_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Append:
    """Everything one `es.append` writes besides the events."""

    tenant_id: UUID
    metadata: bytes
    command_id: UUID | None
    fingerprint: bytes | None
    answer: bytes | None
    jobs: tuple[NewJob, ...]
    job_id: UUID | None
    job_token: UUID | None


class Log(Protocol):
    """The event log as the bus needs it. Errors: `Conflict`, `Repeated`, `LeaseGone`."""

    def load(self, tenant_id: UUID, kind: type[A], aggregate_id: UUID, version: int | None = None) -> A | None: ...

    def append(self, aggregates: Sequence[Aggregate], what: Append) -> int: ...

    def seen(self, tenant_id: UUID, command_id: UUID) -> Seen | None: ...


@dataclass(frozen=True, slots=True)
class JobTicket:
    """The job a command runs for; `renew` keeps its lease just before an outside call, `made_at` is real time."""

    id: UUID
    token: UUID
    renew: Callable[[], None]
    after_position: int = 0
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds one command: its own id, why it came, and the job or version it is bound to."""

    command_id: UUID | None = None
    fingerprint: bytes | None = None
    correlation_id: UUID | None = None
    causation_id: str | None = None
    if_match: int | None = None
    job: JobTicket | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command. `position` is the last event's place in the log, 0 when nothing was decided."""

    answer: Answer
    position: int
    replayed: bool = False


@dataclass
class Work:
    """One attempt at one command: what it has loaded, and what it will append together."""

    caller: Caller
    now: datetime
    ports: Ports
    context: Context
    _log: Log
    _save: Callable[[Work, str], int]
    _target: UUID | None = None
    _held: dict[UUID, Aggregate] = field(default_factory=dict)
    _jobs: list[NewJob] = field(default_factory=list)

    def find(self, kind: type[A], aggregate_id: UUID) -> A | None:
        """The aggregate, or None when this caller has none of that id."""
        held = self._held.get(aggregate_id)
        if held is None:
            held = self._log.load(self.caller.tenant_id, kind, aggregate_id)
        if held is None or not isinstance(held, kind) or not self._in_reach(held):
            return None
        if aggregate_id == self._target and aggregate_id not in self._held:
            self._check_if_match(held)
        self._held[aggregate_id] = held
        return held

    def load(self, kind: type[A], aggregate_id: UUID) -> A:
        """The aggregate, or the refusal that says there is none."""
        found = self.find(kind, aggregate_id)
        if found is None:
            raise NotFound(f"there is no {kind.__name__.lower()} of this id")
        return found

    def add(self, aggregate: A) -> A:
        """Take a new aggregate into this append."""
        self._held[aggregate.id] = aggregate
        return aggregate

    def ask(self, command: Command, dedupe: str, run_at: datetime | None = None) -> None:
        """Store a next step with this append, once for each `dedupe`."""
        self._jobs.append(job_for(command, dedupe, run_at, self.context))

    def save_now(self, step: str) -> int:
        """Append what is decided so far, before an outside effect; the job itself stays unfinished."""
        return self._save(self, step)

    def renew_lease(self) -> None:
        """Keep the job ours for the length of one outside call."""
        if self.context.job is not None:
            self.context.job.renew()

    def _check_if_match(self, held: Aggregate) -> None:
        if self.context.if_match not in (None, held.version):
            raise StaleVersion("it has changed since you read it; read it again and repeat with the new ETag")

    def _in_reach(self, aggregate: Aggregate) -> bool:
        if self.caller.role is not Role.CONSUMER:
            return True
        return getattr(aggregate, "owner_id", None) in (None, self.caller.consumer_id)


Handler = Callable[[Any, Work], Answer]
Reaction = Callable[[Any], Iterable[Any]]

HANDLERS: dict[type[Command], Handler] = {}
REACTIONS: dict[type[Event], list[Reaction]] = {}


def handles(command: type[Command]) -> Callable[[Handler], Handler]:
    """Register the one handler of a command."""

    def register(handler: Handler) -> Handler:
        if command in HANDLERS:
            raise TypeError(f"{command.__name__} already has a handler")
        HANDLERS[command] = handler
        return handler

    return register


def on(event: type[Event]) -> Callable[[Reaction], Reaction]:
    """Register an automatic next step: a pure function from one event to commands."""

    def register(reaction: Reaction) -> Reaction:
        REACTIONS.setdefault(event, []).append(reaction)
        return reaction

    return register


@dataclass(frozen=True, slots=True)
class Later:
    """A command that is due at an instant of the tenant's clock."""

    command: Command
    run_at: datetime


@dataclass(frozen=True, slots=True)
class Once:
    """A command that several events may call for, and that is wanted once."""

    command: Command
    key: str


Step = Iterator[Command | Later | Once]
"""What a reaction yields: the next steps that its event calls for."""


def canonical(value: Any) -> bytes:
    """The one JSON text of a value: sorted keys, no blanks, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode()


def job_for(
    command: Command, dedupe: str, run_at: datetime | None, context: Context, cause: str | None = None
) -> NewJob:
    """The stored form of a next step: the command's name and ids, and what it follows from."""
    payload = {
        "command": type(command).__name__,
        "data": command.model_dump(mode="json"),
        "correlation_id": str(context.correlation_id) if context.correlation_id else None,
        "causation_id": cause or context.causation_id,
    }
    return NewJob(queue=command.queue, command=canonical(payload), dedupe=dedupe, run_at=run_at)


def reactions_to(events: Iterable[Event], context: Context) -> list[NewJob]:
    """The next steps these events call for; each is stored once for its event and place."""
    jobs = []
    for event in events:
        cause = f"{event.originator_id}:{event.originator_version}"
        for reaction in REACTIONS.get(type(event), ()):
            for number, wanted in enumerate(reaction(event)):
                dedupe, run_at, command = f"{cause}:{reaction.__name__}:{number}", None, wanted
                if isinstance(wanted, Later):
                    command, run_at = wanted.command, wanted.run_at
                elif isinstance(wanted, Once):
                    command, dedupe = wanted.command, wanted.key
                jobs.append(job_for(command, dedupe, run_at, context, cause))
    return jobs


class Bus:
    """Carries commands out: permission, idempotency, decision, one append, at most five tries."""

    def __init__(self, log: Log, ports: Ports) -> None:
        self._log = log
        self._ports = ports

    def handle(self, command: Command, caller: Caller, context: Context = Context()) -> Done:
        """Carry `command` out for `caller`. Errors: any DomainError; for a job also LeaseGone when it moved on,
        NotYet when others kept changing the same thing, and Repeated when a step of it was done before."""
        if not allowed(caller.role, command.needs):
            raise Forbidden(f"the {caller.role.value} role may not {command.needs.value.replace('_', ' ')}")
        if context.correlation_id is None:
            context = replace(context, correlation_id=context.command_id or self._ports.new_id())
        for _ in range(TRIES):
            if (done := self._replay(caller, context)) is not None:
                return done
            try:
                return self._attempt(command, caller, context)
            except Conflict:
                continue
            except Repeated:
                if context.job is not None:
                    raise
                if self._replay(caller, context) is None:
                    raise TwinInFlight("the same request is being carried out; repeat it in a moment") from None
        if context.job is not None:
            raise NotYet(1.0)
        raise Contended("others kept changing the same thing; repeat the request")

    def _replay(self, caller: Caller, context: Context) -> Done | None:
        if context.command_id is None:
            return None
        seen = self._log.seen(caller.tenant_id, context.command_id)
        if seen is None:
            return None
        if seen.fingerprint != context.fingerprint:
            raise KeyReused("this Idempotency-Key was used for another request; take a new one")
        return Done(answer=seen.answer, position=seen.position, replayed=True)

    def _attempt(self, command: Command, caller: Caller, context: Context) -> Done:
        now = self._ports.clock.tenant_now(caller.tenant_id)
        target = getattr(command, command.target) if command.target else None
        position = 0

        def save(work: Work, step: str) -> int:
            nonlocal position
            position = self._append(command, work, step=step, answer=None) or position
            return position

        work = Work(caller, now, self._ports, context, self._log, save, target)
        answer = HANDLERS[type(command)](command, work)
        position = self._append(command, work, step=None, answer=answer) or position
        return Done(answer=answer, position=position)

    def _append(self, command: Command, work: Work, *, step: str | None, answer: Answer | None) -> int:
        """One `es.append`; the last of a command also keeps its answer and finishes its job."""
        context, job = work.context, work.context.job
        changed = sorted((a for a in work._held.values() if a.pending_events), key=lambda a: a.id.bytes)
        jobs = [*work._jobs, *reactions_to((e for a in changed for e in a.pending_events), context)]  # type: ignore[misc]
        last = step is None
        if not changed and not jobs and not (last and (job or context.command_id)):
            return 0
        command_id = context.command_id if last else None
        if job is not None:
            command_id = uuid5(job.id, step or "last")
        position = self._log.append(
            changed,
            Append(
                tenant_id=work.caller.tenant_id,
                metadata=canonical(_metadata(command, work.caller, context, command_id)),
                command_id=command_id,
                fingerprint=context.fingerprint if last else None,
                answer=canonical(answer) if last and answer is not None else None,
                jobs=tuple(jobs),
                job_id=job.id if job and last else None,
                job_token=job.token if job and last else None,
            ),
        )
        work._jobs.clear()
        return position


def _metadata(command: Command, caller: Caller, context: Context, command_id: UUID | None) -> dict[str, Any]:
    return {
        "actor": str(caller.actor_id),
        "role": caller.role.value,
        "command": type(command).__name__,
        "command_id": str(command_id) if command_id else None,
        "correlation_id": str(context.correlation_id),
        "causation_id": context.causation_id,
    }


def system(tenant_id: UUID) -> Caller:
    """The engine itself, acting inside one tenant: jobs, timers and reactions."""
    return Caller(tenant_id=tenant_id, actor_id=SYSTEM_ACTOR, role=Role.SYSTEM)
