"""What waits for people, and what has happened in a case."""

from __future__ import annotations

from api.routes import tasks
from tests.support.cases_over_http import Firm


def test_a_task_is_closed_once_with_a_note(firms: tuple[Firm, Firm]) -> None:
    firm = firms[0]
    path = f"/v1/tasks/{firm.cases[1].ids['task_id']}"
    tag = firm.operator.etag(path)
    body = tasks.Completion(note="called the bureau").model_dump()

    assert firm.people["viewer"].send("POST", f"{path}/complete", body, etag=tag).status_code == 403
    firm.operator.made("POST", f"{path}/complete", body, etag=tag)

    assert firm.operator.got(path)["status"] == "done"
    assert firm.operator.send("POST", f"{path}/complete", body, etag=tag).status_code == 412


def test_tasks_are_found_by_kind_and_state(firms: tuple[Firm, Firm]) -> None:
    rows = firms[0].owner.got("/v1/tasks", kind="overdue_dispute")["items"]

    assert {row["kind"] for row in rows} == {"overdue_dispute"}
    assert firms[0].cases[0].consumer.read("/v1/tasks").status_code == 404


def test_a_consumer_reads_their_messages(firms: tuple[Firm, Firm]) -> None:
    case = firms[0].cases[1]
    path = f"/v1/notifications/{case.ids['notification_id']}"
    case.consumer.made("POST", f"{path}/read", etag=case.consumer.etag(path))

    assert case.consumer.got(path)["read_at"] is not None


def test_the_timeline_tells_every_event_of_a_case(firms: tuple[Firm, Firm]) -> None:
    case = firms[0].cases[0]
    rows = case.consumer.got("/v1/timeline", limit=100)["items"]
    happened = {f"{row['about_kind']}.{row['happened']}" for row in rows}

    assert {"consumer.registered", "dispute.opened", "letter.rendered", "mailing.accepted"} <= happened
    assert [row["happened_at"] for row in rows] == sorted((row["happened_at"] for row in rows), reverse=True)
