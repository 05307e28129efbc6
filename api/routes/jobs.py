"""The machine's own work: what is due, what failed, and trying it again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.access import Reader, Writer, check
from api.bodies import JsonRoute
from api.commands import CREATES, READS
from api.services import Api
from domain.kernel import IllegalMove, NotFound
from domain.permissions import Permission
from infrastructure.jobs import JobState, JobSummary

router = APIRouter(route_class=JsonRoute, prefix="/v1/jobs", tags=["jobs"])


class JobRow(BaseModel):
    """One job. `last_error` names the kind of failure, never what a person wrote."""

    id: UUID
    queue: str
    state: JobState
    attempts: int
    run_at: datetime
    claimable_at: datetime | None
    at: datetime
    finished_at: datetime | None
    last_error: str | None


@router.get("", responses=READS)
def list_jobs(
    api: Api,
    caller: Reader,
    state: JobState | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
) -> list[JobRow]:
    """The tenant's newest jobs."""
    check(caller, Permission.READ_JOBS)
    return [_shown(job) for job in api.sfdify.jobs.of_tenant(caller.tenant_id, [state] if state else None, limit=limit)]


@router.get("/{job_id}", responses=READS)
def get_job(job_id: UUID, api: Api, caller: Reader) -> JobRow:
    """One job."""
    check(caller, Permission.READ_JOBS)
    job = api.sfdify.jobs.show(caller.tenant_id, job_id)
    if job is None:
        raise NotFound("there is no job of this id")
    return _shown(job)


@router.post("/{job_id}/retry", responses=CREATES)
def retry_job(job_id: UUID, api: Api, caller: Writer) -> JobRow:
    """Let a buried job run again."""
    check(caller, Permission.MANAGE_JOBS)
    found = get_job(job_id, api, caller)
    if not api.sfdify.jobs.retry(caller.tenant_id, job_id):
        raise IllegalMove(f"a job that is {found.state.value} cannot be retried; it must be buried")
    return get_job(job_id, api, caller)


@router.post("/{job_id}/bury", responses=CREATES)
def bury_job(job_id: UUID, api: Api, caller: Writer) -> JobRow:
    """Set a waiting job aside until somebody retries it."""
    check(caller, Permission.MANAGE_JOBS)
    found = get_job(job_id, api, caller)
    if not api.sfdify.jobs.bury(caller.tenant_id, job_id):
        raise IllegalMove(f"a job that is {found.state.value} cannot be buried; it must be ready")
    return get_job(job_id, api, caller)


def _shown(job: JobSummary) -> JobRow:
    return JobRow.model_validate(job, from_attributes=True)
