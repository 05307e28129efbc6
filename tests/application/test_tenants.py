"""Opening a tenant, its settings, and its clock."""

from datetime import timedelta
from uuid import uuid4

import pytest

from application.tenants import AdvanceClock, ChangeBranding, ChangePolicies, ChangeSender, RegisterTenant, SlugTaken
from domain.kernel import DomainError, Forbidden, NotFound, Role
from domain.tenants import Approvals, Branding, Policies, Tenant, TenantMode
from tests.support.cases import START, Case
from tests.support.histories import ADDRESS
from tests.support.scenarios import when
from tests.support.world import World


def register(world: World, slug: str = "first-firm", **more: object) -> RegisterTenant:
    return RegisterTenant.model_validate({"tenant_id": world.tenant_id, "slug": slug, "name": "First", **more})


def test_a_test_tenants_clock_starts_with_it() -> None:
    world = World()
    assert when(world, register(world, clock_starts_at=START)).kinds == [Tenant.Registered]
    assert world.clock.tenants[world.tenant_id] == START


def test_a_live_tenant_has_no_clock_of_its_own() -> None:
    world = World()
    when(world, register(world, mode=TenantMode.LIVE))
    assert world.clock.tenants == {}
    with pytest.raises(Forbidden):
        when(world, AdvanceClock(tenant_id=world.tenant_id, to=START + timedelta(days=1)), Role.OWNER)


def test_a_slug_is_one_tenants_and_a_tenant_registers_itself() -> None:
    world = World()
    world.directory.slugs["first-firm"] = uuid4()
    with pytest.raises(SlugTaken) as refusal:
        when(world, register(world))
    assert refusal.value.code == "slug_taken"
    with pytest.raises(Forbidden):
        when(world, register(world).model_copy(update={"tenant_id": uuid4()}))
    assert world.log.streams == {}


def test_an_owner_changes_the_settings_of_their_own_tenant_only() -> None:
    world = Case(World()).world
    changes = [
        ChangePolicies(tenant_id=world.tenant_id, policies=Policies(approvals=Approvals.CONSUMER_ONLY)),
        ChangeBranding(tenant_id=world.tenant_id, branding=Branding(display_name="New")),
        ChangeSender(tenant_id=world.tenant_id, sender=ADDRESS),
    ]
    kinds = [when(world, change, Role.OWNER).kinds for change in changes]
    assert kinds == [[Tenant.PoliciesChanged], [Tenant.BrandingChanged], [Tenant.SenderChanged]]
    for change in changes:
        with pytest.raises(NotFound):
            when(world, change.model_copy(update={"tenant_id": uuid4()}), Role.OWNER)


def test_the_clock_moves_after_the_move_is_on_record_and_never_back() -> None:
    world = Case(World()).world
    later = START + timedelta(days=3)
    assert when(world, AdvanceClock(tenant_id=world.tenant_id, to=later), Role.OWNER).kinds == [Tenant.ClockAdvanced]
    assert world.clock.tenant_now(world.tenant_id) == later
    with pytest.raises(DomainError):
        when(world, AdvanceClock(tenant_id=world.tenant_id, to=START), Role.OWNER)
    assert world.clock.tenant_now(world.tenant_id) == later
