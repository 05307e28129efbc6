"""Where report providers call in: verified over the raw bytes, written down, answered; acted on by a job."""

from __future__ import annotations

from uuid import uuid5

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.bodies import JsonRoute
from api.problems import problem_responses
from api.routes.webhook_endpoints import EndpointId
from api.services import Api, Services
from application.feed_webhooks import ReceiveFeedWebhook
from application.kernel import Context, system
from infrastructure.tokens import Unauthenticated
from infrastructure.vendors.smartcredit.webhooks import HEADER, PROVIDER, ForgedWebhook, parse, verify
from infrastructure.webhook_endpoints import UnknownEndpoint

router = APIRouter(route_class=JsonRoute, prefix="/v1", tags=["webhooks"])


@router.post(
    "/webhooks/smartcredit/{endpoint_id}",
    status_code=202,
    responses=problem_responses(400, 401, 413, 415, 422, 500, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object", "additionalProperties": True}}},
        },
        "parameters": [
            {"name": HEADER, "in": "header", "required": True, "schema": {"type": "string", "maxLength": 128}}
        ],
    },
)
async def receive_smartcredit(endpoint_id: EndpointId, request: Request, api: Api) -> Response:
    """Take one webhook of the report provider. Kinds that nobody here knows are kept and answered just the same."""
    raw = await request.body()
    await run_in_threadpool(_receive, api, endpoint_id, raw, dict(request.headers))
    return Response(status_code=202)


def _receive(api: Services, endpoint_id: str, raw: bytes, headers: dict[str, str]) -> None:
    """Anybody may call here, so an endpoint that is not there answers like one whose signature does not hold."""
    try:
        endpoint = api.endpoints.find(PROVIDER, endpoint_id)
        verify(raw, headers, endpoint.secret, api.now())
    except (UnknownEndpoint, ForgedWebhook):
        raise Unauthenticated("The signature of this webhook does not hold.") from None
    news = parse(raw)
    api.sfdify.inbox.receive(endpoint.tenant_id, PROVIDER, news.event_id, raw, api.now())
    api.sfdify.bus.handle(
        ReceiveFeedWebhook(provider=PROVIDER, event_id=news.event_id),
        system(endpoint.tenant_id),
        Context(command_id=uuid5(endpoint.endpoint_id, news.event_id), fingerprint=b""),
    )
