"""A book not read again in time asks one operator for each bureau, and posting goes on."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from application import bureau_addresses
from application.bureau_addresses import VerifyBureauAddress
from application.tasks import CompleteTask
from domain.address_book import BOOK, VERIFY_EVERY, NoDisputeAddress, dispute_address
from domain.bureau_addresses import BureauAddress
from domain.bureaus import Bureau
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import Forbidden, IllegalMove, Role
from domain.letters import Letter
from domain.tasks import Task, TaskKind, TaskStatus
from tests.support.cases import FIRST_PULL, Case
from tests.support.scenarios import when
from tests.support.world import World

READ_ON = BOOK[0].verified_on
OLD = datetime.combine(READ_ON + VERIFY_EVERY + timedelta(days=1), time(15), UTC)


def case_at(at: datetime) -> Case:
    case = Case(World())
    case.world.clock.advance(case.world.tenant_id, at)
    return case


def asked(case: Case, status: TaskStatus = TaskStatus.OPEN) -> list[Task]:
    found = [task for task in case.world.all(Task) if task.kind is TaskKind.VERIFY_BUREAU_ADDRESS]
    return [task for task in found if task.status is status]


def verify(case: Case, bureau: Bureau, role: Role = Role.OPERATOR) -> None:
    address = dispute_address(bureau, OLD.date()).address
    when(case.world, VerifyBureauAddress(bureau=bureau, address=address), role)
    case.world.settle()


def test_a_young_book_asks_nobody() -> None:
    case = case_at(OLD - timedelta(days=1))
    case.to_posted("22", "23")
    assert asked(case) == []


def test_an_old_book_asks_once_for_each_bureau_and_letters_go_out() -> None:
    case = case_at(OLD)
    disputes = case.to_posted("22")
    case.open(case.import_report(FIRST_PULL), "23")
    assert {d.status for d in disputes} == {DisputeStatus.SENT}
    assert len(case.world.all(Letter)) == 6
    assert {task.about_id for task in asked(case)} == {
        BureauAddress.identity(case.world.tenant_id, bureau) for bureau in Bureau
    }
    assert (len(asked(case)), {task.owner_id for task in asked(case)}) == (3, {None})


def test_a_recorded_reading_settles_the_task_and_lasts_a_month() -> None:
    case = case_at(OLD)
    case.open(case.import_report(FIRST_PULL), "22")
    verify(case, Bureau.EXPERIAN)
    assert len(asked(case)) == 2
    assert [t.about_id for t in asked(case, TaskStatus.DONE)] == [
        BureauAddress.identity(case.world.tenant_id, Bureau.EXPERIAN)
    ]
    case.world.clock.advance(case.world.tenant_id, OLD + VERIFY_EVERY)
    case.open(case.import_report(FIRST_PULL), "23")
    assert len(asked(case)) == 2
    case.world.clock.advance(case.world.tenant_id, OLD + VERIFY_EVERY + timedelta(days=1))
    case.sign_all()
    assert len(asked(case)) == 3


def test_only_those_who_work_tasks_record_it_and_the_task_closes_in_no_other_way() -> None:
    case = case_at(OLD)
    case.open(case.import_report(FIRST_PULL), "22")
    for role in (Role.VIEWER, Role.CONSUMER, Role.AUDITOR):
        with pytest.raises(Forbidden):
            verify(case, Bureau.EQUIFAX, role)
    with pytest.raises(IllegalMove, match="record"):
        when(case.world, CompleteTask(task_id=asked(case)[0].id, note="looks fine"), Role.OPERATOR)


def test_without_an_address_in_force_nothing_is_drafted_and_somebody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(bureau: Bureau, on: object) -> None:
        raise NoDisputeAddress("enter one")

    monkeypatch.setattr(bureau_addresses, "dispute_address", none)
    case = case_at(OLD)
    case.open(case.import_report(FIRST_PULL), "22")
    assert case.world.all(Letter) == []
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.SELECTED}
    assert len(asked(case)) == 3
    assert {type(error) for error in case.world.failed.values()} == {NoDisputeAddress}
