"""A task is opened once for its cause and done once."""

import pytest

from domain.kernel import IllegalMove
from domain.tasks import Task, TaskKind, TaskStatus
from tests.support.histories import ACTOR_ID, CONSUMER_ID, at, spared_task, task, uid


def test_a_cause_has_one_task() -> None:
    ids = {
        Task.identity(kind, uid(about), cause)
        for kind in (TaskKind.MATCH_REVIEW, TaskKind.MAILING_LOST) for about in "ab" for cause in "12"
    }  # fmt: skip
    assert len(ids) == 8
    assert Task.identity(TaskKind.MAILING_LOST, uid("a"), "1") in ids


def test_a_task_is_done_once() -> None:
    made = task()
    assert made.status is TaskStatus.DONE
    with pytest.raises(IllegalMove):
        made.complete(ACTOR_ID, "again", at(2))


def test_a_spared_task_is_done_without_anybody() -> None:
    spared = spared_task()
    assert (spared.status, spared.owner_id) == (TaskStatus.DONE, None)
    with pytest.raises(IllegalMove):
        spared.complete(ACTOR_ID, "too late", at(2))


def test_what_was_noted_is_the_consumers_to_seal() -> None:
    assert task().pending_events[-1].subject == CONSUMER_ID  # type: ignore[attr-defined]
