"""What was deleted and comes back is challenged again, and only with the consumer's consent and signature."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from application.challenges import challenge_again
from application.consumers import WithdrawConsent
from application.disputes import AlreadyDisputed, NoLongerReported, OpenDisputes, Selection
from application.letters import SignLetter
from application.reopening import ReopenDispute
from domain.bureaus import Bureau
from domain.consumers import ConsentKind, ConsentMissing
from domain.credit_reports import BureauTradeline
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import Forbidden, IllegalMove, NotFound, Role
from domain.letter_facts import (
    ANNUAL_REPORT_DISPUTE,
    BUREAU_DISPUTE,
    LetterFacts,
    Recipient,
    ReportReference,
    Sender,
    Signature,
)
from domain.letters import Letter
from domain.linter import lint
from domain.notifications import Notification, NotificationKind
from domain.reconciliation import Outcome
from domain.reports import Report
from domain.tasks import Task, TaskKind
from domain.templates import compose
from tests.support.cases import PROFILE, Case, everywhere, report, row
from tests.support.histories import uid
from tests.support.scenarios import when
from tests.support.world import World

BACK = row(Bureau.EXPERIAN, "22", past_due=8_000, creditor_name="OAKBRIDGE COLL", account_masked="****9911")


REST = everywhere("21"), everywhere("23"), everywhere("24")


@pytest.fixture
def case() -> Case:
    """A case whose disputes at three bureaus have ended in deletion."""
    made = Case(World())
    made.to_posted("22")
    made.receive(date(2026, 1, 12), "America/New_York")
    for day in (date(2026, 1, 29), date(2026, 2, 10), date(2026, 2, 20)):
        made.import_report(report(day, *REST))
        made.world.settle()
    assert {(d.status, d.outcome) for d in made.world.all(Dispute)} == {(DisputeStatus.CLOSED, Outcome.DELETED)}
    return made


def reinserted(case: Case) -> Report:
    """A report in which Experian shows the item again; nothing has followed from it yet."""
    case.world.clock.advance(case.world.tenant_id, datetime(2026, 3, 1, 15, tzinfo=UTC))
    return case.import_report(report(date(2026, 3, 1), *REST, (row(Bureau.EXPERIAN, "22", past_due=8_000),)))


def rounds(case: Case) -> list[tuple[int, DisputeStatus]]:
    at_experian = [d for d in case.world.all(Dispute) if d.bureau is Bureau.EXPERIAN]
    return [(d.round, d.status) for d in sorted(at_experian, key=lambda d: d.round)]


def closed(case: Case) -> Dispute:
    """The dispute that had ended with the deletion at Experian."""
    return next(d for d in case.world.all(Dispute) if d.bureau is Bureau.EXPERIAN and d.round == 1)


def test_the_consumer_is_asked_before_anything_is_written_in_their_name(case: Case) -> None:
    letters = len(case.world.all(Letter))
    reinserted(case)
    case.world.settle()
    assert case.world.failed == {}
    assert rounds(case) == [(1, DisputeStatus.CLOSED)]
    assert len(case.world.all(Letter)) == letters
    asked = [n for n in case.world.all(Notification) if n.kind is NotificationKind.ITEM_REINSERTED]
    assert [(n.owner_id, n.about_id) for n in asked] == [(case.consumer_id, closed(case).id)]
    assert TaskKind.REINSERTED_ITEM in {task.kind for task in case.world.all(Task)}


def test_the_next_round_waits_for_the_consumers_signature(case: Case) -> None:
    reinserted(case)
    case.world.settle()
    case.as_consumer(ReopenDispute(dispute_id=closed(case).id))
    case.world.settle()
    assert case.world.failed == {}
    assert rounds(case) == [(1, DisputeStatus.CLOSED), (2, DisputeStatus.DRAFTED)]
    before, again = sorted((d for d in case.world.all(Dispute) if d.bureau is Bureau.EXPERIAN), key=lambda d: d.round)
    assert again.challenge is not None
    assert (again.tradeline_id, again.challenge.asked) == (before.tradeline_id, ())
    assert again.letter_id is not None
    sign = SignLetter(
        letter_id=again.letter_id, signature_name=PROFILE.full_name, attestation_version="truth-2026-11"
    )
    case.as_consumer(sign)
    case.world.settle()
    assert case.world.failed == {}
    assert rounds(case)[1] == (2, DisputeStatus.AWAITING_CONSUMER_APPROVAL)


def test_the_next_round_has_the_deadline_of_the_report_it_is_made_on(case: Case) -> None:
    case.world.clock.advance(case.world.tenant_id, datetime(2026, 3, 1, 15, tzinfo=UTC))
    shown = report(date(2026, 3, 1), *REST, (row(Bureau.EXPERIAN, "22", past_due=8_000),))
    case.import_report(shown, free_annual=True)
    case.world.settle()
    case.as_consumer(ReopenDispute(dispute_id=closed(case).id))
    case.world.settle()
    assert case.world.failed == {}
    before, again = sorted((d for d in case.world.all(Dispute) if d.bureau is Bureau.EXPERIAN), key=lambda d: d.round)
    assert (before.letter_type, again.letter_type) == (BUREAU_DISPUTE, ANNUAL_REPORT_DISPUTE)


def test_without_consent_nothing_is_opened(case: Case) -> None:
    reinserted(case)
    case.as_consumer(WithdrawConsent(consumer_id=case.consumer_id, kind=ConsentKind.DISPUTE_IN_MY_NAME))
    case.world.settle()
    with pytest.raises(ConsentMissing):
        case.as_consumer(ReopenDispute(dispute_id=closed(case).id))
    assert rounds(case) == [(1, DisputeStatus.CLOSED)]


def test_a_consumer_who_was_faster_is_not_overtaken(case: Case) -> None:
    pulled = reinserted(case)
    chosen = next(f for f in pulled.findings if f.group == "22" and f.reason)
    case.as_consumer(
        OpenDisputes(
            consumer_id=case.consumer_id, report_id=pulled.id,
            selections=(Selection(finding_key=chosen.finding_key, bureaus=(Bureau.EXPERIAN,)),),
        )
    )  # fmt: skip
    case.world.settle()
    assert case.world.failed == {}
    assert [round_ for round_, _ in rounds(case)] == [1, 2]
    with pytest.raises(AlreadyDisputed):
        case.as_consumer(ReopenDispute(dispute_id=closed(case).id))


def test_only_what_came_back_is_opened_again_and_only_by_the_consumer(case: Case) -> None:
    command = ReopenDispute(dispute_id=closed(case).id)
    with pytest.raises(IllegalMove):
        case.as_consumer(command)
    reinserted(case)
    case.world.settle()
    for role in (Role.OPERATOR, Role.OWNER):
        with pytest.raises(Forbidden):
            when(case.world, command, role)
    with pytest.raises(NotFound):
        when(case.world, command, Role.CONSUMER, uuid4())


def test_what_is_gone_again_is_not_challenged(case: Case) -> None:
    reinserted(case)
    case.world.settle()
    case.world.clock.advance(case.world.tenant_id, datetime(2026, 3, 20, 15, tzinfo=UTC))
    case.import_report(report(date(2026, 3, 20), *REST))
    case.world.settle()
    with pytest.raises(NoLongerReported):
        case.as_consumer(ReopenDispute(dispute_id=closed(case).id))


@pytest.mark.parametrize("back", [BACK, BACK.model_copy(update={"creditor_name": None, "account_masked": None})])
def test_the_letter_says_only_what_the_reports_show(case: Case, back: BureauTradeline) -> None:
    earlier = case.world.all(Dispute)[0].challenge
    assert earlier is not None
    item = challenge_again(back, earlier, date(2026, 3, 1)).item
    facts = LetterFacts(
        letter_id=uid("letter"),
        letter_date=date(2026, 3, 2),
        sender=Sender(
            name=PROFILE.full_name, address=PROFILE.address, birth_date=PROFILE.birth_date,
            ssn_last4=PROFILE.ssn_last4,
        ),
        recipient=Recipient.from_book(Bureau.EXPERIAN, date(2026, 3, 2)),
        report=ReportReference(dated=date(2026, 3, 1)),
        items=(item,),
        signature=Signature(name=PROFILE.full_name, signed_at=datetime(2026, 3, 2, 12, tzinfo=UTC)),
    )  # fmt: skip
    content = compose("bureau_dispute_611", 1, facts)
    assert lint(content, facts) == ()
    assert "shown again in my report of March 1, 2026" in content.model_dump_json()
