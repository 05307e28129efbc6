"""Tasks are opened once for their cause and closed by whoever did the work."""

from uuid import uuid4

import pytest

from application.tasks import CompleteTask, OpenTask, SettleTask
from domain.kernel import IllegalMove, Role
from domain.tasks import Task, TaskKind
from tests.support.cases import Case
from tests.support.scenarios import when
from tests.support.world import World


def test_a_task_lives_once() -> None:
    case = Case(World())
    world, about = case.world, uuid4()
    ask = OpenTask(kind=TaskKind.MATCH_REVIEW, consumer_id=case.consumer_id, about_id=about, cause="1")
    settle = SettleTask(kind=TaskKind.MATCH_REVIEW, about_id=about, cause="1", note="done elsewhere")
    opened = when(world, ask)
    assert (opened.kinds, when(world, ask).kinds) == ([Task.Opened], [])
    assert (when(world, settle).kinds, when(world, settle).kinds) == ([Task.Completed], [])
    with pytest.raises(IllegalMove):
        when(world, CompleteTask(task_id=opened.answer["task_id"], note="too late"), Role.OPERATOR)


def test_what_was_done_before_anybody_was_asked_is_asked_no_more() -> None:
    case = Case(World())
    world, about = case.world, uuid4()
    settle = SettleTask(kind=TaskKind.CONFIRM_OUTCOME, about_id=about, cause="1", note="done elsewhere")
    assert (when(world, settle).kinds, when(world, settle).kinds) == ([Task.Spared], [])
    ask = OpenTask(kind=TaskKind.CONFIRM_OUTCOME, consumer_id=case.consumer_id, about_id=about, cause="1")
    assert when(world, ask).kinds == []
    assert when(world, ask.model_copy(update={"cause": "2"})).kinds == [Task.Opened]


def test_an_operator_says_what_came_of_it() -> None:
    case = Case(World())
    ask = OpenTask(kind=TaskKind.MATCH_REVIEW, consumer_id=case.consumer_id, about_id=uuid4(), cause="1")
    task_id = when(case.world, ask).answer["task_id"]
    (done,) = when(case.world, CompleteTask(task_id=task_id, note="same account"), Role.OPERATOR).events
    assert isinstance(done, Task.Completed)
    assert done.note == "same account"
