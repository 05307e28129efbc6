"""Where report providers call in: verified over the raw bytes, written down, answered; acted on by a job."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.bodies import OpenRoute
from api.problems import problem_responses
from api.routes.webhook_endpoints import EndpointId
from api.routes.webhooks import called, keep
from api.services import Api, Services
from application.feed_webhooks import ReceiveFeedWebhook
from infrastructure.vendors.smartcredit.webhooks import HEADER, PROVIDER, parse, verify

router = APIRouter(route_class=OpenRoute, prefix="/v1", tags=["webhooks"])


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
    endpoint = called(api, PROVIDER, endpoint_id, lambda secret: verify(raw, headers, secret, api.now()))
    news = parse(raw)
    keep(api, endpoint, news.event_id, raw, ReceiveFeedWebhook(provider=PROVIDER, event_id=news.event_id))
