"""Whether this process lives, whether it may be sent work, and its figures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from api.bodies import OpenRoute
from api.problems import problem_responses
from api.services import Api
from domain.kernel import DomainError
from infrastructure.postgres import check_horizon
from infrastructure.projecting import Lag, lag
from projections import ALL

router = APIRouter(route_class=OpenRoute, tags=["health"])
LAG_MAX_S = 30.0
HORIZON_MAX = timedelta(seconds=30)
_READ_HERE = frozenset(projection.name for projection in ALL)


class NotReady(DomainError):
    """The process must not be sent work just now; the message says why."""

    code = "not_ready"
    status = 503


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"


class Ready(BaseModel):
    """The process may be sent work. `projection_lag_seconds` is the largest."""

    status: str = "ready"
    projection_lag_seconds: float


def worst_of(lags: Iterable[Lag]) -> float:
    """The largest lag among the query tables this version reads. Those of another version, made ahead of an upgrade
    or left behind by one, keep nobody from working."""
    return max((found.seconds for found in lags if found.name in _READ_HERE), default=0.0)


@router.get("/livez", responses=problem_responses(500))
async def livez() -> Alive:
    """Whether the process answers; it looks at nothing else."""
    return Alive()


@router.get("/readyz", responses=problem_responses(500, 503))
def readyz(api: Api) -> Ready:
    """Whether the database answers, the query tables keep up and the log's horizon moves."""
    with api.sfdify.pool.connection() as conn:
        worst = worst_of(lag(conn))
        holder = check_horizon(conn)
    if worst > LAG_MAX_S:
        raise NotReady(
            f"query tables are {worst:.0f} s behind the log; see that a projector runs", retry_after_seconds=2
        )
    if holder is not None and (holder.age is None or holder.age > HORIZON_MAX):
        raise NotReady(
            f"the log's horizon is held by server process {holder.pid} ({holder.application}, {holder.what});"
            " end that transaction",
            retry_after_seconds=2,
        )
    return Ready(projection_lag_seconds=worst)


@router.get(
    "/metrics",
    responses={
        **problem_responses(500),
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus text"},
    },
    response_class=Response,
)
def metrics(api: Api) -> Response:
    """Prometheus figures; those about the database are read as they are scraped."""
    return Response(api.metrics.render(), media_type=CONTENT_TYPE_LATEST)
