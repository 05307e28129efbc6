"""The HTTP API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager

from argon2 import PasswordHasher
from fastapi import FastAPI

from api import docs, document, middleware, problems
from api.access import TenantLimits
from api.routes import (
    api_keys,
    audit,
    auth,
    bureau_addresses,
    connections,
    consumers,
    disputes,
    feed_webhooks,
    health,
    jobs,
    letters,
    pulls,
    reports,
    tasks,
    tenants,
    users,
    webhook_endpoints,
    webhooks,
)
from api.services import open_services
from infrastructure.postgres import check_horizon
from infrastructure.projecting import lag
from infrastructure.telemetry import JobCount, Metrics
from infrastructure.wiring import Sfdify

VERSION = "0.1.0"
ROUTERS = (
    auth, tenants, users, api_keys, consumers, connections, pulls, reports, disputes, letters, bureau_addresses, tasks,
    jobs, audit, webhook_endpoints, webhooks, feed_webhooks, health,
)  # fmt: skip

_REPORTS = "/v1/(?:consumers|connections)/[^/]+/reports"
_DOCUMENTS = "/v1/consumers/[^/]+/documents"


def create_app(wired: Callable[[], AbstractContextManager[Sfdify]], *, hasher: PasswordHasher | None = None) -> FastAPI:
    """The application. `wired` opens the product when the server starts and closes it when the server stops.

    `hasher` hashes passwords at another cost than the product's own, which takes 64 MiB for each.
    """
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with wired() as sfdify:
            settings = sfdify.settings
            app.state.tenant_limits = TenantLimits(settings.rate_user_per_minute, settings.rate_tenant_per_minute)
            _watch(metrics, sfdify)
            async with open_services(sfdify, metrics, hasher) as services:
                app.state.services = services
                yield

    app = FastAPI(
        title="SFDIFY",
        version=VERSION,
        description="Consumer credit disputes: reports in, lawful certified letters out, a provable record of both.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    problems.install(app)
    for module in ROUTERS:
        app.include_router(module.router)
    app.include_router(docs.router)
    document.install(app)
    middleware.install(
        app,
        metrics,
        larger={
            _REPORTS: middleware.LARGEST_REPORT,
            _DOCUMENTS: consumers.LARGEST_DOCUMENT + middleware.MEGABYTE,
        },
        other_types={_REPORTS: reports.OTHER_TYPES, _DOCUMENTS: frozenset({"multipart/form-data"})},
    )
    return app


def _watch(metrics: Metrics, sfdify: Sfdify) -> None:
    def lags() -> dict[str, float]:
        with sfdify.pool.connection() as conn:
            return {found.name: found.seconds for found in lag(conn)}

    def jobs_now() -> list[JobCount]:
        return [JobCount(c.queue, c.state.value, c.count) for c in sfdify.jobs.counts()]

    def horizon() -> float:
        with sfdify.pool.connection() as conn:
            holder = check_horizon(conn)
        return holder.age.total_seconds() if holder and holder.age else 0.0

    metrics.watch(projection_lag=lags, jobs=jobs_now, horizon_age=horizon)
