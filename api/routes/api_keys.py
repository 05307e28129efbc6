"""Machines of a tenant: the keys they sign in with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.access import Reader, check
from api.bodies import JsonRoute
from api.commands import CREATES, READS, Bus, Key
from api.services import Api, Services
from application.api_keys import EndKeysBeyond, MakeApiKey, RevokeApiKey
from application.kernel import Done, system
from domain.api_keys import ApiKey
from domain.kernel import NotFound, Role
from domain.permissions import Permission
from domain.users import User
from infrastructure.api_keys import ListedKey
from infrastructure.derived_secrets import Purpose

router = APIRouter(route_class=JsonRoute, prefix="/v1", tags=["users"])


class NewApiKey(BaseModel):
    """A machine's key to make."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=80)]
    role: Literal[Role.OWNER, Role.OPERATOR, Role.VIEWER, Role.AUDITOR]


class ApiKeyAtFirst(BaseModel):
    """A machine's key. `created_by` is the user who made it, or who answers for the machine that made it."""

    key_id: UUID
    name: str
    role: Role
    mode: str
    created_by: UUID
    created_at: datetime


class ApiKeyRow(ApiKeyAtFirst):
    """A machine's key; its text is shown only by the request that makes it."""

    last_used_at: datetime | None
    revoked_at: datetime | None


class ApiKeyMade(ApiKeyAtFirst):
    """The new key, with its text."""

    api_key: str


@router.post("/api-keys", status_code=201, responses=CREATES)
def make_api_key(body: NewApiKey, bus: Bus, key: Key, api: Api) -> ApiKeyMade:
    """Make a key for a machine. Its text is shown by this request and its repeats, and by nothing else.

    The key is on record first. A repeat of a request that came no further than that lets the key in still.
    """
    done = bus.create(MakeApiKey(role=body.role), key, body)
    return _let_in(api, bus.caller.tenant_id, UUID(str(done.answer["key_id"])), body.name)


@router.get("/api-keys", responses=READS)
def list_api_keys(api: Api, caller: Reader) -> list[ApiKeyRow]:
    """The tenant's keys, without their texts."""
    check(caller, Permission.MANAGE_USERS)
    found = api.api_keys.of_tenant(caller.tenant_id)
    return [ApiKeyRow.model_validate(key, from_attributes=True) for key in found]


@router.delete("/api-keys/{key_id}", status_code=204, responses=CREATES)
def revoke_api_key(key_id: UUID, bus: Bus, key: Key, api: Api) -> None:
    """End a key at once."""
    bus.create(RevokeApiKey(key_id=key_id), key, None)
    api.api_keys.revoke(bus.caller.tenant_id, key_id, api.now())


def end_keys(api: Services, tenant_id: UUID, done: Done) -> None:
    """Close the door on the keys that a command has ended, without waiting for the job that does so too."""
    for key_id in done.answer.get("ended_keys", ()):
        api.api_keys.revoke(tenant_id, UUID(str(key_id)), api.now())


def _let_in(api: Services, tenant_id: UUID, key_id: UUID, name: str) -> ApiKeyMade:
    entry = api.sfdify.directory.by_id(tenant_id)
    made = api.sfdify.engine.load(tenant_id, ApiKey, key_id)
    if entry is None or made is None:
        raise NotFound("there is no such key")
    made_at = api.sfdify.engine.read_stream(tenant_id, key_id)[0].recorded_at
    key = ListedKey(key_id, entry.mode.value, made.role, name, made.answerable_id, made_at, None, None)
    text = api.api_keys.keep(tenant_id, key, api.derived.of(tenant_id, Purpose.API_KEY, key_id))
    _look_again(api, tenant_id, key_id)
    return ApiKeyMade(**ApiKeyAtFirst.model_validate(key, from_attributes=True).model_dump(), api_key=text)


def _look_again(api: Services, tenant_id: UUID, key_id: UUID) -> None:
    """After the key was let in: whoever revokes it, or takes its person's role, later than this finds it to end."""
    made = api.sfdify.engine.load(tenant_id, ApiKey, key_id)
    if made is None or not made.active:
        api.api_keys.revoke(tenant_id, key_id, api.now())
        return
    person = api.sfdify.engine.load(tenant_id, User, made.answerable_id)
    if person is None or made.exceeds(person.role if person.active else None):
        end_keys(api, tenant_id, api.sfdify.bus.handle(EndKeysBeyond(user_id=made.answerable_id), system(tenant_id)))
