"""The provider's HTTP face: Lob's paths under /v1, its proofs, and the sandbox's own controls."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infrastructure.sandbox.faults import Fault
from infrastructure.sandbox.print_provider.control import Control
from infrastructure.sandbox.print_provider.faults import Script
from infrastructure.sandbox.print_provider.letters import PrintRoom
from infrastructure.sandbox.print_provider.objects import ASSET_SECONDS, asset_signature, event_object, letter_object
from infrastructure.sandbox.print_provider.problems import Refused
from infrastructure.sandbox.print_provider.requests import (
    Limits,
    TooMany,
    api_key_of,
    fields_of,
    idempotency_key_of,
)
from infrastructure.sandbox.print_provider.state import Event, Letter, State
from infrastructure.sandbox.print_provider.verifications import verification_of
from infrastructure.sandbox.print_provider.webhooks import Sender

_HOLD_SECONDS: Final = 60.0
_ACCOUNT_VERSION: Final = "2020-02-11"

Cut = Callable[[Request], None]
Handler = Callable[[Request, str], Awaitable[dict[str, Any]]]


@dataclass
class PrintProvider:
    """Everything the provider is made of. `cut` breaks the connection a request came on."""

    state: State
    script: Script
    room: PrintRoom
    limits: Limits
    sender: Sender
    base_url: str
    asset_secret: bytes
    cut: Cut

    async def create_letter(self, request: Request, api_key: str) -> dict[str, Any]:
        version = request.headers.get("lob-version", _ACCOUNT_VERSION)
        key = idempotency_key_of(request)
        fields, pdf = await fields_of(request)
        return self.shown(self.room.accept(api_key, fields, pdf, version, key))

    async def list_letters(self, request: Request, api_key: str) -> dict[str, Any]:
        letters, after, before = self.room.page(api_key, request.query_params)
        address = f"{self.base_url}/v1/letters?"
        return {
            "data": [self.shown(letter) for letter in letters],
            "object": "list",
            "next_url": address + after if after else None,
            "previous_url": address + before if before else None,
            "count": len(letters),
        }

    async def get_letter(self, request: Request, api_key: str) -> dict[str, Any]:
        return self.shown(self.room.letter(api_key, request.path_params["id"]))

    async def delete_letter(self, request: Request, api_key: str) -> dict[str, Any]:
        self.room.cancel(api_key, request.path_params["id"])
        return {"id": request.path_params["id"], "deleted": True}

    async def verify(self, request: Request, _api_key: str) -> dict[str, Any]:
        fields, _ = await fields_of(request)
        return verification_of(fields)

    async def create_address(self, request: Request, api_key: str) -> dict[str, Any]:
        fields, _ = await fields_of(request)
        return self.room.keep_address(api_key, fields)

    async def get_address(self, request: Request, api_key: str) -> dict[str, Any]:
        return self.room.address(api_key, request.path_params["id"])

    async def delete_address(self, request: Request, api_key: str) -> dict[str, Any]:
        self.room.forget_address(api_key, request.path_params["id"])
        return {"id": request.path_params["id"], "deleted": True, "object": "address"}

    async def proof(self, request: Request) -> Response:
        """The printed PDF, for whoever holds a link that has not expired."""
        letter_id, expires = request.path_params["id"], request.query_params.get("expires", "")
        signed = asset_signature(letter_id, int(expires) if expires.isdecimal() else 0, self.asset_secret)
        given = request.query_params.get("signature", "")
        if not hmac.compare_digest(signed.encode(), given.encode()) or int(expires) < time.time():
            return _answer(Refused("not_found", "the link is wrong or has expired"))
        return Response(self.state.ledger.pdf(letter_id), media_type="application/pdf")

    def shown(self, letter: Letter) -> dict[str, Any]:
        """A letter as it stands now, with a fresh link to its proof."""
        return letter_object(letter, self.state.now(letter.api_key), self._proof_url(letter))

    def told(self, event: Event) -> dict[str, Any]:
        """The body of a webhook."""
        return event_object(event, self._proof_url(event.letter))

    def _proof_url(self, letter: Letter) -> str:
        expires = int(time.time()) + ASSET_SECONDS
        signature = asset_signature(letter.id, expires, self.asset_secret)
        return f"{self.base_url}/letters/{letter.id}.pdf?version=v1&expires={expires}&signature={signature}"

    def guarded(self, handler: Handler, template: str) -> Callable[[Request], Awaitable[Response]]:
        """A handler behind the key, the rate limit and the fault script."""

        async def endpoint(request: Request) -> Response:
            headers: dict[str, str] = {}
            try:
                api_key = api_key_of(request)
                self.state.account(api_key)
                headers = self.limits.take(api_key, f"{request.method} {template}")
                fault = self.script.strike(api_key, f"{request.method} {request.url.path}")
                if fault:
                    await self._before(fault, request)
                answer = JSONResponse(await handler(request, api_key), headers=headers)
                return await self._after(fault, request, answer) if fault else answer
            except TooMany as refused:
                return _answer(refused, refused.headers)
            except Refused as refused:
                return _answer(refused, headers)

        return endpoint

    async def _before(self, fault: Fault, request: Request) -> None:
        if fault.do == "500_before":
            raise Refused("internal_server_error", "scripted: not processed")
        if fault.do == "503":
            raise Refused("service_unavailable", "scripted: not processed")
        if fault.do == "429":
            raise Refused("rate_limit_exceeded", "scripted: not processed")
        if fault.do == "slow":
            await request.body()
            await asyncio.sleep(fault.number(1))
        if fault.do == "reset":
            await request.body()
            self.cut(request)
            raise Refused("internal_server_error", "scripted: cut before processing")

    async def _after(self, fault: Fault, request: Request, answer: JSONResponse) -> Response:
        if fault.do == "500_after":
            raise Refused("internal_server_error", "scripted: processed all the same")
        if fault.do == "bad_body":
            return Response(b'{"id": "ltr_', media_type="application/json")
        if fault.do == "accept_then_timeout":
            await _hold(request, fault.number(_HOLD_SECONDS))
            self.cut(request)
        if fault.do == "reset_after":
            return _HalfSaid(answer, self.cut)
        return answer


class _HalfSaid(Response):
    """An answer that breaks off in the middle of its body."""

    def __init__(self, whole: JSONResponse, cut: Cut) -> None:
        super().__init__(content=whole.body, headers=dict(whole.headers), media_type="application/json")
        self._cut = cut

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        self._cut(Request(scope))
        await send({"type": "http.response.body", "body": b"", "more_body": True})


def create_app(provider: PrintProvider) -> Starlette:
    """The routes, and the sender of webhooks while the app lives."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        telling = asyncio.ensure_future(provider.sender.run())
        yield
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
        await provider.sender.stop()

    async def unknown(_request: Request, _error: Exception) -> Response:
        return _answer(Refused("unrecognized_endpoint", "the requested endpoint does not exist"))

    paths: tuple[tuple[str, str, Handler], ...] = (
        ("POST", "/v1/letters", provider.create_letter),
        ("GET", "/v1/letters", provider.list_letters),
        ("GET", "/v1/letters/{id}", provider.get_letter),
        ("DELETE", "/v1/letters/{id}", provider.delete_letter),
        ("POST", "/v1/us_verifications", provider.verify),
        ("POST", "/v1/addresses", provider.create_address),
        ("GET", "/v1/addresses/{id}", provider.get_address),
        ("DELETE", "/v1/addresses/{id}", provider.delete_address),
    )
    routes = [Route(path, provider.guarded(handler, path), methods=[method]) for method, path, handler in paths]
    routes.append(Route("/letters/{id}.pdf", provider.proof, methods=["GET"]))
    control = Control(provider.state, provider.script, provider.room, provider.sender)
    return Starlette(
        routes=[*routes, *control.routes()],
        lifespan=lifespan,
        exception_handlers={404: unknown, 405: unknown},
    )


async def _hold(request: Request, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                continue


def _answer(refused: Refused, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(refused.body, status_code=refused.status, headers=headers)
