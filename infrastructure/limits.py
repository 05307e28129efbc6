"""Rate limits: token buckets for users, tenants and sign-in attempts, in Postgres or in Redis.

A bucket holds `quota` tokens and refills evenly over `window_seconds`. A refused call takes no token.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Protocol
from uuid import UUID

import psycopg
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout

from domain.kernel import DomainError
from infrastructure.postgres import AsyncConnection, Connection


@dataclass(frozen=True)
class Policy:
    """How many calls in how many seconds."""

    name: str
    quota: int
    window_seconds: int = 60

    def __post_init__(self) -> None:
        if self.quota < 1 or self.window_seconds < 1:
            raise ValueError("a rate limit needs a positive quota and window")

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return self.quota / self.window_seconds


@dataclass(frozen=True)
class Limits:
    """The two limits of a tenant; a tenant's settings may differ from these defaults."""

    user: Policy = Policy("user", 100)
    tenant: Policy = Policy("tenant", 1_000)


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True)
class Decision:
    """Whether a call may go on, by the tightest of its limits. `retry_after_seconds` is 0 when it may."""

    allowed: bool
    policy: Policy
    remaining: int
    reset_seconds: int
    retry_after_seconds: int
    policies: tuple[Policy, ...]

    def headers(self) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit` as structured fields (draft-ietf-httpapi-ratelimit-headers)."""
        policies = ", ".join(f'"{p.name}";q={p.quota};w={p.window_seconds}' for p in self.policies)
        fields = {
            "RateLimit-Policy": policies,
            "RateLimit": f'"{self.policy.name}";r={self.remaining};t={self.reset_seconds}',
        }
        return fields if self.allowed else fields | {"Retry-After": str(self.retry_after_seconds)}


class RateLimited(DomainError):
    """The quota of this user, tenant or sign-in is used up. Wait for the seconds in Retry-After."""

    code: ClassVar[str] = "rate_limited"
    status: ClassVar[int] = 429

    def __init__(self, decision: Decision) -> None:
        super().__init__(
            f"The {decision.policy.name} limit of {decision.policy.quota} calls in "
            f"{decision.policy.window_seconds} s is used up; wait {decision.retry_after_seconds} s.",
            retry_after_seconds=decision.retry_after_seconds,
        )
        self.decision = decision


class SignInUnavailable(DomainError):
    """Sign-in attempts cannot be counted at the moment, so none is let through. Repeat after Retry-After."""

    code: ClassVar[str] = "sign_in_unavailable"
    status: ClassVar[int] = 503

    def __init__(self) -> None:
        super().__init__("Sign-in is not possible at the moment; repeat shortly.", retry_after_seconds=2)


@dataclass(frozen=True)
class Bucket:
    """One counter and the policy it is filled by. The key holds ids or keyed hashes only."""

    key: str
    policy: Policy


Answer = tuple[bool, float]
"""Whether the bucket had a token, and how many it holds now."""


class RateLimiter(Protocol):
    """Counts a call of `user_id` against the user's and the tenant's limit. `now` is for tests: normally the
    store's own clock decides, so that machines with differing clocks agree."""

    def check(
        self, tenant_id: UUID, user_id: UUID, now: datetime | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> Decision:
        """Take one token of each, the user's first; a user over the limit costs the tenant nothing."""

    async def check_async(
        self, tenant_id: UUID, user_id: UUID, now: datetime | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> Decision:
        """As `check`, without blocking."""


def buckets_of(tenant_id: UUID, user_id: UUID, limits: Limits) -> tuple[Bucket, Bucket]:
    """The user's and the tenant's bucket."""
    return Bucket(f"u:{tenant_id.hex}:{user_id.hex}", limits.user), Bucket(f"t:{tenant_id.hex}", limits.tenant)


def decide(buckets: Sequence[Bucket], answers: Sequence[Answer]) -> Decision:
    """The decision of the bucket that refused, or of the one nearest to refusing."""
    tried = list(zip(buckets, answers, strict=False))
    bucket, (allowed, tokens) = min(tried, key=lambda pair: (pair[1][0], pair[1][1]))
    policy = bucket.policy
    return Decision(
        allowed=allowed,
        policy=policy,
        remaining=max(0, math.floor(tokens)) if allowed else 0,
        reset_seconds=math.ceil(max(0.0, policy.quota - tokens) / policy.rate),
        retry_after_seconds=0 if allowed else max(1, math.ceil((1 - tokens) / policy.rate)),
        policies=tuple(b.policy for b in buckets),
    )


_TAKE: Final = "SELECT allowed, tokens FROM limits.take(%s::text[], %s::float8[], %s::float8[], %s::timestamptz)"


def _arguments(buckets: Sequence[Bucket], now: datetime | None) -> tuple[list[str], list[float], list[float], object]:
    return (
        [b.key for b in buckets],
        [float(b.policy.quota) for b in buckets],
        [b.policy.rate for b in buckets],
        now,
    )


class PostgresRateLimiter:
    """Buckets in an UNLOGGED table: one short statement a call, empty again after a crash of the server."""

    def __init__(
        self, pool: ConnectionPool[Connection], async_pool: AsyncConnectionPool[AsyncConnection] | None = None
    ) -> None:
        self._pool, self._async_pool = pool, async_pool

    def take(self, buckets: Sequence[Bucket], now: datetime | None = None) -> Decision:
        """Take one token from each bucket in turn, stopping at the first that is empty."""
        with self._pool.connection() as conn:
            return decide(buckets, conn.execute(_TAKE, _arguments(buckets, now), prepare=True).fetchall())

    def check(
        self, tenant_id: UUID, user_id: UUID, now: datetime | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> Decision:
        """See `RateLimiter`."""
        return self.take(buckets_of(tenant_id, user_id, limits), now)

    async def check_async(
        self, tenant_id: UUID, user_id: UUID, now: datetime | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> Decision:
        """See `RateLimiter`."""
        if self._async_pool is None:
            raise RuntimeError("this rate limiter was made without an async pool")
        buckets = buckets_of(tenant_id, user_id, limits)
        async with self._async_pool.connection() as conn:
            cursor = await conn.execute(_TAKE, _arguments(buckets, now), prepare=True)
            return decide(buckets, await cursor.fetchall())

    def forget_idle(self, before: datetime) -> int:
        """Drop buckets nobody has used since `before`; they would be full. Returns how many."""
        with self._pool.connection() as conn:
            return conn.execute("DELETE FROM limits.bucket WHERE at < %s", (before,)).rowcount


def network_of(ip: str) -> str:
    """What one subscriber is given: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return ip
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


class SignInGuard:
    """Slows down guessing: attempts for one account and attempts from one address are counted apart.

    Always in Postgres, and closed when it cannot count. `secret` keys the hash under which the e-mail is counted.
    """

    ACCOUNT: ClassVar[Policy] = Policy("sign-in account", 10, 900)
    ADDRESS: ClassVar[Policy] = Policy("sign-in address", 100, 900)

    def __init__(self, pool: ConnectionPool[Connection], secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("the sign-in secret needs at least 32 bytes")
        self._limiter, self._pool, self._secret = PostgresRateLimiter(pool), pool, secret

    def attempt(self, slug: str, email: str, ip: str | None, now: datetime | None = None) -> None:
        """Count one attempt before its password is looked at. Raises `RateLimited`, `SignInUnavailable`.

        Without `ip` the account alone is counted: for one who is signed in and gives their password once more.
        """
        buckets = [Bucket(self._account(slug, email), self.ACCOUNT)]
        if ip is not None:
            buckets.insert(0, Bucket(self._key("address", network_of(ip)), self.ADDRESS))
        try:
            decision = self._limiter.take(buckets, now)
        except (psycopg.Error, PoolTimeout) as error:
            raise SignInUnavailable from error
        if not decision.allowed:
            raise RateLimited(decision)

    def succeeded(self, slug: str, email: str) -> None:
        """A right password: the account's earlier attempts count no more."""
        with self._pool.connection() as conn:
            conn.execute("DELETE FROM limits.bucket WHERE key = %s", (self._account(slug, email),))

    def _account(self, slug: str, email: str) -> str:
        return self._key("account", f"{slug.casefold()}\n{email.strip().casefold()}")

    def _key(self, kind: str, text: str) -> str:
        digest = hmac.new(self._secret, f"{kind}\n{text}".encode(), hashlib.sha256).hexdigest()
        return f"s:{kind}:{digest[:32]}"
