"""A tenant's settings, its clock, and whether it may post at all."""

import pytest
from pydantic import ValidationError

from domain.kernel import Forbidden, IllegalMove, Invalid
from domain.tenants import Approvals, Branding, LastOwner, Policies, PostingNotPermitted, Tenant, TenantKind, TenantMode
from tests.support.histories import ADDRESS, NOON, TENANT_ID, at, uid


def firm(
    slug: str = "first-firm", kind: TenantKind = TenantKind.CONSUMER_DIRECT, mode: TenantMode = TenantMode.TEST
) -> Tenant:
    return Tenant.register(TENANT_ID, NOON, slug=slug, name="First", kind=kind, mode=mode, policies=Policies())


@pytest.mark.parametrize("slug", ["ab", "-abc", "abc-", "Abc", "a b c", "x" * 41, ""])
def test_a_slug_is_a_plain_word(slug: str) -> None:
    with pytest.raises(Invalid):
        firm(slug)


def test_asking_for_what_already_holds_decides_nothing() -> None:
    made = firm()
    made.change_policies(Policies(), at(1))
    made.change_branding(Branding(display_name="First"), at(1))
    assert made.version == 1
    for _ in range(2):
        made.change_policies(Policies(approvals=Approvals.CONSUMER_ONLY), at(1))
        made.change_branding(Branding(display_name="Second"), at(1))
        made.change_sender(ADDRESS, at(1))
    assert (made.version, made.sender, made.branding.display_name) == (4, ADDRESS, "Second")


@pytest.mark.parametrize(
    "bad", [{"items_per_letter_max": 0}, {"items_per_letter_max": 6}, {"requests_per_minute_user": 0}]
)
def test_policies_stay_inside_what_can_be_done(bad: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Policies.model_validate(bad)


def test_a_test_clock_moves_forward_and_a_live_tenant_has_none() -> None:
    made = firm()
    made.advance_clock(at(2), at(1))
    with pytest.raises(IllegalMove):
        made.advance_clock(at(1), at(2))
    with pytest.raises(Forbidden):
        firm(mode=TenantMode.LIVE).advance_clock(at(2), at(1))


@pytest.mark.parametrize("kind", [TenantKind.ATTORNEY, TenantKind.CREDIT_REPAIR_ORGANIZATION])
def test_only_consumers_own_tenants_may_post(kind: TenantKind) -> None:
    firm().check_may_post()
    with pytest.raises(PostingNotPermitted) as refusal:
        firm(kind=kind).check_may_post()
    assert refusal.value.code == "posting_not_permitted"


def test_the_last_owner_stays() -> None:
    tenant = firm()
    tenant.name_owner(uid("first"), at(1))
    with pytest.raises(LastOwner):
        tenant.stand_down_owner(uid("first"), at(2))
    tenant.name_owner(uid("second"), at(3))
    tenant.name_owner(uid("second"), at(3))
    tenant.stand_down_owner(uid("first"), at(4))
    tenant.stand_down_owner(uid("first"), at(5))
    assert tenant.owner_ids == {uid("second")}
    assert [type(event) for event in tenant.pending_events[1:]] == [
        Tenant.OwnerNamed, Tenant.OwnerNamed, Tenant.OwnerStoodDown,
    ]  # fmt: skip
    with pytest.raises(LastOwner):
        tenant.stand_down_owner(uid("second"), at(6))


def test_an_owner_from_before_owners_were_counted_goes_only_when_another_is_known() -> None:
    tenant = firm()
    with pytest.raises(LastOwner):
        tenant.stand_down_owner(uid("old owner"), at(1))
    tenant.name_owner(uid("new owner"), at(2))
    tenant.stand_down_owner(uid("old owner"), at(3))
    assert tenant.owner_ids == {uid("new owner")}


@pytest.mark.parametrize("days", [0, 366])
def test_reports_are_looked_for_daily_at_most_and_yearly_at_least(days: int) -> None:
    assert Policies().pull_every_days == 30
    with pytest.raises(ValidationError):
        Policies(pull_every_days=days)
