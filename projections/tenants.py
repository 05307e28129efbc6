"""The tenant's own settings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from domain.tenants import Tenant, TenantKind, TenantMode
from projections.kernel import Change, Projection, Recorded, Table, on

TENANTS = Table(
    "tenants",
    aggregate=Tenant,
    key={"id": "uuid"},
    columns={
        "created_at": "timestamptz",
        "slug": "text",
        "name": "text",
        "kind": "text",
        "mode": "text",
        "policies": "jsonb",
        "branding": "jsonb",
        "sender": "jsonb",
        "clock_now": "timestamptz",
    },
)


class TenantRow(BaseModel):
    """The tenant; `clock_now` is set once a test clock has been moved."""

    id: UUID
    created_at: datetime
    slug: str
    name: str
    kind: TenantKind
    mode: TenantMode
    policies: dict[str, Any]
    branding: dict[str, Any] | None
    sender: dict[str, Any] | None
    clock_now: datetime | None
    version: int


class TenantsProjection(Projection):
    """Every tenant's present settings; each tenant sees its own row."""

    name = "tenants"
    tables = (TENANTS,)

    @on(Tenant.Registered)
    def registered(self, r: Recorded[Tenant.Registered]) -> Iterable[Change]:
        yield TENANTS.put(
            r.event.originator_id,
            created_at=r.event.timestamp,
            slug=r.event.slug,
            name=r.event.name,
            kind=r.event.kind,
            mode=r.event.mode,
            policies=r.event.policies.model_dump(mode="json"),
        )

    @on(Tenant.PoliciesChanged)
    def policies_changed(self, r: Recorded[Tenant.PoliciesChanged]) -> Iterable[Change]:
        yield TENANTS.amend(r.event.originator_id, policies=r.event.policies.model_dump(mode="json"))

    @on(Tenant.BrandingChanged)
    def branding_changed(self, r: Recorded[Tenant.BrandingChanged]) -> Iterable[Change]:
        yield TENANTS.amend(r.event.originator_id, branding=r.event.branding.model_dump(mode="json"))

    @on(Tenant.SenderChanged)
    def sender_changed(self, r: Recorded[Tenant.SenderChanged]) -> Iterable[Change]:
        yield TENANTS.amend(r.event.originator_id, sender=r.event.sender.model_dump(mode="json"))

    @on(Tenant.ClockAdvanced)
    def clock_advanced(self, r: Recorded[Tenant.ClockAdvanced]) -> Iterable[Change]:
        yield TENANTS.amend(r.event.originator_id, clock_now=r.event.advanced_to)
