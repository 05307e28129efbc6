"""Opening disputes from findings, and what the carrier and the operator make of them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from application.challenges import NotDisputable
from application.consumers import WithdrawConsent
from application.disputes import (
    AlreadyDisputed,
    CheckOverdue,
    ConfirmOutcome,
    NoLongerReported,
    OpenDisputes,
    OverruleOutcome,
    RecordInformationSent,
    RecordReceipt,
    ReturnDispute,
    Selection,
    WithdrawDispute,
)
from application.kernel import Context, StaleVersion
from application.ports import PostNews
from application.webhooks import ReceivePostWebhook
from domain.bureaus import Bureau
from domain.consumers import ConsentKind, ConsentMissing
from domain.credit_reports import CanonicalReport
from domain.deadlines import ReceiptBasis
from domain.disputes import AlreadyClosed, Dispute, DisputeStatus
from domain.kernel import Invalid, NotFound, Role
from domain.letters import Letter, LetterStatus
from domain.reports import Report
from domain.tasks import Task, TaskKind, TaskStatus
from tests.support.cases import FIRST_PULL, Case, delivered, everywhere, report, row
from tests.support.scenarios import Then, when
from tests.support.world import World


@pytest.fixture
def case() -> Case:
    return Case(World())


def choose(case: Case, pulled: Report, *groups: str, bureaus: tuple[Bureau, ...] = ()) -> Then:
    chosen = [f for f in pulled.findings if f.group in groups and f.reason and set(bureaus) <= set(f.bureaus)]
    command = OpenDisputes(
        consumer_id=case.consumer_id, report_id=pulled.id,
        selections=tuple(Selection(finding_key=f.finding_key, bureaus=bureaus) for f in chosen),
    )  # fmt: skip
    return when(case.world, command, Role.CONSUMER, case.consumer_id)


def test_a_selection_is_one_append_with_one_job_for_each_bureau(case: Case) -> None:
    then = choose(case, case.import_report(FIRST_PULL), "22", "23")
    assert then.kinds == [Dispute.Opened] * 6
    assert len(then.jobs) == 3
    assert {event.drafted_with for event in then.events if isinstance(event, Dispute.Opened)}


def test_a_tradeline_is_in_one_dispute_at_a_bureau(case: Case) -> None:
    pulled = case.import_report(FIRST_PULL)
    choose(case, pulled, "22", bureaus=(Bureau.EXPERIAN,))
    with pytest.raises(AlreadyDisputed):
        choose(case, pulled, "22")
    then = choose(case, pulled, "22", bureaus=(Bureau.EQUIFAX,))
    assert len(then.events) == 1


def two_rows(**second: object) -> CanonicalReport:
    """The source groups two rows of one bureau."""
    wrong = row(Bureau.EXPERIAN, "22", past_due=8_000)
    return report(date(2026, 1, 5), everywhere("21"), (wrong, row(Bureau.EXPERIAN, "22", ref="experian-22b", **second)))


def test_two_rows_of_a_tradeline_at_a_bureau_are_one_dispute(case: Case) -> None:
    pulled = case.import_report(two_rows())
    then = choose(case, pulled, "22")
    assert then.kinds == [Dispute.Opened]
    case.world.settle()
    assert case.world.failed == {}
    (dispute,) = case.world.all(Dispute)
    assert dispute.challenge is not None
    assert len(dispute.challenge.finding_keys) == len([f for f in pulled.findings if f.group == "22"]) == 2


def test_findings_of_two_rows_of_a_tradeline_are_not_thrown_together(case: Case) -> None:
    pulled = case.import_report(two_rows(past_due=9_000))
    with pytest.raises(NotDisputable, match="two rows"):
        choose(case, pulled, "22")
    assert case.world.all(Dispute) == []


def test_the_same_choice_at_once_opens_one_dispute(case: Case) -> None:
    pulled = case.import_report(FIRST_PULL)
    case.world.log.before_append.append(lambda: choose(case, pulled, "22"))
    with pytest.raises(AlreadyDisputed):
        choose(case, pulled, "22")
    assert len(case.world.all(Dispute)) == 3


def test_a_withdrawn_item_may_be_disputed_in_another_round(case: Case) -> None:
    pulled = case.import_report(FIRST_PULL)
    first = choose(case, pulled, "22").events[0]
    when(case.world, WithdrawDispute(dispute_id=first.originator_id), Role.CONSUMER, case.consumer_id)
    (again,) = choose(case, pulled, "22", bureaus=(first.bureau,)).events  # type: ignore[attr-defined]
    assert isinstance(again, Dispute.Opened)
    assert again.round == 2


def test_what_the_newest_report_no_longer_shows_is_not_disputed(case: Case) -> None:
    old = case.import_report(FIRST_PULL)
    case.import_report(report(date(2026, 1, 20), everywhere("21"), everywhere("22", past_due=8_000), everywhere("24")))
    with pytest.raises(NoLongerReported) as refusal:
        choose(case, old, "23")
    assert refusal.value.code == "no_longer_reported"
    assert choose(case, old, "22").kinds


def test_an_unsettled_row_is_not_disputed(case: Case) -> None:
    pulled = case.import_report(FIRST_PULL)
    key = (case.world.tenant_id, pulled.id)
    stream = case.world.log.streams[key]
    for number, event in enumerate(stream):
        if isinstance(event, Report.Parsed):
            ids = {ref: held for ref, held in event.tradeline_ids.items() if not ref.endswith("-22")}
            stream[number] = event.model_copy(update={"tradeline_ids": ids})
    with pytest.raises(NotDisputable):
        choose(case, pulled, "22")


def test_unknown_findings_reports_and_missing_consent_are_refused(case: Case) -> None:
    pulled = case.import_report(FIRST_PULL)
    unknown = OpenDisputes(
        consumer_id=case.consumer_id, report_id=pulled.id, selections=(Selection(finding_key="0" * 20),)
    )
    with pytest.raises(Invalid):
        case.as_consumer(unknown)
    with pytest.raises(NotFound):
        case.as_consumer(unknown.model_copy(update={"report_id": case.consumer_id}))
    case.as_consumer(WithdrawConsent(consumer_id=case.consumer_id, kind=ConsentKind.DISPUTE_IN_MY_NAME))
    with pytest.raises(ConsentMissing):
        choose(case, pulled, "22")


def test_withdrawing_one_item_voids_its_letter_and_frees_the_others(case: Case) -> None:
    disputes = case.open(case.import_report(FIRST_PULL), "22", "23")
    then = when(case.world, WithdrawDispute(dispute_id=disputes[0].id), Role.CONSUMER, case.consumer_id)
    assert set(then.kinds) == {Dispute.Withdrawn, Letter.Voided, Dispute.LetterDropped}
    letter = case.world.get(Letter, disputes[0].letter_id)  # type: ignore[arg-type]
    assert letter.status is LetterStatus.VOID


def deliver(case: Case) -> None:
    for number, provider_id in enumerate(case.world.post.pieces):
        case.world.inbox.news[f"evt_{number}"] = PostNews(provider_id=provider_id, scans=(delivered(number=number),))
        case.world.when(ReceivePostWebhook(event_id=f"evt_{number}"))
    case.world.settle()


LATER = report(date(2026, 1, 29), everywhere("21"), everywhere("24"), everywhere("23", past_due=150_000))


def test_a_delivery_told_while_a_proposal_was_on_the_table_counts_after_it_is_overruled(case: Case) -> None:
    case.to_posted("22")
    case.import_report(LATER)
    case.world.settle()
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.EVALUATED}
    deliver(case)
    dispute = case.world.all(Dispute)[0]
    then = when(case.world, OverruleOutcome(dispute_id=dispute.id, reason="a mix-up"), Role.OPERATOR)
    assert then.kinds == [Dispute.OutcomeOverruled, Dispute.Received]
    assert case.world.get(Dispute, dispute.id).received_on == date(2026, 1, 9)


def test_every_proposal_has_a_task_of_its_own(case: Case) -> None:
    case.to_posted("22")
    deliver(case)
    case.import_report(LATER)
    case.world.settle()
    dispute = case.world.all(Dispute)[0]
    when(case.world, OverruleOutcome(dispute_id=dispute.id, reason="a mix-up"), Role.OPERATOR)
    case.world.settle()
    case.import_report(LATER.model_copy(update={"pulled_on": date(2026, 1, 30)}))
    case.world.settle()
    tasks = [t for t in case.world.all(Task) if t.kind is TaskKind.CONFIRM_OUTCOME and t.about_id == dispute.id]
    assert sorted(t.status for t in tasks) == [TaskStatus.DONE, TaskStatus.OPEN]


def test_only_whoever_saw_the_proposal_confirms_it(case: Case) -> None:
    case.to_posted("22")
    deliver(case)
    case.import_report(LATER)
    case.world.settle()
    dispute = case.world.all(Dispute)[0]
    with pytest.raises(StaleVersion):
        when(case.world, ConfirmOutcome(dispute_id=dispute.id), Role.OPERATOR, context=Context(if_match=1))
    assert when(case.world, ConfirmOutcome(dispute_id=dispute.id), Role.OPERATOR).kinds == [Dispute.Closed]
    with pytest.raises(AlreadyClosed):
        when(case.world, ConfirmOutcome(dispute_id=dispute.id), Role.OPERATOR)


def test_news_of_the_post_and_timers_repeat_without_effect(case: Case) -> None:
    case.to_posted("22")
    deliver(case)
    dispute = case.world.all(Dispute)[0]
    assert dispute.mailing_id is not None
    receipt = RecordReceipt(
        dispute_id=dispute.id, received_on=date(2026, 1, 12), basis=ReceiptBasis.PROVEN, time_zone="UTC",
        mailing_id=dispute.mailing_id,
    )  # fmt: skip
    for command in (
        receipt,
        ReturnDispute(dispute_id=dispute.id, mailing_id=dispute.mailing_id),
        CheckOverdue(dispute_id=dispute.id),
    ):
        assert when(case.world, command).kinds == []


def test_information_sent_in_time_moves_the_timer(case: Case) -> None:
    case.to_posted("22")
    deliver(case)
    case.world.clock.advance(case.world.tenant_id, datetime(2026, 1, 21, tzinfo=UTC))
    dispute = case.world.all(Dispute)[0]
    sent = RecordInformationSent(dispute_id=dispute.id, sent_on=date(2026, 1, 20))
    then = when(case.world, sent, Role.CONSUMER, case.consumer_id)
    assert (then.kinds, then.jobs) == ([Dispute.DeadlineExtended], ["sla_check", "notification"])


def test_silence_on_a_dispute_made_on_a_free_annual_copy_is_no_breach_before_the_45_days(case: Case) -> None:
    case.open(case.import_report(FIRST_PULL, free_annual=True), "22")
    case.sign_all()
    case.approve_all()
    case.receive(date(2026, 1, 9), "America/Chicago")
    for day, expected in ((date(2026, 2, 27), DisputeStatus.RECEIVED), (date(2026, 3, 10), DisputeStatus.OVERDUE)):
        case.world.clock.advance(case.world.tenant_id, datetime(day.year, day.month, day.day, 18, tzinfo=UTC))
        case.world.settle()
        assert {dispute.status for dispute in case.world.all(Dispute)} == {expected}
    dates = [dispute.deadlines for dispute in case.world.all(Dispute) if dispute.deadlines]
    assert {(d.statutory_due.rule, d.breach_assertable_on.on) for d in dates} == {("R03", date(2026, 3, 9))}
