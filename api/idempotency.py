"""Safe repeats: the client's key and what it asked for decide the command id and its fingerprint."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID, uuid5

import orjson
from fastapi import Depends, Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.route_templates import route_template
from domain.kernel import Caller, Invalid

REPLAYED: Final = "Idempotency-Replayed"
_COMMANDS: Final = UUID("6f1c6f2e-5d0b-5a6e-9f0a-3c1d9b2b7a10")


class IdempotencyKeyMissing(Invalid):
    """A request that creates something or costs money must carry an Idempotency-Key, new for each intent."""

    code: ClassVar[str] = "idempotency_key_missing"
    status: ClassVar[int] = 400


class IdempotencyKeyInvalid(Invalid):
    """An Idempotency-Key is 1 to 255 visible ASCII characters."""

    code: ClassVar[str] = "idempotency_key_invalid"
    status: ClassVar[int] = 400


@dataclass(frozen=True)
class Idempotency:
    """What the log needs to recognise a repeat."""

    command_id: UUID
    fingerprint: bytes


async def idempotency_key(
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Required. New for each intent; repeat it unchanged when repeating the request.",
            json_schema_extra={"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        ),
    ] = None,
) -> str:
    """The client's key of this intent: 1 to 255 visible ASCII characters."""
    if idempotency_key is None:
        raise IdempotencyKeyMissing("Send an Idempotency-Key header: a value of your own, new for each intent.")
    if not 1 <= len(idempotency_key) <= 255 or not all("!" <= character <= "~" for character in idempotency_key):
        raise IdempotencyKeyInvalid("Send 1 to 255 visible ASCII characters as Idempotency-Key.")
    return idempotency_key


IdempotencyKey = Annotated[str, Depends(idempotency_key)]


def canonical(body: BaseModel | Mapping[str, Any] | bytes | None) -> bytes:
    """The same meaning as the same bytes: JSON with sorted names. Bytes that are kept as they came mean themselves."""
    if body is None or isinstance(body, bytes):
        return body or b""
    content = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def command_id(tenant_id: UUID, actor_id: UUID, key: str) -> UUID:
    """The command's id: one per tenant, actor and key, so another actor's key can never collide."""
    return uuid5(_COMMANDS, f"{tenant_id}:{actor_id}:{key}")


def fingerprint(
    secret: bytes,
    method: str,
    route: str,
    path: Mapping[str, Any],
    body: BaseModel | Mapping[str, Any] | bytes | None,
    tenant_id: UUID,
    actor_id: UUID,
) -> bytes:
    """HMAC-SHA-256 of what was asked: method, route template with its path values and query, canonical body, tenant,
    actor.

    Keyed, because a body may hold a password or a Social Security number, and whoever held the table of commands
    could otherwise try guesses against it.
    """
    parts = (
        method.upper().encode(),
        route.encode(),
        orjson.dumps({name: str(value) for name, value in path.items()}, option=orjson.OPT_SORT_KEYS),
        canonical(body),
        tenant_id.bytes,
        actor_id.bytes,
    )
    return hmac.digest(secret, b"".join(len(part).to_bytes(8, "big") + part for part in parts), hashlib.sha256)


def identify(
    secret: bytes, request: Request, caller: Caller, key: str, body: BaseModel | Mapping[str, Any] | bytes | None
) -> Idempotency:
    """Command id and fingerprint of this request; `secret` keys the fingerprint."""
    query = {"?": str(request.query_params)} if request.query_params else {}
    route = route_template(request.scope) or request.url.path
    return Idempotency(
        command_id(caller.tenant_id, caller.actor_id, key),
        fingerprint(
            secret,
            request.method,
            route,
            request.path_params | query,
            body,
            caller.tenant_id,
            caller.actor_id,
        ),
    )


def mark_replayed(response: Response, replayed: bool) -> None:
    """Tell the client that this answer was given before and nothing was done again."""
    if replayed:
        response.headers[REPLAYED] = "true"
