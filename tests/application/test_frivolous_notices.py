"""A bureau calls a dispute frivolous: what an operator records, and what may follow."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from application.disputes import CheckOverdue, NothingNew, OpenDisputes, RecordReceipt, Selection
from application.frivolous_notices import RecordFrivolousNotice
from domain.bureaus import Bureau
from domain.deadlines import ReceiptBasis
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import Forbidden, Role
from domain.notifications import Notification, NotificationKind
from domain.reports import Report
from domain.tasks import Task, TaskKind, TaskStatus
from tests.support.cases import FIRST_PULL, Case, report
from tests.support.scenarios import when
from tests.support.world import World


@pytest.fixture
def case() -> Case:
    """A case whose letters arrived on 12 January 2026, with the day now 20 January."""
    made = Case(World())
    for dispute in made.to_posted("22"):
        when(made.world, RecordReceipt(
            dispute_id=dispute.id, received_on=date(2026, 1, 12), basis=ReceiptBasis.PROVEN,
            time_zone="America/New_York", mailing_id=dispute.mailing_id or uuid4(),
        ))  # fmt: skip
    made.world.clock.advance(made.world.tenant_id, datetime(2026, 1, 20, 15, tzinfo=UTC))
    return made


def at_experian(case: Case) -> Dispute:
    return next(d for d in case.world.all(Dispute) if d.bureau is Bureau.EXPERIAN)


def refuse(case: Case, noticed_on: date = date(2026, 1, 19)) -> Dispute:
    dispute = at_experian(case)
    command = RecordFrivolousNotice(
        dispute_id=dispute.id, noticed_on=noticed_on, reasons="too little is said", needed="a copy of the statement"
    )
    assert when(case.world, command, Role.OPERATOR).kinds == [Dispute.FrivolousNoticed]
    case.world.settle()
    return case.world.get(Dispute, dispute.id)


def challenge(case: Case, pulled: Report) -> None:
    chosen = [f for f in pulled.findings if f.group == "22" and f.reason and Bureau.EXPERIAN in f.bureaus]
    case.as_consumer(OpenDisputes(
        consumer_id=case.consumer_id, report_id=pulled.id,
        selections=tuple(Selection(finding_key=f.finding_key, bureaus=(Bureau.EXPERIAN,)) for f in chosen),
    ))  # fmt: skip
    case.world.settle()


def test_the_clock_stops_and_people_are_told(case: Case) -> None:
    refused = refuse(case)
    assert refused.status is DisputeStatus.FRIVOLOUS_NOTICED
    tasks = [(t.about_id, t.status) for t in case.world.all(Task) if t.kind is TaskKind.FRIVOLOUS_NOTICE]
    assert tasks == [(refused.id, TaskStatus.OPEN)]
    told = [n.about_id for n in case.world.all(Notification) if n.kind is NotificationKind.DISPUTE_REFUSED]
    assert told == [refused.id]
    case.world.clock.advance(case.world.tenant_id, datetime(2026, 6, 1, 15, tzinfo=UTC))
    case.world.settle()
    assert when(case.world, CheckOverdue(dispute_id=refused.id)).kinds == []
    assert case.world.get(Dispute, refused.id).status is DisputeStatus.FRIVOLOUS_NOTICED


def test_a_notice_ends_the_task_that_called_the_bureau_silent(case: Case) -> None:
    case.world.clock.advance(case.world.tenant_id, datetime(2026, 6, 1, 15, tzinfo=UTC))
    case.world.settle()
    dispute = at_experian(case)
    assert dispute.status is DisputeStatus.OVERDUE
    refuse(case, date(2026, 5, 29))
    overdue = [t for t in case.world.all(Task) if t.kind is TaskKind.OVERDUE_DISPUTE and t.about_id == dispute.id]
    assert [t.status for t in overdue] == [TaskStatus.DONE]


def test_the_same_challenge_is_not_sent_again_and_a_new_one_is(case: Case) -> None:
    before = refuse(case)
    with pytest.raises(NothingNew):
        challenge(case, case.world.get(Report, before.report_id))
    case.world.clock.advance(case.world.tenant_id, datetime(2026, 1, 25, 15, tzinfo=UTC))
    newer = case.import_report(report(date(2026, 1, 25), *(t.bureau_tradelines for t in FIRST_PULL.tradelines)))
    case.world.settle()
    challenge(case, newer)
    assert [d.round for d in case.world.all(Dispute) if d.bureau is Bureau.EXPERIAN] == [1, 2]


def test_only_operators_record_it(case: Case) -> None:
    command = RecordFrivolousNotice(
        dispute_id=at_experian(case).id, noticed_on=date(2026, 1, 19), reasons="too little is said"
    )
    with pytest.raises(Forbidden):
        when(case.world, command, Role.CONSUMER, case.consumer_id)
