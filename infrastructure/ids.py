"""New ids: time-ordered (UUID version 7, RFC 9562), so that fresh rows lie together in the log's indexes."""

from __future__ import annotations

import os
import time
from uuid import UUID


def new_id() -> UUID:
    """A new random id of this millisecond."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value &= ~(0xF << 76) & ~(0x3 << 62)
    return UUID(int=value | (0x7 << 76) | (0x2 << 62))
