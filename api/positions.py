"""Read-your-writes tokens: where in the log a write landed, and from where a read must be current."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated, ClassVar, Final

from fastapi import Depends, Header

from domain.kernel import DomainError, Invalid

EVENT_POSITION: Final = "Event-Position"
MIN_EVENT_POSITION: Final = "Min-Event-Position"
_LARGEST: Final = 2**63 - 1


class InvalidPosition(Invalid):
    """The position was not issued by this API. Send an Event-Position exactly as it was received."""

    code: ClassVar[str] = "invalid_position"
    status: ClassVar[int] = 400


class ProjectionLagging(DomainError):
    """The query tables have not yet seen the position asked for. Repeat the read after Retry-After."""

    code: ClassVar[str] = "projection-lagging"
    status: ClassVar[int] = 503

    def __init__(self, retry_after_seconds: int = 1) -> None:
        super().__init__(
            "The answer is not up to date with that position yet; repeat the read shortly.",
            retry_after_seconds=retry_after_seconds,
        )


def _check(number: bytes) -> bytes:
    return hashlib.sha256(b"event-position" + number).digest()[:2]


def encode_position(position: int) -> str:
    """The opaque text of a log position: 16 characters, with a checksum against typing errors."""
    if not 0 <= position <= _LARGEST:
        raise ValueError("a position is a non-negative 64-bit number")
    number = position.to_bytes(8, "big")
    return base64.b32encode(number + _check(number)).decode().lower()


def decode_position(text: str) -> int:
    """The log position behind `text`; `InvalidPosition` for anything this API did not issue."""
    try:
        raw = base64.b32decode(text.upper()) if len(text) == 16 and text == text.lower() else b""
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 10 or raw[8:] != _check(raw[:8]) or (position := int.from_bytes(raw[:8], "big")) > _LARGEST:
        raise InvalidPosition("Send the Event-Position of an earlier answer, unchanged.")
    return position


async def min_event_position(
    min_event_position: Annotated[
        str | None,
        Header(
            alias=MIN_EVENT_POSITION,
            description="Wait until the answer includes this Event-Position",
            json_schema_extra={"format": "event-position"},
        ),
    ] = None,
) -> int | None:
    """The position a read must have reached, or None when the client does not mind."""
    return None if min_event_position is None else decode_position(min_event_position)


MinEventPosition = Annotated[int | None, Depends(min_event_position)]
