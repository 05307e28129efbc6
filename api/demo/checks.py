"""The walk's last two steps: what an auditor and an operator would run."""

from __future__ import annotations

from api.demo.client import WalkFailed
from infrastructure.databases import urls_of
from infrastructure.event_store import integrity
from infrastructure.postgres import pool
from infrastructure.projecting import verify
from infrastructure.runtime import decoder
from infrastructure.settings import Settings
from projections import ALL


def audit_holds(settings: Settings, admin_url: str) -> str:
    """Recompute the hash of every event."""
    held = pool(urls_of(settings, admin_url).projector, "projector", 1)
    with held.connection() as conn:
        report = integrity.verify(conn)
    held.close()
    if not report.ok or not report.rows:
        raise WalkFailed(f"{len(report.bad)} of {report.rows} events are not as they were written")
    return f"{report.rows} events of {report.streams} streams are as they were written"


def projections_hold(settings: Settings, admin_url: str) -> str:
    """Replay the log into scratch tables and compare."""
    rows = 0
    with decoder(settings, admin_url) as decode:
        for projection in ALL:
            found = verify(urls_of(settings, admin_url).projector, projection, decode)
            if not found.ok:
                raise WalkFailed(f"{projection.name}: {found.differences} rows differ, {found.parked} events parked")
            rows += found.rows
    return f"{rows} rows of {len(ALL)} projections equal a replay"
