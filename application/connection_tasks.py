"""Closing what operators were asked to look at about a connection, once it has been put right."""

from __future__ import annotations

from application.kernel import Work
from application.tasks import SettleTask
from domain.connections import Connection
from domain.tasks import TaskKind

LOOK_AFTER_ATTEMPTS = 5
"""How often a provider may put a pull off before somebody is asked to look."""


def settle_delay(connection: Connection, note: str, work: Work) -> None:
    """The pull in flight goes on, or ends: nobody has to look at its delay any more."""
    pull = connection.pull
    if pull is not None and pull.attempts >= LOOK_AFTER_ATTEMPTS:
        cause = str(pull.pull_id)
        task = SettleTask(kind=TaskKind.PULL_DELAYED, about_id=connection.id, cause=cause, note=note)
        work.ask(task, f"delay-over:{cause}")


def settle_reauth(connection: Connection, before: int, note: str, work: Work) -> None:
    """What only the consumer could put right at a version before this one has been put right, or does not matter."""
    asked = [version for version in connection.reauths if version < before]
    if asked:
        cause = str(asked[-1])
        task = SettleTask(kind=TaskKind.CONNECT_AGAIN, about_id=connection.id, cause=cause, note=note)
        work.ask(task, f"connected-again:{connection.id}:{cause}")
