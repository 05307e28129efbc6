"""Histories of a tenant, its people and its doors, and the fixed ids and instants that all histories share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from domain.addresses import PostalAddress
from domain.api_keys import ApiKey, EndReason
from domain.bureaus import Bureau
from domain.kernel import Role
from domain.local_days import LocalDay
from domain.tenants import Approvals, Branding, Policies, Tenant, TenantKind, TenantMode
from domain.users import User
from domain.webhook_endpoints import WebhookEndpoint

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAY = LocalDay(on=NOON.date())
SHA = "ab" * 32
BUREAU = Bureau.EXPERIAN
ADDRESS = PostalAddress(line1="PO Box 4500", city="Allen", state="TX", zip_code="75013")


def uid(what: str) -> UUID:
    """The one id of what is called so."""
    return uuid5(NAMESPACE_OID, f"sfdify history {what}")


TENANT_ID, CONSUMER_ID, ACTOR_ID = uid("tenant"), uid("consumer"), uid("operator")


def at(hours: float) -> datetime:
    """So many hours after the history begins."""
    return NOON + timedelta(hours=hours)


def tenant() -> Tenant:
    """A test tenant, its settings and its clock."""
    made = Tenant.register(
        TENANT_ID, NOON, slug="first-firm", name="First Firm", kind=TenantKind.CONSUMER_DIRECT,
        mode=TenantMode.TEST, policies=Policies(),
    )  # fmt: skip
    made.change_policies(Policies(approvals=Approvals.CONSUMER_ONLY), at(1))
    made.change_branding(Branding(display_name="First", color="#000000"), at(2))
    made.change_sender(ADDRESS, at(3))
    made.advance_clock(at(48), at(4))
    for who in ("owner", "second owner"):
        made.name_owner(uid(who), at(49))
    made.stand_down_owner(uid("owner"), at(50))
    return made


def user() -> User:
    """An employee who comes and goes."""
    made = User.register(uid("user"), NOON, role=Role.OPERATOR, email="op@firm.example", name="Opal Operator")
    made.change_role(Role.VIEWER, at(1))
    made.note_password_change(at(2))
    made.disable("left the firm", at(3))
    return made


def api_key() -> ApiKey:
    """A machine's key that was made and ended."""
    made = ApiKey.make(
        uid("api key"), NOON, role=Role.OPERATOR, made_by=uid("second owner"), answerable_id=uid("second owner")
    )
    made.revoke(EndReason.ASKED_FOR, uid("second owner"), at(1))
    return made


def webhook_endpoint() -> WebhookEndpoint:
    """An endpoint that was opened and closed."""
    made = WebhookEndpoint.open(uid("endpoint"), NOON, provider="lob", opened_by=uid("second owner"))
    made.close(uid("second owner"), at(1))
    return made
