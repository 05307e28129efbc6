"""From a request to a command and back: idempotency, versions, positions."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from api.access import Writer
from api.etags import ExpectedVersion
from api.idempotency import IdempotencyKey, identify, mark_replayed
from api.positions import EVENT_POSITION, encode_position
from api.problems import problem_responses
from api.services import Api, Services
from application.kernel import Command, Context, Done
from domain.kernel import Caller

CREATES = problem_responses(400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503)
CHANGES = problem_responses(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 500, 503)
READS = problem_responses(400, 401, 403, 404, 422, 429, 500, 503)


class Carrier:
    """Carries one request's command to the bus and its position and replay mark back to the client."""

    def __init__(self, request: Request, response: Response, api: Services, caller: Caller) -> None:
        self._request = request
        self._response = response
        self._api = api
        self.caller = caller

    def create(self, command: Command, key: str, body: BaseModel | dict[str, Any] | bytes | None) -> Done:
        """Carry out a command that makes something or costs money, once for each Idempotency-Key."""
        known = identify(self._api.fingerprint_secret, self._request, self.caller, key, body)
        return self._handle(command, Context(command_id=known.command_id, fingerprint=known.fingerprint))

    def change(
        self,
        command: Command,
        key: str,
        version: int | None,
        body: BaseModel | dict[str, Any] | bytes | None = None,
    ) -> Done:
        """Carry out a command on the version that the client read."""
        known = identify(self._api.fingerprint_secret, self._request, self.caller, key, body)
        context = Context(command_id=known.command_id, fingerprint=known.fingerprint, if_match=version)
        return self._handle(command, context)

    def _handle(self, command: Command, context: Context) -> Done:
        done = self._api.sfdify.bus.handle(command, self.caller, context)
        if done.position:
            self._response.headers[EVENT_POSITION] = encode_position(done.position)
        mark_replayed(self._response, done.replayed)
        return done


async def carrier(request: Request, response: Response, api: Api, caller: Writer) -> Carrier:
    """The carrier of this request."""
    return Carrier(request, response, api, caller)


Bus = Annotated[Carrier, Depends(carrier)]
Key = IdempotencyKey
Version = ExpectedVersion


class Changed(BaseModel):
    """What was changed, and its version now."""

    id: UUID
    version: int


def changed(done: Done, name: str) -> Changed:
    """The answer of a command on one aggregate."""
    return Changed(id=done.answer[name], version=done.answer["version"])
