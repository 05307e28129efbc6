"""What every request passes on its way in and out: an id, a size limit, headers, a log line, a figure."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any, Final
from uuid import uuid4

import structlog
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.bodies import media_type_of
from api.problem_kinds import kind_of_status
from api.route_templates import route_template
from infrastructure.limits import Decision
from infrastructure.telemetry import Metrics

REQUEST_ID: Final = "Request-Id"
MEGABYTE: Final = 1_000_000
LARGEST_BODY: Final = MEGABYTE
LARGEST_REPORT: Final = 20 * MEGABYTE
PATIENCE_S: Final = 20.0
"""The longest pause inside a body: who sends one byte a minute would otherwise hold a connection for ever."""
BODY_WITHIN_S: Final = 180.0
"""The longest a body may take in all, which who sends one byte a second would reach: 20 MB come in at 1 Mbit/s."""
LINGER_S: Final = 2.0
"""How long what still comes is taken in, and dropped, after a refusal that waited for no body: a connection closed on
arriving bytes is reset, and the refusal may be lost with it."""
CLIENT_LEFT: Final = 499
"""The status in logs and figures of a request whose client was gone before an answer could begin."""
_SAFE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,63}")
_BODIES: Final = frozenset({"POST", "PUT", "PATCH"})
log = structlog.get_logger("api.access")


def state_of(scope: Scope) -> MutableMapping[str, Any]:
    """What travels with a request from one middleware to the next."""
    state: MutableMapping[str, Any] = scope.setdefault("state", {})
    return state


class RequestIds:
    """Gives each request an id: the client's own if it is harmless, else a new one; it comes back as `Request-Id`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = sent if _SAFE_ID.fullmatch(sent) else f"req_{uuid4().hex}"
        state_of(scope)["request_id"] = request_id

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self.app(scope, receive, answer)


class Watch:
    """One log line and one figure for each request: method, route template, status and time, never the query."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, began = CLIENT_LEFT, time.perf_counter()

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            seconds = time.perf_counter() - began
            route = route_template(scope) or "unmatched"
            self.metrics.observe_request(scope["method"], route, status, seconds)
            who = {name: state_of(scope)[name] for name in ("tenant_id", "actor_id") if name in state_of(scope)}
            milliseconds = round(seconds * 1000, 2)
            log.info("request", method=scope["method"], route=route, status=status, duration_ms=milliseconds, **who)


_API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_DOCS_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_ALWAYS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}


class AnswerHeaders:
    """Security headers on every answer, `no-store` unless a route knows better, and the state of the rate limit.

    A dependency that counted the request leaves its `Decision` in `request.state.rate_limit`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        docs = scope["path"] == "/docs" or scope["path"].startswith("/docs/")

        async def dress(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", _DOCS_POLICY if docs else _API_POLICY)
                headers.setdefault("Cache-Control", "private, no-cache" if "etag" in headers else "no-store")
                decision = state_of(scope).get("rate_limit")
                if isinstance(decision, Decision):
                    headers.update(decision.headers())
            await send(message)

        await self.app(scope, receive, dress)


class SingleHeaders:
    """Refuses a request that sends one of these headers twice (400): two readers could each go by another one."""

    ONCE: Final = ("authorization", "idempotency-key", "if-match", "min-event-position", "content-type")

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            twice = [name for name in self.ONCE if len(headers.getlist(name)) > 1]
            if twice:
                detail = f"The header {twice[0]} is there more than once; send it once."
                refusal = problems.problem_response(problems.request_id_of(scope), 400, "bad_request", detail)
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)


class BodyTooLarge(HTTPException):
    """Raised while the body is being read, as soon as it is longer than its address takes."""

    def __init__(self) -> None:
        super().__init__(413)


class BodyTooSlow(HTTPException):
    """The body stopped coming while it was being read, or came too slowly to be waited for."""

    def __init__(self) -> None:
        super().__init__(408, headers={"Connection": "close"})


