"""The sandbox's own doors, which no real provider has: clients, people, the clock, faults, the ledger."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infrastructure.sandbox.credit_feed.clients import Clients
from infrastructure.sandbox.credit_feed.clocks import Clocks
from infrastructure.sandbox.credit_feed.counts import Counts
from infrastructure.sandbox.credit_feed.events import Events
from infrastructure.sandbox.credit_feed.faults import Script
from infrastructure.sandbox.credit_feed.orders import Orders
from infrastructure.sandbox.credit_feed.people import People, Pull
from infrastructure.sandbox.credit_feed.problems import Refused
from infrastructure.sandbox.credit_feed.webhooks import Sender

BODY_MAX: Final = 32_000_000
_Name = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")]
_Address = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.:\[\]-]+(/[\x21-\x7e]*)?$", max_length=2000)]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    client_id: _Name


class _ClientIn(_Given):
    client_secret: str = Field(min_length=16, max_length=500)
    redirect_uris: list[_Address] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _no_fragment(self) -> Self:
        if any("#" in uri for uri in self.redirect_uris):
            raise ValueError("a redirect_uri has no fragment")
        return self


class _PullIn(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    since: AwareDatetime = Field(alias="from")
    media_type: str = Field(pattern=r"^[a-z]+/[a-z0-9.+-]+(; ?charset=[A-Za-z0-9-]+)?$")
    content: Any

    @property
    def raw(self) -> bytes:
        """The bytes: base64 of anything, or JSON itself."""
        if not isinstance(self.content, str):
            return json.dumps(self.content, separators=(",", ":")).encode()
        try:
            return base64.b64decode(self.content, validate=True)
        except (binascii.Error, ValueError):
            raise Refused("invalid_request", "content is base64, or JSON itself", 422) from None


class _PersonIn(_Given):
    login: _Name
    passcode: str = Field(min_length=1, max_length=200)
    subject: _Name | None = None
    seed: int | None = Field(default=None, ge=0, lt=2**31)
    pulls: list[_PullIn] = Field(default=[], max_length=100)

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if (self.seed is None) == (not self.pulls):
            raise ValueError("a person has a seed, or pulls, and not both")
        if len({pull.since for pull in self.pulls}) != len(self.pulls):
            raise ValueError("two pulls come into force at once")
        return self


class _ClockIn(_Given):
    now: AwareDatetime
    subject: _Name | None = None


class _WebhookIn(_Given):
    url: _Address
    secret: str = Field(min_length=16, max_length=500)


class _WithdrawalIn(_Given):
    login: _Name


@dataclass
class Control:
    """Handlers of `/sandbox`. They trust whoever reaches the port, which listens on loopback."""

    clients: Clients
    clocks: Clocks
    people: People
    orders: Orders
    events: Events
    counts: Counts
    script: Script
    sender: Sender

    def routes(self) -> list[Route]:
        """The paths."""
        paths = {
            ("GET", "/sandbox"): self.summary,
            ("POST", "/sandbox/clients"): self.register,
            ("POST", "/sandbox/people"): self.make_person,
            ("POST", "/sandbox/clock"): self.clock,
            ("POST", "/sandbox/webhooks"): self.listen,
            ("POST", "/sandbox/revocations"): self.withdraw,
            ("POST", "/sandbox/faults"): self.add_faults,
            ("GET", "/sandbox/faults"): self.list_faults,
            ("DELETE", "/sandbox/faults"): self.clear_faults,
            ("GET", "/sandbox/ledger"): self.ledger,
            ("GET", "/sandbox/events"): self.list_events,
        }
        return [Route(path, _answered(handler), methods=[method]) for (method, path), handler in paths.items()]

    async def summary(self, _request: Request) -> dict[str, Any]:
        """A sign of life."""
        return {"ok": True, "clients": len(list(self.clients))}

    async def register(self, request: Request) -> dict[str, Any]:
        """Make a client. The same again changes nothing; another secret or return address replaces the old."""
        given = _ClientIn.model_validate(await _body(request))
        self.clients.register(given.client_id, given.client_secret, tuple(given.redirect_uris))
        return {"client_id": given.client_id}

    async def make_person(self, request: Request) -> dict[str, Any]:
        """Make a person with reports. Again, the passcode and the reports are replaced."""
        given = _PersonIn.model_validate(await _body(request))
        self.clients.known(given.client_id)
        other = self.people.named(given.client_id, given.subject) if given.subject else None
        if other is not None and other.login != given.login:
            raise Refused("conflict", "this subject names somebody else", 409)
        pulls = [Pull.made(pull.since, pull.media_type, pull.raw) for pull in given.pulls]
        person = self.people.register(
            given.client_id, given.login, given.passcode, given.subject, seed=given.seed, pulls=pulls
        )
        made = self.people.pulls(person)
        return {"subject": person.subject, "pulls": [{"from": pull.since.isoformat()} for pull in made]}

    async def clock(self, request: Request) -> dict[str, Any]:
        """Move time forward, for all people of a client or for one, and tell the client what has happened meanwhile."""
        given = _ClockIn.model_validate(await _body(request))
        client = self.clients.known(given.client_id)
        if given.subject is not None and self.people.named(client.client_id, given.subject) is None:
            raise Refused("not_found", "nobody has this subject", 404)
        self.clocks.move(given.now, client.client_id, given.subject)
        tally = await self.sender.tell(client.client_id, retry_now=True)
        now = self.clocks.now(client.client_id, given.subject).isoformat()
        return {"now": now, "delivered": tally.delivered, "failed": tally.failed, "waiting": self.sender.waiting}

    async def listen(self, request: Request) -> dict[str, Any]:
        """Say where a client's webhooks go. Saying it again changes it."""
        given = _WebhookIn.model_validate(await _body(request))
        self.clients.listen(given.client_id, given.url, given.secret)
        return {"listening": True}

    async def withdraw(self, request: Request) -> dict[str, Any]:
        """A person withdraws here what they allowed: tokens die, and the client is told."""
        given = _WithdrawalIn.model_validate(await _body(request))
        client = self.clients.known(given.client_id)
        person = self.people.find(given.client_id, given.login)
        if person is None:
            raise Refused("not_found", "nobody has this login", 404)
        ended = self.events.withdraw(client.client_id, person)
        self.sender.expect(client)
        tally = await self.sender.tell(client.client_id)
        return {"ended": ended, "delivered": tally.delivered, "failed": tally.failed}

    async def add_faults(self, request: Request) -> dict[str, Any]:
        """Put lines of the fault script in force."""
        lines = await _body(request)
        if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
            raise Refused("invalid_request", "a list of faults is expected", 422)
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
        """What was asked and done, by client, for counting."""
        wanted = request.query_params.get("client_id")
        names = [wanted] if wanted else [client.client_id for client in self.clients]
        return {"clients": {name: {"orders": self.orders.count(name), **self.counts.of(name)} for name in names}}

    async def list_events(self, request: Request) -> dict[str, Any]:
        """What was told to whom, and what came of forgeries."""
        wanted = request.query_params.get("client_id")
        events = [
            {**event.body, "attempts": event.attempts, "delivered": event.delivered, "last_status": event.last_status}
            for event in self.events.all.values()
            if wanted in (None, event.client_id)
        ]
        forged = self.sender.forgeries
        return {"events": events, "forgeries_sent": forged.sent, "forgeries_accepted": forged.accepted}


async def _body(request: Request) -> Any:
    body = await request.body()
    if len(body) > BODY_MAX:
        raise Refused("invalid_request", "the body is too long", 413)
    try:
        return json.loads(body or b"null")
    except (ValueError, RecursionError):
        raise Refused("invalid_request", "the body is not JSON") from None


def _answered(
    handler: Callable[[Request], Awaitable[dict[str, Any]]],
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await handler(request))
        except ValidationError as wrong:
            first = wrong.errors(include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            return Refused("invalid_request", f"{where}: {first['msg']}".removeprefix(": "), 422).answer
        except Refused as refused:
            return refused.answer

    return endpoint
