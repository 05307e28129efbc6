"""Waiting until nothing is left to do for a tenant: jobs done, query tables level with the log."""

from __future__ import annotations

import time
from uuid import UUID

import httpx

from domain.connections import ConnectionStatus
from infrastructure.feeds import SANDBOX as FEED_SANDBOX
from infrastructure.feeds import SMARTCREDIT
from infrastructure.postgres import tenant_transaction
from infrastructure.posts import sandbox_key
from infrastructure.projecting import has_reached
from infrastructure.trust import trust
from infrastructure.vendors.smartcredit.introductions import sandbox_client
from infrastructure.wiring import Sfdify
from projections import ALL
from projections.reading import one

_STEADY_LOOKS = 3
_LOOK_EVERY_S = 0.05
_NAMES = tuple(projection.name for projection in ALL)


def wait_until_quiet(sfdify: Sfdify, tenant_id: UUID, until: float) -> bool:
    """Move the sandboxes to the tenant's time, then wait until the tenant's work has come to rest.

    `until` is on the monotonic clock. False when it passed first; the work then goes on by itself. The sandbox report
    provider is moved for tenants one of whose consumers has set out for it. Raises httpx.HTTPError.
    """
    if sfdify.settings.uses_sandbox:
        _move(sfdify, tenant_id, until, sfdify.settings.sandbox_url, {"api_key": sandbox_key(tenant_id)})
    if sfdify.meets_sandbox_feed and _is_linked(sfdify, tenant_id):
        client_id, _ = sandbox_client(tenant_id, sfdify.settings.secret(FEED_SANDBOX))
        _move(sfdify, tenant_id, until, sfdify.settings.feed_url, {"client_id": client_id})
    steady = 0
    while time.monotonic() < until:
        steady = steady + 1 if _is_quiet(sfdify, tenant_id) else 0
        if steady >= _STEADY_LOOKS:
            return True
        time.sleep(_LOOK_EVERY_S)
    return False


def wait_until_projected(sfdify: Sfdify, position: int, until: float) -> bool:
    """Wait until every query table shows `position`; False when `until` passed first."""
    while time.monotonic() < until:
        with sfdify.pool.connection() as conn:
            if has_reached(conn, position, _NAMES):
                return True
        time.sleep(_LOOK_EVERY_S)
    return False


def _move(sfdify: Sfdify, tenant_id: UUID, until: float, sandbox_url: str, whose: dict[str, str]) -> None:
    now = sfdify.clocks.tenant_now(tenant_id)
    httpx.post(
        f"{sandbox_url}/sandbox/clock",
        json={"now": now.isoformat(), **whose},
        timeout=max(1.0, until - time.monotonic()),
        trust_env=False,
        verify=trust(),
    ).raise_for_status()


def _is_linked(sfdify: Sfdify, tenant_id: UUID) -> bool:
    with sfdify.pool.connection() as conn:
        query = "SELECT EXISTS (SELECT FROM rm.connections WHERE provider = %s AND status <> %s) AS linked"
        found = one(conn, tenant_id, query, (SMARTCREDIT, ConnectionStatus.OPENED.value))
    return found is not None and bool(found["linked"])


def _is_quiet(sfdify: Sfdify, tenant_id: UUID) -> bool:
    with sfdify.pool.connection() as conn, tenant_transaction(conn, tenant_id):
        row = conn.execute(
            "SELECT count(*) FROM es.job j LEFT JOIN es.tenant_clock c USING (tenant_id) WHERE j.tenant_id = %s"
            # A timer stored while the clock was moved past it is due, though nobody has freed it yet.
            " AND (j.state = 'running' OR (j.state = 'ready' AND (j.ready_at < 'infinity' OR j.run_at <= c.now_at)))",
            (tenant_id,),
        ).fetchone()
        last = conn.execute("SELECT coalesce(max(position), 0) FROM es.event WHERE tenant_id = %s", (tenant_id,))
        position = last.fetchone()
    if row is None or position is None or row[0]:
        return False
    with sfdify.pool.connection() as conn:
        return has_reached(conn, position[0], _NAMES)
