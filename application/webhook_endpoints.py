"""Opening and closing the addresses providers post to. The secret lies apart and is derived, not kept in the log."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from application.kernel import Answer, Command, Work, handles
from domain.kernel import NotFound
from domain.permissions import Permission
from domain.webhook_endpoints import WebhookEndpoint


class OpenWebhookEndpoint(Command):
    """Make an address for a provider's webhooks."""

    needs: ClassVar[Permission] = Permission.MANAGE_TENANT

    provider: Annotated[str, Field(min_length=1, max_length=40)]


class CloseWebhookEndpoint(Command):
    """Take nothing more at an address."""

    needs: ClassVar[Permission] = Permission.MANAGE_TENANT

    endpoint_id: UUID


class ShutWebhookEndpoint(Command):
    """See to it that a closed endpoint takes nothing, whatever became of the request that closed it."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE

    endpoint_id: UUID


@handles(OpenWebhookEndpoint)
def open_webhook_endpoint(command: OpenWebhookEndpoint, work: Work) -> Answer:
    """Put an endpoint on record."""
    endpoint = WebhookEndpoint.open(
        work.ports.new_id(), work.now, provider=command.provider, opened_by=work.caller.actor_id
    )
    work.add(endpoint)
    return {"endpoint_id": endpoint.id}


@handles(CloseWebhookEndpoint)
def close_webhook_endpoint(command: CloseWebhookEndpoint, work: Work) -> Answer:
    """Close an open endpoint. One from before endpoints were on record is put there with its end."""
    endpoint = work.find(WebhookEndpoint, command.endpoint_id)
    provider = work.ports.credentials.open_endpoints(work.caller.tenant_id).get(command.endpoint_id)
    if endpoint is None and provider is not None:
        endpoint = work.add(
            WebhookEndpoint.open(command.endpoint_id, work.now, provider=provider, opened_by=None)
        )
    if endpoint is None or not endpoint.active:
        raise NotFound("there is no open webhook endpoint of this id")
    endpoint.close(work.caller.actor_id, work.now)
    return {"endpoint_id": endpoint.id}


@handles(ShutWebhookEndpoint)
def shut_webhook_endpoint(command: ShutWebhookEndpoint, work: Work) -> Answer:
    """Close the door; the endpoint is on record as closed."""
    work.ports.credentials.close_endpoint(work.caller.tenant_id, command.endpoint_id)
    return {"endpoint_id": command.endpoint_id}
