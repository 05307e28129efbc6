"""Carrying out the faults of requests: before they are processed, or instead of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from infrastructure.sandbox.credit_feed.problems import Refused, out_of_scope, unauthorized
from infrastructure.sandbox.faults import Fault

Cut = Callable[[Request], None]
HOLD_SECONDS: Final = 60.0
_REFUSALS: Final = {"500": ("server_error", 500), "503": ("temporarily_unavailable", 503)}


async def before(fault: Fault, request: Request, cut: Cut) -> None:
    """What goes wrong once the request was heard, before anything is done. Raises the refusal the fault asks for."""
    if fault.do == "401":
        raise unauthorized("invalid_token", "scripted: the token does not work this time")
    if fault.do == "403":
        raise out_of_scope("reports:read")
    if fault.do == "invalid_grant":
        raise Refused("invalid_grant", "scripted: not processed")
    if fault.do == "429":
        wait = {"Retry-After": f"{fault.number(1):.0f}"}
        raise Refused("temporarily_unavailable", "scripted: too many requests", 429, wait)
    if fault.do in _REFUSALS:
        code, status = _REFUSALS[fault.do]
        raise Refused(code, "scripted: not processed", status)
    if fault.do == "slow":
        await asyncio.sleep(fault.number(1))
    if fault.do in ("reset", "timeout_before"):
        await _lost(fault, request, cut)
        raise Refused("server_error", "scripted: not processed", 500)


async def after(fault: Fault, request: Request, answer: Response, cut: Cut) -> Response:
    """The answer to what was done, or what is left of it."""
    if fault.do == "timeout_after":
        await _lost(fault, request, cut)
    if fault.do == "reset_after":
        cut(request)
    if fault.do == "bad_body":
        return Response(b'{"id": "rep_', media_type="application/json")
    if fault.do == "truncated":
        return _HalfSaid(answer, cut)
    return answer


async def _lost(fault: Fault, request: Request, cut: Cut) -> None:
    """Say nothing until the other side gives up or the time is over, and then break the connection."""
    if fault.do != "reset":
        with suppress(TimeoutError):
            async with asyncio.timeout(fault.number(HOLD_SECONDS)):
                while (await request.receive())["type"] != "http.disconnect":
                    continue
    cut(request)


class _HalfSaid(Response):
    """An answer that announces all of its body and breaks off in the middle."""

    def __init__(self, whole: Response, cut: Cut) -> None:
        super().__init__(whole.body, whole.status_code, dict(whole.headers))
        self._cut = cut

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        self._cut(Request(scope))
        await send({"type": "http.response.body", "body": b"", "more_body": True})
