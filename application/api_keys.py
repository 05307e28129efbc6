"""Making and ending machines' keys. The log says that it was done; the secret lies apart and is derived, not kept."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from application.kernel import Answer, Command, Work, handles
from application.ports import WorkingKey
from domain.api_keys import ApiKey, EndReason
from domain.kernel import Forbidden, NotFound, Role
from domain.permissions import Permission, covers
from domain.users import User


class MakeApiKey(Command):
    """Give a machine a sign-in of this role."""

    needs: ClassVar[Permission] = Permission.MANAGE_USERS

    role: Role


class RevokeApiKey(Command):
    """End a machine's key."""

    needs: ClassVar[Permission] = Permission.MANAGE_USERS

    key_id: UUID


class EndKeysBeyond(Command):
    """End the keys of a person that may do more than the person may by now: those too that were let in while the
    person was being disabled or moved to another role."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE

    user_id: UUID


class EndApiKey(Command):
    """See to it that a revoked key opens no door, whatever became of the request that revoked it."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE

    key_id: UUID


@handles(MakeApiKey)
def make_api_key(command: MakeApiKey, work: Work) -> Answer:
    """Put a key on record, answered for by the person behind the request."""
    person = _answerable(work)
    key = ApiKey.make(
        work.ports.new_id(), work.now, role=command.role, made_by=work.caller.actor_id, answerable_id=person.id
    )
    if key.exceeds(person.role) or not covers(work.caller.role, key.role):
        raise Forbidden("a key may do no more than whoever makes it")
    work.add(key)
    return {"key_id": key.id}


@handles(RevokeApiKey)
def revoke_api_key(command: RevokeApiKey, work: Work) -> Answer:
    """End a key that still works."""
    working = {kept.key_id: kept for kept in work.ports.credentials.working_keys(work.caller.tenant_id)}
    key = _on_record(work, command.key_id, working.get(command.key_id))
    if key is None or not key.active:
        raise NotFound("there is no key of this id that still works")
    key.revoke(EndReason.ASKED_FOR, work.caller.actor_id, work.now)
    return {"key_id": key.id}


@handles(EndKeysBeyond)
def end_keys_beyond(command: EndKeysBeyond, work: Work) -> Answer:
    """End what has come to be more than its person may do."""
    user = work.load(User, command.user_id)
    role = user.role if user.active else None
    ended = end_keys_of(work, user.id, role, EndReason.ROLE_CHANGED if role else EndReason.USER_DISABLED)
    return {"ended_keys": ended}


@handles(EndApiKey)
def end_api_key(command: EndApiKey, work: Work) -> Answer:
    """Close the door on the key; it is on record as revoked."""
    work.ports.credentials.end_key(work.caller.tenant_id, command.key_id)
    return {"key_id": command.key_id}


def end_keys_of(work: Work, user_id: UUID, role: Role | None, reason: EndReason) -> list[UUID]:
    """End the working keys `user_id` answers for that may do more than `role`; without a role, all of them."""
    ended = []
    for kept in work.ports.credentials.working_keys(work.caller.tenant_id):
        key = _on_record(work, kept.key_id, kept) if kept.answerable_id == user_id else None
        if key is not None and key.active and key.exceeds(role):
            key.revoke(reason, work.caller.actor_id, work.now)
            ended.append(key.id)
    return ended


def _answerable(work: Work) -> User:
    """The person behind the request: the caller, or whoever answers for the machine that calls."""
    user = work.find(User, work.caller.actor_id)
    if user is None:
        machine = work.find(ApiKey, work.caller.actor_id)
        user = work.find(User, machine.answerable_id) if machine is not None else None
    if user is None or not user.active:
        raise Forbidden("a key needs a person of this tenant who answers for it: sign in to make one")
    return user


def _on_record(work: Work, key_id: UUID, kept: WorkingKey | None) -> ApiKey | None:
    """The key. One from before keys were on record is put there now, to be ended like any other."""
    key = work.find(ApiKey, key_id)
    if key is not None or kept is None:
        return key
    maker = kept.answerable_id
    return work.add(ApiKey.make(key_id, work.now, role=kept.role, made_by=maker, answerable_id=maker))
