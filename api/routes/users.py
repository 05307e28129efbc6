"""People of a tenant."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.bodies import JsonRoute
from api.commands import CHANGES, CREATES, READS, Bus, Changed, Key, Version, changed
from api.pages import Page
from api.reads import Lists, One
from api.routes.api_keys import end_keys
from api.services import Api, Services
from api.sources import USERS
from application.users import ChangeRole, DisableUser, Email, NotePasswordChange, RegisterUser
from domain.kernel import Forbidden, Role
from domain.permissions import Permission, allowed
from domain.users import User
from infrastructure.passwords import LONGEST, SHORTEST, check_fitness
from infrastructure.sessions import Reason
from infrastructure.tokens import Unauthenticated
from projections.users import UserRow

router = APIRouter(route_class=JsonRoute, prefix="/v1", tags=["users"])
NewPasswordText = Annotated[
    str, Field(min_length=SHORTEST, max_length=LONGEST, json_schema_extra={"format": "new-password"})
]
"""A password to be kept; guessable ones are refused (see `unfit_password`)."""


class NewSignIn(BaseModel):
    """What every sign-in is made of."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    email: Email
    name: Annotated[str, Field(min_length=1, max_length=120)]
    password: NewPasswordText


class NewEmployee(NewSignIn):
    """A sign-in for somebody who works for the tenant."""

    role: Literal[Role.OWNER, Role.OPERATOR, Role.VIEWER, Role.AUDITOR]
    consumer_id: None = None


class NewConsumerUser(NewSignIn):
    """A sign-in for a consumer, who sees their own case and nothing else."""

    role: Literal[Role.CONSUMER]
    consumer_id: UUID


NewUser = Annotated[NewEmployee | NewConsumerUser, Field(discriminator="role")]


class UserMade(BaseModel):
    """The new user."""

    user_id: UUID


class NewRole(BaseModel):
    """The role a user moves to."""

    model_config = ConfigDict(extra="forbid")
    role: Literal[Role.OWNER, Role.OPERATOR, Role.VIEWER, Role.AUDITOR]


class Reasoned(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class NewPassword(BaseModel):
    """A new password; one's own change also gives the present one."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    password: NewPasswordText
    present_password: Annotated[str, Field(max_length=128)] | None = None


@router.post("/users", status_code=201, responses=CREATES)
def register_user(body: NewUser, bus: Bus, key: Key, api: Api) -> UserMade:
    """Give somebody a sign-in."""
    check_fitness(body.password)
    command = RegisterUser(email=body.email, name=body.name, role=body.role, consumer_id=body.consumer_id)
    done = bus.create(command, key, body)
    user_id = UUID(str(done.answer["user_id"]))
    set_first_password(api, bus.caller.tenant_id, user_id, body.password)
    return UserMade(user_id=user_id)


@router.get("/users", responses=READS)
async def list_users(listing: Lists) -> Page[UserRow]:
    """The tenant's users, newest first."""
    return await listing.page(USERS)


@router.get("/users/{user_id}", responses=READS, response_model=UserRow)
async def get_user(user_id: UUID, one: One) -> UserRow | Response:
    """One user."""
    return await one.row(USERS, user_id)


@router.put("/users/{user_id}/role", responses=CHANGES)
def change_role(user_id: UUID, body: NewRole, bus: Bus, key: Key, version: Version, api: Api) -> Changed:
    """Move an employee to another role and end their sessions: what they may do is written in their tokens.

    API keys they answer for end too, if such a key may do more than the new role. A tenant keeps an active owner.
    """
    done = bus.change(ChangeRole(user_id=user_id, role=body.role), key, version, body)
    end_keys(api, bus.caller.tenant_id, done)
    api.sessions.end_all(bus.caller.tenant_id, user_id, api.now(), Reason.ROLE_CHANGED)
    return changed(done, "user_id")


@router.post("/users/{user_id}/disable", responses=CHANGES)
def disable_user(user_id: UUID, body: Reasoned, bus: Bus, key: Key, version: Version, api: Api) -> Changed:
    """Close a sign-in and end its sessions and the API keys its holder answers for. A tenant keeps an active owner."""
    done = bus.change(DisableUser(user_id=user_id, reason=body.reason), key, version, body)
    end_keys(api, bus.caller.tenant_id, done)
    api.sessions.end_all(bus.caller.tenant_id, user_id, api.now(), Reason.OPERATOR)
    return changed(done, "user_id")


@router.put("/users/{user_id}/password", responses=CREATES)
def change_password(user_id: UUID, body: NewPassword, bus: Bus, key: Key, api: Api) -> Changed:
    """Change one's own password, or as an owner somebody else's; every session of the user ends.

    The change is on record first. A repeat of a request that came no further than that sets the password still.
    """
    check_fitness(body.password)
    caller = bus.caller
    if caller.actor_id == user_id:
        api.guard.attempt(str(caller.tenant_id), str(user_id), None)
        if not api.passwords.verify(caller.tenant_id, user_id, body.present_password or ""):
            raise Unauthenticated("The present password is not right.")
        api.guard.succeeded(str(caller.tenant_id), str(user_id))
    elif not allowed(caller.role, Permission.MANAGE_USERS):
        raise Forbidden("only the user or an owner may change this password")
    done = bus.create(NotePasswordChange(user_id=user_id), key, body)
    noted_at = api.sfdify.engine.read_stream(caller.tenant_id, user_id)[done.answer["version"] - 1].recorded_at
    if not done.replayed or not api.passwords.is_set(caller.tenant_id, user_id, since=noted_at):
        api.passwords.set(caller.tenant_id, user_id, body.password, noted_at)
    return changed(done, "user_id")


def set_first_password(api: Services, tenant_id: UUID, user_id: UUID, password: str) -> None:
    """Set the password unless there is one. A repeat after a crash sets what the first try did not come to."""
    user = api.sfdify.engine.load(tenant_id, User, user_id)
    if user is not None and user.active and not api.passwords.is_set(tenant_id, user_id):
        api.passwords.set(tenant_id, user_id, password, api.now())
