"""Opening tenants, and a tenant's own settings and test clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import BoundedSemaphore
from typing import Annotated
from uuid import UUID, uuid5

import httpx
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Reader, check, platform
from api.bodies import JsonRoute
from api.commands import CHANGES, CREATES, READS, Bus, Changed, Key, Version, changed
from api.idempotency import fingerprint, mark_replayed
from api.positions import EVENT_POSITION, encode_position
from api.reads import One
from api.routes.users import NewPasswordText, set_first_password
from api.services import Api
from api.sources import TENANTS
from application.kernel import Context, system
from application.tenants import AdvanceClock, ChangeBranding, ChangePolicies, ChangeSender, RegisterTenant
from application.users import Email, RegisterUser
from domain.addresses import PostalAddress
from domain.kernel import DomainError, Forbidden, Role
from domain.permissions import Permission
from domain.tenants import Branding, Policies, TenantKind, TenantMode
from domain.written import Instant, Truth
from infrastructure.passwords import check_fitness
from infrastructure.quiet import wait_until_quiet
from projections.tenants import TenantRow

_TENANTS = UUID("0d1f3c86-5c6a-5a8e-bb1b-8a3fba0d9a3f")
router = APIRouter(route_class=JsonRoute, prefix="/v1", tags=["tenants"])


class SandboxOutOfReach(DomainError):
    """The sandbox print provider does not answer, so its clock stands behind the tenant's. Repeat the request."""

    code = "sandbox_out_of_reach"
    status = 503


class TooManyWaiters(DomainError):
    """The clock was moved, and too many requests wait for their work to come to rest. Repeat the request."""

    code = "too_many_waiters"
    status = 503


class NewOwner(BaseModel):
    """The first person of a tenant."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    email: Email
    name: Annotated[str, Field(min_length=1, max_length=120)]
    password: NewPasswordText


class NewTenant(BaseModel):
    """A tenant to open. `clock_starts_at` is for test mode: its clock then stands there until it is advanced."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    slug: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$")]
    name: Annotated[str, Field(min_length=1, max_length=120)]
    kind: TenantKind = TenantKind.CONSUMER_DIRECT
    mode: TenantMode = TenantMode.TEST
    policies: Policies = Policies()
    clock_starts_at: Instant | None = None
    owner: NewOwner


class TenantOpened(BaseModel):
    """The new tenant and its owner, who can sign in now."""

    tenant_id: UUID
    owner_id: UUID


class ClockMove(BaseModel):
    """Where to move the test clock. `wait`: answer only when the jobs and tables are quiet again."""

    model_config = ConfigDict(extra="forbid")

    to: Instant
    wait: Truth = False


class Clock(BaseModel):
    """The tenant's business time. `quiet` tells whether all that fell due has been worked off."""

    now: datetime
    quiet: bool | None = None


@router.post("/tenants", status_code=201, responses=CREATES, dependencies=[Depends(platform)])
def open_tenant(body: NewTenant, request: Request, response: Response, key: Key, api: Api) -> TenantOpened:
    """Open a tenant and its owner's sign-in. Only whoever runs this installation may do this."""
    check_fitness(body.owner.password)
    if body.clock_starts_at is not None and body.mode is not TenantMode.TEST:
        raise Forbidden("only a test-mode tenant has a clock of its own; leave clock_starts_at out")
    tenant_id = uuid5(_TENANTS, key)
    print_ = fingerprint(api.fingerprint_secret, "POST", "/v1/tenants", {}, body, tenant_id, tenant_id)
    caller = system(tenant_id)
    done = api.sfdify.bus.handle(
        RegisterTenant(
            tenant_id=tenant_id,
            slug=body.slug,
            name=body.name,
            kind=body.kind,
            mode=body.mode,
            policies=body.policies,
            clock_starts_at=body.clock_starts_at,
        ),
        caller,
        Context(command_id=uuid5(tenant_id, "register"), fingerprint=print_),
    )
    owner = api.sfdify.bus.handle(
        RegisterUser(email=body.owner.email, name=body.owner.name, role=Role.OWNER),
        caller,
        Context(command_id=uuid5(tenant_id, "owner"), fingerprint=print_),
    )
    owner_id = UUID(str(owner.answer["user_id"]))
    set_first_password(api, tenant_id, owner_id, body.owner.password)
    response.headers[EVENT_POSITION] = encode_position(owner.position)
    mark_replayed(response, done.replayed and owner.replayed)
    return TenantOpened(tenant_id=tenant_id, owner_id=owner_id)


@router.get("/tenant", responses=READS, response_model=TenantRow)
async def get_tenant(one: One) -> TenantRow | Response:
    """The caller's own tenant."""
    return await one.row(TENANTS, one.caller.tenant_id)


@router.put("/tenant/policies", responses=CHANGES)
def change_policies(body: Policies, bus: Bus, key: Key, version: Version) -> Changed:
    """Replace the tenant's policies."""
    command = ChangePolicies(tenant_id=bus.caller.tenant_id, policies=body)
    return changed(bus.change(command, key, version, body), "tenant_id")


@router.put("/tenant/branding", responses=CHANGES)
def change_branding(body: Branding, bus: Bus, key: Key, version: Version) -> Changed:
    """Change how the tenant's pages look."""
    command = ChangeBranding(tenant_id=bus.caller.tenant_id, branding=body)
    return changed(bus.change(command, key, version, body), "tenant_id")


@router.put("/tenant/sender", responses=CHANGES)
def change_sender(body: PostalAddress, bus: Bus, key: Key, version: Version) -> Changed:
    """Name the address the tenant itself writes from."""
    command = ChangeSender(tenant_id=bus.caller.tenant_id, sender=body)
    return changed(bus.change(command, key, version, body), "tenant_id")


@router.get("/tenant/clock", responses=READS)
def get_clock(api: Api, caller: Reader) -> Clock:
    """The tenant's business time: its test clock, or everybody's."""
    check(caller, Permission.READ_CASES)
    return Clock(now=api.sfdify.clocks.tenant_now(caller.tenant_id))


_WAITERS = BoundedSemaphore(4)
"""Waiting holds a thread for up to 25 seconds; a test tenant must not take them all."""


@contextmanager
def _one_of_few_waiters() -> Iterator[None]:
    if not _WAITERS.acquire(blocking=False):
        raise TooManyWaiters("others wait for their clocks; the clock was moved, repeat the request to wait for rest")
    try:
        yield
    finally:
        _WAITERS.release()


@router.post("/tenant/clock", responses=CREATES)
def advance_clock(body: ClockMove, bus: Bus, key: Key, api: Api) -> Clock:
    """Move a test-mode tenant's clock forward, and its sandbox with it."""
    bus.create(AdvanceClock(tenant_id=bus.caller.tenant_id, to=body.to), key, body)
    quiet = None
    if body.wait:
        with _one_of_few_waiters():
            try:
                quiet = wait_until_quiet(api.sfdify, bus.caller.tenant_id, time.monotonic() + 25.0)
            except httpx.HTTPError:
                raise SandboxOutOfReach("the clock was moved, the sandbox was not reached; repeat it") from None
    return Clock(now=api.sfdify.clocks.tenant_now(bus.caller.tenant_id), quiet=quiet)
