"""Rate limits in Redis: the same buckets as in Postgres, kept by one script."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import redis
import redis.asyncio
import structlog

from infrastructure.limits import DEFAULT_LIMITS, Answer, Bucket, Decision, Limits, RateLimiter, buckets_of, decide

TIMEOUT_SECONDS: Final = 0.25
_PREFIX: Final = "sfdify:limit:"
_SCRIPT: Final = """
local now = tonumber(ARGV[1])
if now < 0 then local t = redis.call('TIME'); now = t[1] + t[2] / 1000000 end
local answers = {}
for i, key in ipairs(KEYS) do
  local capacity, rate = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local held = redis.call('HMGET', key, 'n', 'at')
  local at = math.max(tonumber(held[2] or now), now)
  local tokens = math.min(capacity, tonumber(held[1] or capacity) + (at - tonumber(held[2] or now)) * rate)
  local allowed = tokens >= 1
  if allowed then tokens = tokens - 1 end
  redis.call('HSET', key, 'n', string.format('%.9f', tokens), 'at', string.format('%.6f', at))
  redis.call('EXPIRE', key, math.ceil(capacity / rate) + 1)
  answers[#answers + 1] = { allowed and 1 or 0, string.format('%.9f', tokens) }
  if not allowed then break end
end
return answers
"""
log = structlog.get_logger(__name__)


class RedisRateLimiter:
    """Buckets in one Redis. While Redis does not answer, `otherwise` counts, and the log says so."""

    def __init__(self, url: str, otherwise: RateLimiter) -> None:
        self._client = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        self._async_client = redis.asyncio.Redis.from_url(
            url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        self._script = self._client.register_script(_SCRIPT)
        self._async_script = self._async_client.register_script(_SCRIPT)
        self._otherwise = otherwise

    def check(
        self, tenant_id: UUID, user_id: UUID, now: datetime | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> Decision:
        """See `RateLimiter`."""
        buckets = buckets_of(tenant_id, user_id, limits)
        keys, arguments = _call(buckets, now)
        try:
            return decide(buckets, _answers(self._script(keys=keys, args=arguments)))
        except redis.RedisError as error:
            log.warning("redis_limits_unavailable", error_type=type(error).__name__)
            return self._otherwise.check(tenant_id, user_id, now, limits)

    async def check_async(
        self, tenant_id: UUID, user_id: UUID, now: datetime | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> Decision:
        """See `RateLimiter`."""
        buckets = buckets_of(tenant_id, user_id, limits)
        keys, arguments = _call(buckets, now)
        try:
            return decide(buckets, _answers(await self._async_script(keys=keys, args=arguments)))
        except redis.RedisError as error:
            log.warning("redis_limits_unavailable", error_type=type(error).__name__)
            return await self._otherwise.check_async(tenant_id, user_id, now, limits)

    def close(self) -> None:
        """Close the blocking connections."""
        self._client.close()

    async def close_async(self) -> None:
        """Close the async connections."""
        await self._async_client.aclose()


def _call(buckets: Sequence[Bucket], now: datetime | None) -> tuple[list[str], list[float]]:
    arguments: list[float] = [-1 if now is None else now.timestamp()]
    for bucket in buckets:
        arguments += [bucket.policy.quota, bucket.policy.rate]
    return [_PREFIX + bucket.key for bucket in buckets], arguments


def _answers(raw: Any) -> list[Answer]:
    return [(bool(allowed), float(tokens)) for allowed, tokens in raw]
