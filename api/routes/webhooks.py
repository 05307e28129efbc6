"""Where vendors call in: verified over the raw bytes, written down, answered; acted on afterwards by a job."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid5

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.bodies import OpenRoute
from api.problems import problem_responses
from api.routes.webhook_endpoints import EndpointId
from api.services import Api, Services
from application.kernel import Command, Context, system
from application.webhooks import ReceivePostWebhook
from infrastructure.post_news import PROVIDER
from infrastructure.tokens import Unauthenticated
from infrastructure.vendors.lob import ForgedWebhook, parse, verify
from infrastructure.vendors.smartcredit.webhooks import ForgedWebhook as ForgedFeedWebhook
from infrastructure.webhook_endpoints import UnknownEndpoint, WebhookEndpoint

router = APIRouter(route_class=OpenRoute, prefix="/v1", tags=["webhooks"])


@router.post(
    "/webhooks/lob/{endpoint_id}",
    status_code=202,
    responses=problem_responses(400, 401, 413, 415, 422, 500, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object", "additionalProperties": True}}},
        },
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string", "maxLength": 128}}
            for name in ("Lob-Signature", "Lob-Signature-Timestamp")
        ],
    },
)
async def receive_lob(
    endpoint_id: EndpointId,
    request: Request,
    api: Api,
) -> Response:
    """Take one webhook of the print provider. Kinds that nobody here knows are kept and answered just the same."""
    raw = await request.body()
    await run_in_threadpool(_receive, api, endpoint_id, raw, dict(request.headers))
    return Response(status_code=202)


def _receive(api: Services, endpoint_id: str, raw: bytes, headers: dict[str, str]) -> None:
    endpoint = called(api, PROVIDER, endpoint_id, lambda secret: verify(raw, headers, secret, api.now()))
    event = parse(raw)
    keep(api, endpoint, event.id, raw, ReceivePostWebhook(event_id=event.id))


def called(api: Services, provider: str, endpoint_id: str, verify: Callable[[bytes], None]) -> WebhookEndpoint:
    """The endpoint that was called with its own secret. Raises Unauthenticated.

    Anybody may call, so an endpoint that is not there answers like one whose signature does not hold.
    """
    try:
        endpoint = api.endpoints.find(provider, endpoint_id)
        verify(endpoint.secret)
    except (UnknownEndpoint, ForgedWebhook, ForgedFeedWebhook):
        raise Unauthenticated("The signature of this webhook does not hold.") from None
    return endpoint


def keep(api: Services, endpoint: WebhookEndpoint, event_id: str, raw: bytes, command: Command) -> None:
    """Write a verified webhook down, and see to it that it is acted on, once however often it is sent."""
    api.sfdify.inbox.receive(endpoint.tenant_id, endpoint.provider, event_id, raw, api.now())
    context = Context(command_id=uuid5(endpoint.endpoint_id, event_id), fingerprint=b"")
    api.sfdify.bus.handle(command, system(endpoint.tenant_id), context)
