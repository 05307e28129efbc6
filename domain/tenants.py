"""A firm, or a person, that runs its cases here; everything else belongs to exactly one of them."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from domain.addresses import PostalAddress
from domain.kernel import Aggregate, Created, Event, Forbidden, IllegalMove, Invalid, Value
from domain.written import Count


class TenantKind(StrEnum):
    """Who writes the letters in law. It decides which letter types are lawful to send."""

    CONSUMER_DIRECT = "consumer_direct"
    CREDIT_REPAIR_ORGANIZATION = "credit_repair_organization"
    ATTORNEY = "attorney"


class TenantMode(StrEnum):
    """A test tenant has a clock of its own and a sandbox for the outside world."""

    TEST = "test"
    LIVE = "live"


class Approvals(StrEnum):
    """Who must approve the exact bytes of a letter before it may be posted."""

    CONSUMER_AND_OPERATOR = "consumer_and_operator"
    CONSUMER_ONLY = "consumer_only"


class Policies(Value):
    """A tenant's own choices inside what the law leaves open."""

    approvals: Approvals = Approvals.CONSUMER_AND_OPERATOR
    items_per_letter_max: Count = Field(default=5, ge=1, le=5)
    requests_per_minute_user: Count = Field(default=100, ge=1, le=1_000_000)
    requests_per_minute_tenant: Count = Field(default=1000, ge=1, le=1_000_000)
    pull_every_days: Count = Field(default=30, ge=1, le=365)


class Branding(Value):
    """How the tenant's own pages look; never printed on a consumer's letter."""

    display_name: str = Field(min_length=1, max_length=120)
    color: str = Field(default="#1f3a5f", pattern=r"^#[0-9a-f]{6}$")


class ClockOutOfReach(IllegalMove):
    """A test clock shows the years 1970 to 2199, so that every date computed from it exists."""

    code = "clock_out_of_reach"


class LastOwner(IllegalMove):
    """The tenant would be left without an owner who can sign in. Make somebody else an owner first."""

    code = "last_owner"


class PostingNotPermitted(Forbidden):
    """This kind of tenant may not post until its compliance gates exist."""

    code = "posting_not_permitted"


_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,38}[a-z0-9]")


class Tenant(Aggregate):
    """One customer of ours, with its policies and the address its post may be returned to."""

    TOPIC: ClassVar[str] = "tenant"

    class Registered(Created):
        TOPIC: ClassVar[str] = "tenant.registered.v1"
        slug: str
        name: str
        kind: TenantKind
        mode: TenantMode
        policies: Policies

    class PoliciesChanged(Event):
        TOPIC: ClassVar[str] = "tenant.policies_changed.v1"
        policies: Policies

        def apply(self, aggregate: Tenant) -> None:
            aggregate.policies = self.policies

    class BrandingChanged(Event):
        TOPIC: ClassVar[str] = "tenant.branding_changed.v1"
        branding: Branding

        def apply(self, aggregate: Tenant) -> None:
            aggregate.branding = self.branding

    class SenderChanged(Event):
        TOPIC: ClassVar[str] = "tenant.sender_changed.v1"
        sender: PostalAddress

        def apply(self, aggregate: Tenant) -> None:
            aggregate.sender = self.sender

    class ClockAdvanced(Event):
        TOPIC: ClassVar[str] = "tenant.clock_advanced.v1"
        advanced_to: datetime

    class OwnerNamed(Event):
        TOPIC: ClassVar[str] = "tenant.owner_named.v1"
        user_id: UUID

        def apply(self, aggregate: Tenant) -> None:
            aggregate.owner_ids |= {self.user_id}

    class OwnerStoodDown(Event):
        TOPIC: ClassVar[str] = "tenant.owner_stood_down.v1"
        user_id: UUID

        def apply(self, aggregate: Tenant) -> None:
            aggregate.owner_ids -= {self.user_id}

    def __init__(self, slug: str, name: str, kind: TenantKind, mode: TenantMode, policies: Policies) -> None:
        self.slug = slug
        self.name = name
        self.kind = kind
        self.mode = mode
        self.policies = policies
        self.branding = Branding(display_name=name)
        self.sender: PostalAddress | None = None
        self.owner_ids: frozenset[UUID] = frozenset()

    @classmethod
    def register(
        cls,
        tenant_id: UUID,
        at: datetime,
        *,
        slug: str,
        name: str,
        kind: TenantKind,
        mode: TenantMode,
        policies: Policies,
    ) -> Tenant:
        """Open a tenant; its slug is the word its people sign in with."""
        if not _SLUG.fullmatch(slug):
            raise Invalid("a slug is 3 to 40 small letters, digits and inner hyphens")
        return cls._create(
            cls.Registered, id=tenant_id, timestamp=at, slug=slug, name=name, kind=kind, mode=mode, policies=policies
        )

    def change_policies(self, policies: Policies, at: datetime) -> None:
        """Replace the policies; asking for what already holds decides nothing."""
        if policies != self.policies:
            self.record(self.PoliciesChanged, at, policies=policies)

    def change_branding(self, branding: Branding, at: datetime) -> None:
        """Change how the tenant's pages look."""
        if branding != self.branding:
            self.record(self.BrandingChanged, at, branding=branding)

    def change_sender(self, sender: PostalAddress, at: datetime) -> None:
        """Name the address the tenant itself writes from."""
        if sender != self.sender:
            self.record(self.SenderChanged, at, sender=sender)

    def name_owner(self, user_id: UUID, at: datetime) -> None:
        """Count somebody among the owners who can sign in."""
        if user_id not in self.owner_ids:
            self.record(self.OwnerNamed, at, user_id=user_id)

    def stand_down_owner(self, user_id: UUID, at: datetime) -> None:
        """Count somebody among the owners no more. Two who do this to each other meet on the tenant's version."""
        if not self.owner_ids - {user_id}:
            raise LastOwner("this is the tenant's last owner who can sign in; make somebody else an owner first")
        if user_id in self.owner_ids:
            self.record(self.OwnerStoodDown, at, user_id=user_id)

    def advance_clock(self, to: datetime, at: datetime) -> None:
        """Move a test tenant's clock forward; a live tenant's time is everybody's."""
        if self.mode is not TenantMode.TEST:
            raise Forbidden("only a test-mode tenant has a clock that can be moved")
        if to < at:
            raise IllegalMove("a test clock moves only forward: give an instant after its present time")
        check_clock(to)
        self.record(self.ClockAdvanced, to, advanced_to=to)

    def check_may_post(self) -> None:
        """Refuse paper mail for the kinds of tenant whose compliance gates are not built."""
        if self.kind is not TenantKind.CONSUMER_DIRECT:
            raise PostingNotPermitted(
                "only consumer_direct tenants may post letters until the compliance gates for this kind of tenant exist"
            )


def check_clock(at: datetime) -> None:
    """Refuse an instant that a test clock cannot show."""
    if not 1970 <= at.year < 2200:
        raise ClockOutOfReach("a test clock shows the years 1970 to 2199; give an instant within them")
