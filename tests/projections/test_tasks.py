"""What waits for an operator."""

from projections.tasks import TasksProjection
from tests.support.histories import at, uid
from tests.support.stored import Stored


def test_a_task_shows_its_state_and_what_was_said(seen: Stored) -> None:
    row = seen.row("tasks", task_id=uid("task"))
    assert (row["kind"], row["status"], row["note"]) == ("approve_letter", "done", "looked at it")
    assert row["completed_at"] == at(1)


def test_what_nobody_was_asked_is_no_row(seen: Stored) -> None:
    assert [row["task_id"] for row in seen.rows("tasks") if row["about_id"] == uid("spared")] == []
    assert seen.rows("tasks")


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(TasksProjection())
