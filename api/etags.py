"""Optimistic concurrency over HTTP: the ETag names the aggregate's version, If-Match demands it."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Final

from fastapi import Depends, Header, Request
from starlette.responses import Response

from api.positions import encode_position
from application.kernel import StaleVersion
from domain.kernel import DomainError, Invalid

_TAG: Final = re.compile(r'"v(?P<version>0|[1-9][0-9]{0,17})\.(?P<position>[a-z2-7]{16})"')


class PreconditionRequired(DomainError):
    """A change to an existing thing must name the version it was decided on, in If-Match."""

    code: ClassVar[str] = "precondition_required"
    status: ClassVar[int] = 428


class InvalidIfMatch(Invalid):
    """If-Match is neither `*` nor one ETag of this API."""

    code: ClassVar[str] = "invalid_if_match"
    status: ClassVar[int] = 400


def etag(version: int, position: int) -> str:
    """The strong tag of one row: the aggregate's version and the position of the row's last event."""
    return f'"v{version}.{encode_position(position)}"'


async def expected_version(
    if_match: Annotated[
        str | None,
        Header(alias="If-Match", description="The ETag this change was decided on, or *", max_length=100),
    ] = None,
) -> int | None:
    """The version a change was decided on; None for `*`, which accepts whatever is there.

    428 when the header is absent. A weak or foreign tag can never match strongly: 412.
    """
    if if_match is None:
        raise PreconditionRequired("Send the ETag you read, in If-Match.")
    text = if_match.strip()
    if text == "*":
        return None
    if "," in text:
        raise InvalidIfMatch("Send exactly one ETag in If-Match.")
    if not re.fullmatch(r'(W/)?"[\x21\x23-\x7e]*"', text):
        raise InvalidIfMatch("Send the ETag with its quotes, exactly as it was received.")
    found = _TAG.fullmatch(text)
    if found is None:
        raise StaleVersion("This ETag does not match; read the thing again.")
    return int(found["version"])


ExpectedVersion = Annotated[int | None, Depends(expected_version)]


def not_modified(request: Request, tag: str) -> bool:
    """Whether the client's copy (If-None-Match) is still the present one; weak comparison, as RFC 9110 asks."""
    header = request.headers.get("if-none-match")
    if header is None:
        return False
    sent = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in sent or tag in sent


def unchanged(tag: str) -> Response:
    """304: the client's copy is good."""
    return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "private, no-cache"})
