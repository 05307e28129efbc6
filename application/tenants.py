"""Opening a tenant and changing what it has chosen."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from application.kernel import Answer, Command, Work, handles
from domain.addresses import PostalAddress
from domain.kernel import DomainError, Forbidden
from domain.permissions import Permission
from domain.tenants import Branding, Policies, Tenant, TenantKind, TenantMode, check_clock


class SlugTaken(DomainError):
    """Another tenant signs in with this word."""

    code = "slug_taken"


class RegisterTenant(Command):
    """Open a tenant. A test-mode tenant's clock starts at `clock_starts_at` and then stands still."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE

    tenant_id: UUID
    slug: Annotated[str, Field(max_length=40)]
    name: Annotated[str, Field(min_length=1, max_length=120)]
    kind: TenantKind = TenantKind.CONSUMER_DIRECT
    mode: TenantMode = TenantMode.TEST
    policies: Policies = Policies()
    clock_starts_at: datetime | None = None


class ChangePolicies(Command):
    """Replace the tenant's policies."""

    needs: ClassVar[Permission] = Permission.MANAGE_TENANT
    target: ClassVar[str | None] = "tenant_id"

    tenant_id: UUID
    policies: Policies


class ChangeBranding(Command):
    """Change how the tenant's own pages look."""

    needs: ClassVar[Permission] = Permission.MANAGE_TENANT
    target: ClassVar[str | None] = "tenant_id"

    tenant_id: UUID
    branding: Branding


class ChangeSender(Command):
    """Name the address the tenant itself writes from."""

    needs: ClassVar[Permission] = Permission.MANAGE_TENANT
    target: ClassVar[str | None] = "tenant_id"

    tenant_id: UUID
    sender: PostalAddress


class AdvanceClock(Command):
    """Move a test-mode tenant's clock forward, and wake what has fallen due by then."""

    needs: ClassVar[Permission] = Permission.MOVE_TEST_CLOCK

    tenant_id: UUID
    to: datetime


@handles(RegisterTenant)
def register_tenant(command: RegisterTenant, work: Work) -> Answer:
    """Claim the slug, start the clock of a test tenant, and put the tenant on record."""
    if command.tenant_id != work.caller.tenant_id:
        raise Forbidden("a tenant is registered under its own id")
    if command.clock_starts_at is not None:
        check_clock(command.clock_starts_at)
    tenant = Tenant.register(
        command.tenant_id,
        command.clock_starts_at or work.now,
        slug=command.slug,
        name=command.name,
        kind=command.kind,
        mode=command.mode,
        policies=command.policies,
    )
    if not work.ports.directory.claim(command.slug, command.tenant_id, command.mode):
        raise SlugTaken("another tenant signs in with this slug; choose another")
    if command.mode is TenantMode.TEST:
        work.ports.clock.start(command.tenant_id, command.clock_starts_at or work.now)
    work.add(tenant)
    return {"tenant_id": tenant.id}


@handles(ChangePolicies)
def change_policies(command: ChangePolicies, work: Work) -> Answer:
    """Replace the tenant's policies."""
    tenant = work.load(Tenant, command.tenant_id)
    tenant.change_policies(command.policies, work.now)
    return {"tenant_id": tenant.id, "version": tenant.version}


@handles(ChangeBranding)
def change_branding(command: ChangeBranding, work: Work) -> Answer:
    """Change how the tenant's own pages look."""
    tenant = work.load(Tenant, command.tenant_id)
    tenant.change_branding(command.branding, work.now)
    return {"tenant_id": tenant.id, "version": tenant.version}


@handles(ChangeSender)
def change_sender(command: ChangeSender, work: Work) -> Answer:
    """Name the address the tenant itself writes from."""
    tenant = work.load(Tenant, command.tenant_id)
    tenant.change_sender(command.sender, work.now)
    return {"tenant_id": tenant.id, "version": tenant.version}


@handles(AdvanceClock)
def advance_clock(command: AdvanceClock, work: Work) -> Answer:
    """Record the move, then make it: timers that fall due by then become ready."""
    tenant = work.load(Tenant, command.tenant_id)
    tenant.advance_clock(command.to, work.now)
    work.save_now("advance")
    work.ports.clock.advance(tenant.id, command.to)
    return {"tenant_id": tenant.id, "now": command.to.isoformat()}
