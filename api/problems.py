"""Every refusal of the API in one form: RFC 9457 `application/problem+json` with a stable code.

Clients branch on `code`; `type` is the address of the page that explains it, served by this API.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from psycopg import OperationalError
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem_kinds import PAGES, kind_of, kind_of_status
from api.route_templates import allowed_methods
from application.kernel import Contended, TwinInFlight
from domain.kernel import DomainError
from infrastructure.stores import StoreUnavailable
from infrastructure.telemetry import facts_of_error

MEDIA_TYPE: Final = "application/problem+json"
log = structlog.get_logger(__name__)


class FieldError(BaseModel):
    """One part of the request that could not be accepted; it never repeats what was sent."""

    model_config = ConfigDict(extra="forbid")

    where: str = Field(description="body, query, path, header or cookie", max_length=16)
    pointer: str = Field(description="JSON Pointer (RFC 6901) into the body, or the parameter's name", max_length=400)
    code: str = Field(description="stable name of the rule that was broken", max_length=80)
    message: str = Field(max_length=400)


class Problem(BaseModel):
    """Why a request was not carried out (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="address of the page that explains this code", max_length=200)
    title: str = Field(max_length=120)
    status: int = Field(ge=400, le=599)
    detail: str = Field(max_length=1000)
    code: str = Field(description="stable; clients may branch on it", max_length=80)
    request_id: str = Field(description="quote it when asking for help", max_length=64)
    errors: list[FieldError] | None = Field(default=None, max_length=100)
    context: dict[str, str | int | None] | None = Field(default=None, description="ids and versions the code speaks of")


def problem_response(
    request_id: str,
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[FieldError] | None = None,
    context: Mapping[str, str | int | None] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One problem as a response."""
    kind = kind_of(code)
    body = Problem(
        type=f"{PAGES}/{code}",
        title=kind.title if kind else kind_of_status(status).title,
        status=status,
        detail=detail[:1000],
        code=code,
        request_id=request_id,
        errors=list(errors)[:100] if errors else None,
        context=dict(context) if context else None,
    )
    content = orjson.dumps(body.model_dump(exclude_none=True))
    return Response(content, status, {"Cache-Control": "no-store", **(headers or {})}, MEDIA_TYPE)


def request_id_of(scope: Scope) -> str:
    """The id the request-id middleware gave this request, or "-" outside of it."""
    return str(scope.get("state", {}).get("request_id", "-"))


def refusal_headers(error: DomainError) -> dict[str, str]:
    """Headers a refusal owes the client: how to authenticate (401), when to come back."""
    headers: dict[str, str] = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = f'Bearer realm="sfdify", error="{error.code}"'
    retry = error.context.get("retry_after_seconds")
    if retry is not None or error.status in (429, 503) or isinstance(error, (TwinInFlight, Contended)):
        headers["Retry-After"] = str(retry if retry is not None else 1)
    return headers


async def _on_refusal(request: Request, error: DomainError) -> Response:
    detail = error.message if error.message.strip() else kind_of_status(error.status).meaning
    return problem_response(
        request_id_of(request.scope),
        error.status,
        error.code,
        detail,
        context={name: str(value) if isinstance(value, UUID) else value for name, value in error.context.items()},
        headers=refusal_headers(error),
    )


_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]{0,63}")
_OWN_WORDS = "This value is not acceptable here."


def _step(part: str | int) -> str:
    text = str(part)
    return text if isinstance(part, int) or _IDENTIFIER.fullmatch(text) else "(name)"


def _message(error: Mapping[str, Any]) -> str:
    """The rule in words. Parsers quote what they choked on, so their second half is dropped."""
    text = str(error.get("msg", "")).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if str(error.get("type", "")).endswith(("_parsing", "_from_date_parsing", "_type", "_invalid")):
        text = re.split(r"[,:]", text, maxsplit=1)[0]
    sent = error.get("input")
    if sent is not None and not isinstance(sent, (dict, list)) and str(sent).strip() and str(sent) in text:
        return _OWN_WORDS
    return text[:400] or _OWN_WORDS


def field_errors(errors: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """Validation errors as pointers and rules, without a single submitted value."""
    found = []
    for error in errors:
        where, *path = error.get("loc") or ("body",)
        pointer = "".join(f"/{_step(part)}" for part in path) if where == "body" else ".".join(map(_step, path))
        code = str(error.get("type", "invalid"))[:80]
        found.append(FieldError(where=str(where)[:16], pointer=pointer[:400], code=code, message=_message(error)))
    return found


async def _on_invalid_request(request: Request, error: RequestValidationError) -> Response:
    errors = error.errors()
    request_id = request_id_of(request.scope)
    if any(e.get("type") == "json_invalid" for e in errors):
        return problem_response(request_id, 400, "malformed_json", "The body is not valid JSON.")
    found = field_errors(errors)
    count = f"{len(found)} parts" if len(found) > 1 else "One part"
    return problem_response(
        request_id, 422, "validation_failed", f"{count} of the request broke a rule; see errors.", errors=found
    )


async def _on_http_error(request: Request, error: HTTPException) -> Response:
    kind = kind_of_status(error.status_code)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        allowed = ", ".join(allowed_methods(request.scope))
        headers = {name: value for name, value in headers.items() if name.lower() != "allow" or not allowed}
        headers |= {"Allow": allowed} if allowed else {}
    return problem_response(
        request_id_of(request.scope), error.status_code, kind.code, f"{kind.meaning} {kind.remedy}", headers=headers
    )


async def _on_database_out_of_reach(request: Request, error: Exception) -> Response:
    log.error("database_unavailable", error_type=type(error).__name__)
    detail = "The database cannot be reached at the moment. Nothing was changed; try again."
    return problem_response(
        request_id_of(request.scope), 503, "database_unavailable", detail, headers={"Retry-After": "1"}
    )


async def _on_store_out_of_reach(request: Request, error: Exception) -> Response:
    log.error("store_unavailable", error_type=type(error).__name__)
    detail = "The store of documents cannot be used at the moment. Nothing was stored; try again."
    return problem_response(
        request_id_of(request.scope), 503, "store_unavailable", detail, headers={"Retry-After": "5"}
    )


class Unhandled:
    """Turns what nobody foresaw into a 500 problem; the log gets the place, the client only the request id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except ClientDisconnect:
            log.info("client_left")  # nobody is there to be answered, and nothing is wrong on our side
        except Exception as error:  # the outermost net: the process must go on serving
            log.error("unhandled_error", **facts_of_error(error))
            if started:
                raise
            detail = "Something went wrong on our side. The request id tells us where to look."
            await problem_response(request_id_of(scope), 500, "internal_error", detail)(scope, receive, send)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: each named status documented as a problem."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": kind_of_status(status).title, "content": {MEDIA_TYPE: schema}} for status in statuses
    }


def install(app: FastAPI) -> None:
    """Answer every refusal of `app` as a problem."""
    app.add_exception_handler(DomainError, _on_refusal)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _on_invalid_request)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _on_http_error)  # type: ignore[arg-type]
    app.add_exception_handler(StoreUnavailable, _on_store_out_of_reach)
    for out_of_reach in (OperationalError, PoolTimeout, PoolClosed, TooManyRequests):
        app.add_exception_handler(out_of_reach, _on_database_out_of_reach)
