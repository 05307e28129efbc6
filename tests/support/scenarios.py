"""Given this, when a command, then these events: the language application tests are written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from application import processes  # noqa: F401 reactions are registered by importing them
from application.kernel import REACTIONS, Answer, Command, Context, Done, Later, Once
from domain.kernel import Event, Role
from tests.support.world import World


@dataclass(frozen=True)
class Then:
    """What one command came to."""

    events: list[Event]
    jobs: list[str]
    done: Done

    @property
    def kinds(self) -> list[type[Event]]:
        """The kinds of the events, stream by stream."""
        return [type(event) for event in self.events]

    @property
    def answer(self) -> Answer:
        """What the caller was told."""
        return self.done.answer


def when(
    world: World,
    command: Command,
    role: Role = Role.SYSTEM,
    consumer_id: UUID | None = None,
    context: Context | None = None,
) -> Then:
    """Carry one command out, without the jobs it calls for."""
    before = {stream: len(events) for stream, events in world.log.streams.items()}
    jobs = set(world.log.jobs)
    caller = world.caller(role, consumer_id)
    done = world.bus.handle(command, caller, context or Context())
    new = [e for stream, events in world.log.streams.items() for e in events[before.get(stream, 0) :]]
    return Then(new, [job.queue for key, job in world.log.jobs.items() if key not in jobs], done)


def keyed(key: UUID | None = None, body: bytes = b"body") -> Context:
    """A request with an idempotency key."""
    return Context(command_id=key or uuid4(), fingerprint=body)


@dataclass(frozen=True)
class Reacting:
    """The automatic next steps of one event."""

    wanted: list[Any]

    def sends(self, *commands: Command | tuple[Command, datetime]) -> bool:
        """Whether exactly these commands follow; a tuple names the instant a command is due."""
        return [_shown(one) for one in self.wanted] == list(commands)


def on(event: Event, *reactions: Callable[[Any], Iterable[Any]]) -> Reacting:
    """What follows from `event`: of these reactions, or of all that are registered."""
    chosen = reactions or tuple(REACTIONS.get(type(event), ()))
    return Reacting([wanted for reaction in chosen for wanted in reaction(event)])


def _shown(wanted: Any) -> Any:
    if isinstance(wanted, Later):
        return wanted.command, wanted.run_at
    return wanted.command if isinstance(wanted, Once) else wanted
