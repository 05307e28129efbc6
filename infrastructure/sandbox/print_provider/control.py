"""The sandbox's own doors, which the real provider does not have: accounts, the clock, faults, the ledger."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infrastructure.sandbox.print_provider.faults import Script
from infrastructure.sandbox.print_provider.letters import PrintRoom
from infrastructure.sandbox.print_provider.objects import timestamp
from infrastructure.sandbox.print_provider.problems import Refused
from infrastructure.sandbox.print_provider.state import State
from infrastructure.sandbox.print_provider.webhooks import Sender


class AccountIn(BaseModel):
    """Where an API key's events go."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    api_key: str = Field(pattern=r"^test_[A-Za-z0-9_-]{1,100}$")
    webhook_url: str | None = Field(default=None, pattern=r"^https?://")
    webhook_secret: str = ""
    strictness: Literal["strict", "normal", "relaxed"] = "normal"
    cancellation_window_seconds: float = Field(default=300, ge=0)


class ClockIn(BaseModel):
    """What time it is for one key, or for all that have no clock of their own."""

    model_config = ConfigDict(extra="forbid")

    now: AwareDatetime
    api_key: str | None = None


@dataclass
class Control:
    """Handlers of `/sandbox`. They trust whoever reaches the port, which listens on loopback."""

    state: State
    script: Script
    room: PrintRoom
    sender: Sender

    def routes(self) -> list[Route]:
        """The paths."""
        return [
            Route("/sandbox", _answered(self.summary), methods=["GET"]),
            Route("/sandbox/accounts", _answered(self.register), methods=["POST"]),
            Route("/sandbox/clock", _answered(self.clock), methods=["POST"]),
            Route("/sandbox/faults", _answered(self.add_faults), methods=["POST"]),
            Route("/sandbox/faults", _answered(self.list_faults), methods=["GET"]),
            Route("/sandbox/faults", _answered(self.clear_faults), methods=["DELETE"]),
            Route("/sandbox/ledger", _answered(self.ledger), methods=["GET"]),
            Route("/sandbox/events", _answered(self.events), methods=["GET"]),
            Route("/sandbox/events/replay", _answered(self.replay), methods=["POST"]),
        ]

    async def summary(self, _request: Request) -> dict[str, Any]:
        """A sign of life with the counts."""
        return {
            "ok": True,
            "letters": len(self.state.letters),
            "events": len(self.state.events),
            "accounts": len(self.state.accounts),
        }

    async def register(self, request: Request) -> dict[str, Any]:
        """Say where the events of a key go. Saying it again changes it."""
        account = AccountIn.model_validate(await _body(request))
        if account.webhook_url and len(account.webhook_secret) < 16:
            raise Refused("invalid", "webhook_secret needs 16 characters")
        self.state.record("account", **account.model_dump())
        return {"registered": True}

    async def clock(self, request: Request) -> dict[str, Any]:
        """Move time forward and tell what has happened meanwhile."""
        moved = ClockIn.model_validate(await _body(request))
        self.state.move_clock(moved.now, moved.api_key)
        delivered = failed = 0
        for api_key in [moved.api_key] if moved.api_key else list(self.state.accounts):
            tally = await self.sender.tell(api_key, retry_now=True)
            delivered, failed = delivered + tally.delivered, failed + tally.failed
        now: datetime = self.state.now(moved.api_key)
        return {"now": timestamp(now), "delivered": delivered, "failed": failed, "waiting": self.sender.waiting}

    async def add_faults(self, request: Request) -> dict[str, Any]:
        """Put lines of the fault script in force."""
        lines = await _body(request)
        if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
            raise Refused("invalid", "a list of faults is expected")
        self.script.add(lines)
        return {"faults": self.script.shown}

    async def list_faults(self, _request: Request) -> dict[str, Any]:
        """The lines in force and how often each struck."""
        return {"faults": self.script.shown}

    async def clear_faults(self, _request: Request) -> dict[str, Any]:
        """Nothing goes wrong any more."""
        self.script.clear()
        return {"faults": []}

    async def ledger(self, request: Request) -> dict[str, Any]:
        """What was taken to be printed, for counting."""
        return self.room.counted(request.query_params.get("api_key"))

    async def events(self, request: Request) -> dict[str, Any]:
        """What was told to whom, and what came of forgeries."""
        wanted = request.query_params.get("api_key")
        events = [
            {
                "id": event.id,
                "type": event.step.type,
                "reference_id": event.letter.id,
                "attempts": event.attempts,
                "delivered": event.delivered,
                "last_status": event.last_status,
            }
            for event in self.state.events.values()
            if wanted in (None, event.letter.api_key)
        ]
        forged = self.sender.forgeries
        return {"events": events, "forgeries_sent": forged.sent, "forgeries_accepted": forged.accepted}

    async def replay(self, request: Request) -> dict[str, Any]:
        """Queue again whatever nobody acknowledged, and tell it now."""
        api_key = str((await _body(request) or {}).get("api_key", ""))
        queued = self.sender.replay(api_key)
        tally = await self.sender.tell(api_key, retry_now=True)
        return {"queued": queued, "delivered": tally.delivered, "failed": tally.failed}


async def _body(request: Request) -> Any:
    try:
        return json.loads(await request.body() or b"null")
    except ValueError:
        raise Refused("bad_request", "the body is not JSON") from None


def _answered(
    handler: Callable[[Request], Awaitable[dict[str, Any]]],
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await handler(request))
        except ValidationError as wrong:
            message = str(wrong.errors(include_input=False)[0]["msg"])
            return JSONResponse(Refused("invalid", message).body, status_code=422)
        except Refused as refused:
            return JSONResponse(refused.body, status_code=refused.status)

    return endpoint
