"""The product, wired in a test's own home on a test's own database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from application.kernel import Context, system
from application.tenants import RegisterTenant
from domain.tenants import TenantMode
from infrastructure.projecting import ensure
from infrastructure.projecting.positions import connect
from infrastructure.settings import Settings
from infrastructure.wiring import Sfdify, wire
from projections import ALL
from tests.support.postgres import TestDatabase, TestServer


def settings_for(home: Path, server: TestServer, database: TestDatabase, **more: object) -> Settings:
    """Settings that sign in as the test server's roles."""
    return Settings.model_validate(
        {
            "home": home,
            "database_url": database.admin_url,
            "database_app_password": server.password("sfdify_app"),
            "database_projector_password": server.password("sfdify_projector"),
            **more,
        }
    )


@contextmanager
def wired(home: Path, server: TestServer, database: TestDatabase) -> Iterator[Sfdify]:
    """Everything a process has."""
    with connect(database.projector_url, "test") as conn:
        ensure(conn, ALL)
    with wire(settings_for(home, server, database), database.admin_url, pool_size=4) as sfdify:
        yield sfdify


def register(sfdify: Sfdify, mode: TenantMode = TenantMode.TEST, **more: object) -> RegisterTenant:
    """Open a tenant of its own."""
    tenant_id = uuid4()
    asked = {"tenant_id": tenant_id, "slug": f"t-{tenant_id.hex[:8]}", "name": "T", "mode": mode, **more}
    command = RegisterTenant.model_validate(asked)
    sfdify.bus.handle(command, system(tenant_id), Context())
    return command
