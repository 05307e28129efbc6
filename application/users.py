"""Giving people and machines of a tenant a sign-in; secrets themselves are no events."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from application.api_keys import end_keys_of
from application.kernel import Answer, Command, Work, handles
from domain.api_keys import EndReason
from domain.consumers import Consumer
from domain.kernel import DomainError, Forbidden, Role
from domain.permissions import Permission, allowed
from domain.tenants import Tenant
from domain.users import User
from domain.written import EmailAddress

Email = EmailAddress


class EmailTaken(DomainError):
    """Somebody of this tenant signs in with this address already."""

    code = "email_taken"


class RegisterUser(Command):
    """Give somebody a sign-in. A consumer's user names the consumer it belongs to."""

    needs: ClassVar[Permission] = Permission.MANAGE_USERS

    email: Email
    name: Annotated[str, Field(min_length=1, max_length=120)]
    role: Role
    consumer_id: UUID | None = None


class ChangeRole(Command):
    """Move an employee to another role."""

    needs: ClassVar[Permission] = Permission.MANAGE_USERS
    target: ClassVar[str | None] = "user_id"

    user_id: UUID
    role: Role


class DisableUser(Command):
    """Close a sign-in."""

    needs: ClassVar[Permission] = Permission.MANAGE_USERS
    target: ClassVar[str | None] = "user_id"

    user_id: UUID
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class NotePasswordChange(Command):
    """Keep on record that a password was changed."""

    needs: ClassVar[Permission] = Permission.READ_NOTIFICATIONS
    user_id: UUID


def user_id_of(digest: bytes) -> UUID:
    """The one id of an e-mail address in a tenant: a second registration meets the first."""
    value = int.from_bytes(digest[:16]) & ~(0xF << 76) & ~(0x3 << 62)
    return UUID(int=value | (0x8 << 76) | (0x2 << 62))


@handles(RegisterUser)
def register_user(command: RegisterUser, work: Work) -> Answer:
    """Put the user on record; the password is set apart from it."""
    if command.role is Role.OWNER and work.caller.role not in (Role.OWNER, Role.SYSTEM):
        raise Forbidden("only an owner may make another owner")
    tenant_id = work.caller.tenant_id
    user_id = user_id_of(work.ports.keys.digest(tenant_id, f"user:{command.email.strip().lower()}"))
    if work.find(User, user_id) is not None:
        raise EmailTaken("somebody of this tenant signs in with this e-mail address already")
    if command.consumer_id is not None:
        work.load(Consumer, command.consumer_id).known()
    else:
        work.ports.keys.create(tenant_id, user_id)
    user = User.register(
        user_id, work.now, role=command.role, email=command.email, name=command.name, consumer_id=command.consumer_id
    )
    work.add(user)
    if user.role is Role.OWNER:
        work.load(Tenant, tenant_id).name_owner(user.id, work.now)
    return {"user_id": user.id}


@handles(ChangeRole)
def change_role(command: ChangeRole, work: Work) -> Answer:
    """Move an employee to another role. Keys of theirs that may do more than they now may end with it."""
    if command.role is Role.OWNER and work.caller.role is not Role.OWNER:
        raise Forbidden("only an owner may make another owner")
    user = work.load(User, command.user_id)
    if user.active and command.role is Role.OWNER:
        work.load(Tenant, work.caller.tenant_id).name_owner(user.id, work.now)
    elif user.active and user.role is Role.OWNER:
        work.load(Tenant, work.caller.tenant_id).stand_down_owner(user.id, work.now)
    user.change_role(command.role, work.now)
    ended = end_keys_of(work, user.id, user.role if user.active else None, EndReason.ROLE_CHANGED)
    return {"user_id": user.id, "version": user.version, "ended_keys": ended}


@handles(DisableUser)
def disable_user(command: DisableUser, work: Work) -> Answer:
    """Close a sign-in, and end every key its holder answers for."""
    user = work.load(User, command.user_id)
    if user.active and user.role is Role.OWNER:
        work.load(Tenant, work.caller.tenant_id).stand_down_owner(user.id, work.now)
    user.disable(command.reason, work.now)
    ended = end_keys_of(work, user.id, None, EndReason.USER_DISABLED)
    return {"user_id": user.id, "version": user.version, "ended_keys": ended}


@handles(NotePasswordChange)
def note_password_change(command: NotePasswordChange, work: Work) -> Answer:
    """Keep on record that a password was changed, by its owner or by whoever manages users."""
    user = work.load(User, command.user_id)
    if user.id != work.caller.actor_id and not allowed(work.caller.role, Permission.MANAGE_USERS):
        raise Forbidden("only the user or an owner may change this password")
    user.note_password_change(work.now)
    return {"user_id": user.id, "version": user.version}
