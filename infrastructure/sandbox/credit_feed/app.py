"""The provider's HTTP face: OAuth, the resources behind tokens, and the sandbox's own controls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infrastructure.sandbox.credit_feed.breaking import Cut, after, before
from infrastructure.sandbox.credit_feed.clients import Client
from infrastructure.sandbox.credit_feed.control import Control
from infrastructure.sandbox.credit_feed.oauth import GRANT_TYPES, OAuth, client_form
from infrastructure.sandbox.credit_feed.problems import Refused
from infrastructure.sandbox.credit_feed.resources import Asking, Resources
from infrastructure.sandbox.faults import Fault

Endpoint = Callable[[Request], Awaitable[Response]]
ForClients = Callable[[dict[str, str], Client], Response]
ForPeople = Callable[[Request, Asking], Awaitable[Response]]


@dataclass
class CreditFeed:
    """Everything the provider is made of. `cut` breaks the connection a request came on."""

    oauth: OAuth
    resources: Resources
    control: Control
    cut: Cut

    def for_clients(self, handler: ForClients) -> Endpoint:
        """A handler behind a client's sign-in and the fault script."""

        async def endpoint(request: Request) -> Response:
            path = what = f"{request.method} {request.url.path}"
            client_id = ""
            try:
                client = self.oauth.clients.signed_in(request.headers.get("authorization", ""))
                client_id = client.client_id
                given = await client_form(request)
                if given.get("grant_type") in GRANT_TYPES:
                    what = f"{path} {given['grant_type']}"
                fault = self.control.script.strike(client_id, path, what)
                if fault:
                    await before(fault, request, self.cut)
                answer = handler(given, client)
            except Refused as refused:
                self.control.counts.count(client_id, what, refused.status)
                return refused.answer
            return await self._said(request, answer, client_id, what, fault)

        return endpoint

    def for_people(self, handler: ForPeople, template: str, scope: str) -> Endpoint:
        """A handler behind a token with this scope and the fault script."""

        async def endpoint(request: Request) -> Response:
            what, client_id = f"{request.method} {template}", ""
            try:
                asking = self.resources.asking(request, scope)
                client_id = asking.person.client_id
                fault = self.control.script.strike(client_id, f"{request.method} {request.url.path}")
                if fault:
                    await request.body()
                    await before(fault, request, self.cut)
                answer = await handler(request, replace(asking, fault=fault))
            except Refused as refused:
                self.control.counts.count(client_id, what, refused.status)
                return refused.answer
            return await self._said(request, answer, client_id, what, fault)

        return endpoint

    async def _said(
        self, request: Request, answer: Response, client_id: str, what: str, fault: Fault | None
    ) -> Response:
        self.control.counts.count(client_id, what, answer.status_code)
        return await after(fault, request, answer, self.cut) if fault else answer


def create_app(feed: CreditFeed) -> Starlette:
    """The routes, and the sender of webhooks while the app lives."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        telling = asyncio.ensure_future(feed.control.sender.run())
        yield
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
        await feed.control.sender.stop()

    async def unknown(_request: Request, _error: Exception) -> Response:
        return Refused("not_found", "the requested endpoint does not exist", 404).answer

    oauth, resources = feed.oauth, feed.resources
    routes = [
        Route("/oauth/authorize", oauth.authorize, methods=["GET"]),
        Route("/oauth/consent", oauth.consent, methods=["POST"]),
        Route("/oauth/token", feed.for_clients(oauth.token), methods=["POST"]),
        Route("/oauth/revoke", feed.for_clients(oauth.revoke), methods=["POST"]),
        Route("/oauth/jwks", oauth.keys, methods=["GET"]),
        Route("/.well-known/oauth-authorization-server", oauth.metadata, methods=["GET"]),
        Route("/.well-known/openid-configuration", oauth.metadata, methods=["GET"]),
    ]
    behind_tokens: tuple[tuple[str, str, ForPeople, str], ...] = (
        ("POST", "/v1/reports", resources.order, "reports:read"),
        ("GET", "/v1/reports/{id}", resources.report, "reports:read"),
        ("GET", "/v1/tradelines", resources.tradelines, "reports:read"),
        ("GET", "/v1/scores", resources.scores, "scores:read"),
        ("GET", "/v1/alerts", resources.alerts, "alerts:read"),
    )
    routes += [
        Route(path, feed.for_people(handler, path, scope), methods=[method])
        for method, path, handler, scope in behind_tokens
    ]
    return Starlette(
        routes=[*routes, *feed.control.routes()],
        lifespan=lifespan,
        exception_handlers={404: unknown, 405: unknown},
    )
