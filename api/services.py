"""What the API's routes work with: the product, and the edges that only HTTP needs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from argon2 import PasswordHasher
from fastapi import Depends, Request
from psycopg_pool import AsyncConnectionPool

from api.pages import Cursors
from infrastructure import postgres
from infrastructure.api_keys import ApiKeys
from infrastructure.derived_secrets import DerivedSecrets
from infrastructure.limits import PostgresRateLimiter, RateLimiter, SignInGuard
from infrastructure.passwords import Passwords
from infrastructure.postgres import AsyncConnection
from infrastructure.projecting import Watermarks
from infrastructure.redis_limits import RedisRateLimiter
from infrastructure.sessions import Sessions
from infrastructure.telemetry import Metrics
from infrastructure.tokens import AccessTokens
from infrastructure.webhook_endpoints import WebhookEndpoints
from infrastructure.wiring import Sfdify

READERS = 12


@dataclass(frozen=True)
class Services:
    """One API process's parts."""

    sfdify: Sfdify
    readers: AsyncConnectionPool[AsyncConnection]
    watermarks: Watermarks
    limiter: RateLimiter
    guard: SignInGuard
    tokens: AccessTokens
    sessions: Sessions
    passwords: Passwords
    api_keys: ApiKeys
    endpoints: WebhookEndpoints
    derived: DerivedSecrets
    cursors: Cursors
    metrics: Metrics
    platform_key: str
    fingerprint_secret: bytes

    @staticmethod
    def now() -> datetime:
        """Real time, for credentials, windows and limits."""
        return datetime.now(UTC)


@asynccontextmanager
async def open_services(
    sfdify: Sfdify, metrics: Metrics, hasher: PasswordHasher | None = None
) -> AsyncIterator[Services]:
    """Open what needs the running event loop; leaving closes it. `hasher` hashes passwords at another cost."""
    settings, pool = sfdify.settings, sfdify.pool
    readers = await postgres.async_pool(sfdify.urls.app, "app", READERS)
    limiter: RateLimiter = PostgresRateLimiter(pool, readers)
    redis = RedisRateLimiter(settings.redis_url, limiter) if settings.redis_url else None
    try:
        yield Services(
            sfdify=sfdify,
            readers=readers,
            watermarks=Watermarks(readers),
            limiter=redis or limiter,
            guard=SignInGuard(pool, settings.secret("sign-in-guard")),
            tokens=AccessTokens(settings.secret("access-tokens"), issuer="sfdify", audience="sfdify-api"),
            sessions=Sessions(pool),
            passwords=Passwords(pool, hasher=hasher),
            api_keys=ApiKeys(pool, readers),
            endpoints=WebhookEndpoints(pool, sfdify.seal),
            derived=DerivedSecrets(settings.secret("credentials")),
            cursors=Cursors(settings.secret("cursors")),
            metrics=metrics,
            platform_key=f"sp_{settings.secret('platform-key').hex()}",
            fingerprint_secret=settings.secret("fingerprints"),
        )
    finally:
        if redis is not None:
            redis.close()
            await redis.close_async()
        await readers.close()


async def services(request: Request) -> Services:
    """The services of the app that serves this request."""
    found: Services = request.app.state.services
    return found


Api = Annotated[Services, Depends(services)]
