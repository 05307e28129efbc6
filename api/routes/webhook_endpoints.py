"""The addresses at which providers call in for a tenant."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict

from api.access import Reader, check
from api.bodies import JsonRoute
from api.commands import CREATES, READS, Bus, Key
from api.services import Api, Services
from application.webhook_endpoints import CloseWebhookEndpoint, OpenWebhookEndpoint
from domain.kernel import NotFound
from domain.permissions import Permission
from domain.webhook_endpoints import WebhookEndpoint
from infrastructure.derived_secrets import Purpose
from infrastructure.webhook_endpoints import endpoint_named, public_id_of

router = APIRouter(route_class=JsonRoute, prefix="/v1", tags=["webhooks"])
EndpointId = Annotated[str, Path(max_length=80, pattern="^whe_[0-9a-f]{32}_[0-9a-f]{32}$")]


class NewEndpoint(BaseModel):
    """Whose webhooks the endpoint is for."""

    model_config = ConfigDict(extra="forbid")
    provider: Literal["lob", "smartcredit"] = "lob"


class EndpointMade(BaseModel):
    """Where the provider must post, and the secret it must sign with."""

    endpoint_id: str
    url: str
    secret: str


class EndpointRow(BaseModel):
    """Where a provider posts; the secret is shown only by the request that opens the endpoint."""

    endpoint_id: str
    provider: str
    url: str
    created_at: datetime
    disabled_at: datetime | None


@router.post("/webhook-endpoints", status_code=201, responses=CREATES)
def open_endpoint(body: NewEndpoint, bus: Bus, key: Key, api: Api) -> EndpointMade:
    """Make an endpoint for a provider's webhooks. Its secret is shown by this request and its repeats.

    The endpoint is on record first. A repeat of a request that came no further than that opens it still.
    """
    done = bus.create(OpenWebhookEndpoint(provider=body.provider), key, body)
    tenant_id, endpoint_id = bus.caller.tenant_id, UUID(str(done.answer["endpoint_id"]))
    secret = api.derived.of(tenant_id, Purpose.WEBHOOK_ENDPOINT, endpoint_id)
    opened_at = api.sfdify.engine.read_stream(tenant_id, endpoint_id)[0].recorded_at
    public_id = api.endpoints.keep(tenant_id, endpoint_id, body.provider, secret, opened_at)
    opened = api.sfdify.engine.load(tenant_id, WebhookEndpoint, endpoint_id)
    if opened is None or not opened.active:  # closed before it was kept; whoever closes it from now on finds it
        api.endpoints.disable(tenant_id, endpoint_id, api.now())
    return EndpointMade(endpoint_id=public_id, url=_url(api, body.provider, public_id), secret=secret)


@router.get("/webhook-endpoints", responses=READS)
def list_endpoints(api: Api, caller: Reader) -> list[EndpointRow]:
    """The tenant's endpoints, without their secrets, newest first; closed ones included."""
    check(caller, Permission.MANAGE_TENANT)
    return [
        EndpointRow(
            endpoint_id=(public_id := public_id_of(caller.tenant_id, found.endpoint_id)),
            provider=found.provider,
            url=_url(api, found.provider, public_id),
            created_at=found.created_at,
            disabled_at=found.disabled_at,
        )
        for found in api.endpoints.of_tenant(caller.tenant_id)
    ]


@router.delete("/webhook-endpoints/{endpoint_id}", status_code=204, responses=CREATES)
def close_endpoint(endpoint_id: EndpointId, bus: Bus, key: Key, api: Api) -> None:
    """Take nothing more at an endpoint."""
    check(bus.caller, Permission.MANAGE_TENANT)
    named = endpoint_named(endpoint_id)
    if named is None or named[0] != bus.caller.tenant_id:
        raise NotFound("there is no open webhook endpoint of this id")
    bus.create(CloseWebhookEndpoint(endpoint_id=named[1]), key, None)
    api.endpoints.disable(named[0], named[1], api.now())


def _url(api: Services, provider: str, public_id: str) -> str:
    return f"{api.sfdify.settings.public_url}/v1/webhooks/{provider}/{public_id}"
