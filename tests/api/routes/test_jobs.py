"""The machine's own work."""

from __future__ import annotations

from api.routes import jobs
from infrastructure.jobs import JobState
from tests.support.cases_over_http import Firm


def test_jobs_are_listed_by_state_and_shown(firms: tuple[Firm, Firm]) -> None:
    firm = firms[0]
    done = [jobs.JobRow.model_validate(row) for row in firm.owner.got("/v1/jobs", state="done", limit=100)]

    assert done
    assert {row.state for row in done} == {JobState.DONE}
    assert firm.owner.got(f"/v1/jobs/{done[0].id}")["queue"] == done[0].queue


def test_a_finished_job_is_neither_retried_nor_buried(firms: tuple[Firm, Firm]) -> None:
    firm = firms[0]
    job_id = firm.owner.got("/v1/jobs", state="done")[0]["id"]

    for what in ("retry", "bury"):
        assert firm.owner.send("POST", f"/v1/jobs/{job_id}/{what}").status_code == 409
        assert firm.people["viewer"].send("POST", f"/v1/jobs/{job_id}/{what}").status_code == 403


def test_a_waiting_job_is_set_aside_and_taken_up_again(firms: tuple[Firm, Firm]) -> None:
    firm = firms[1]
    waiting = firm.owner.got("/v1/jobs", state="ready", limit=100)
    if not waiting:
        assert firm.owner.got("/v1/jobs", state="buried") == []
        return
    job_id = waiting[0]["id"]

    assert firm.owner.made("POST", f"/v1/jobs/{job_id}/bury")["state"] == "buried"
    assert firm.owner.made("POST", f"/v1/jobs/{job_id}/retry")["state"] in ("ready", "running", "done")


def test_consumers_see_no_jobs(firms: tuple[Firm, Firm]) -> None:
    assert firms[0].cases[0].consumer.http.get("/v1/jobs").status_code == 403