class BodyLimits:
    """Refuses bodies that are too long (413), by their declared length or while they stream in, and bodies of a
    type nobody reads (415). `larger` names paths (as regular expressions) that take more than 1 MB."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        largest: int = LARGEST_BODY,
        larger: Mapping[str, int] | None = None,
        other_types: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """`other_types`: path pattern to media types read there besides application/json."""
        self.app, self.largest = app, largest
        self.larger = [(re.compile(pattern), limit) for pattern, limit in (larger or {}).items()]
        self.other_types = [(re.compile(pattern), types) for pattern, types in (other_types or {}).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = next((n for pattern, n in self.larger if pattern.fullmatch(scope["path"])), self.largest)
        declared = headers.get("content-length", "0")
        if not declared.isascii() or not declared.isdigit():
            await self._refuse(400, scope, receive, send)
        elif int(declared) > limit:
            await self._refuse(413, scope, receive, send)
        elif self._unreadable(scope, headers):
            await self._refuse(415, scope, receive, send)
        else:
            body = _Body(receive, send, limit)
            await self.app(scope, body.receive, body.answer if _has_body(headers) else send)

    def _unreadable(self, scope: Scope, headers: Headers) -> bool:
        if scope["method"] not in _BODIES or not _has_body(headers):
            return False
        media_type = media_type_of(headers)
        others = next((types for pattern, types in self.other_types if pattern.fullmatch(scope["path"])), frozenset())
        return media_type != "application/json" and media_type not in others

    async def _refuse(self, status: int, scope: Scope, receive: Receive, send: Send) -> None:
        kind = kind_of_status(status)
        response = problems.problem_response(
            problems.request_id_of(scope),
            status,
            kind.code,
            f"{kind.meaning} {kind.remedy}",
            headers={"Connection": "close"} if status == 413 else None,
        )
        await response(scope, receive, send)


def _has_body(headers: Headers) -> bool:
    return int(headers.get("content-length", "0")) > 0 or "transfer-encoding" in headers


class _Body:
    """One request's body: how much of it has come and how long that took; and, where a refusal waited for none of it,
    that the client hears the refusal and then loses the connection, instead of holding it with a body nobody reads."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive, self._send, self._limit = receive, send, limit
        self._received, self._asked, self._complete, self._refused = 0, False, False, False
        self._clock = asyncio.get_running_loop().time
        self._until = self._clock() + BODY_WITHIN_S

    async def receive(self) -> Message:
        """The next part. Raises BodyTooLarge and BodyTooSlow."""
        self._asked = True
        try:
            patience = None if self._complete else min(PATIENCE_S, self._until - self._clock())
            message = await asyncio.wait_for(self._receive(), patience)
        except TimeoutError:
            raise BodyTooSlow from None
        if message["type"] == "http.request":
            self._complete = not message.get("more_body", False)
            self._received += len(message.get("body", b""))
            if self._received > self._limit:
                raise BodyTooLarge
        return message

    async def answer(self, message: Message) -> None:
        """Pass the answer on."""
        if message["type"] == "http.response.start" and message["status"] >= 400 and not self._asked:
            self._refused = True
            MutableHeaders(scope=message)["Connection"] = "close"
        if not self._refused or message["type"] != "http.response.body" or message.get("more_body", False):
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        await self._drain()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _drain(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while (await self._receive()).get("more_body", False):
                    pass


def install(
    app: FastAPI,
    metrics: Metrics,
    *,
    larger: Mapping[str, int] | None = None,
    other_types: Mapping[str, frozenset[str]] | None = None,
) -> None:
    """Put the middleware around `app`, outermost first: id, log and figure, headers, unhandled errors, headers sent
    twice, body limits."""
    app.add_middleware(BodyLimits, larger=larger, other_types=other_types)
    app.add_middleware(SingleHeaders)
    app.add_middleware(problems.Unhandled)
    app.add_middleware(AnswerHeaders)
    app.add_middleware(Watch, metrics=metrics)
    app.add_middleware(RequestIds)
