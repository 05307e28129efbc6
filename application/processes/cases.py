"""Every automatic next step of a case, on one page: from a report to letters, mail, clocks and outcomes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from application.disputes import CheckOverdue, RecordReceipt, ReturnDispute
from application.drafting import DraftLetters, RefreshLetters
from application.follow_ups import FollowUpDisputes
from application.kernel import Later, Once, Step, on
from application.letters import RenderLetter
from application.mailings import PollMailing, ReconcileMailing, RequestMailing, SubmitMailing, VerifyAddresses
from application.moot_tasks import STOPPED
from application.notifications import QueueNotification
from application.reconciling import ReconcileDisputes
from application.stopped_mail import ReplaceMailing
from application.tasks import OpenTask, SettleTask
from domain.bureau_addresses import BureauAddress
from domain.consumers import ConsentKind, Consumer
from domain.credit_files import CreditFile
from domain.deadlines import Deadlines, ReceiptBasis
from domain.disputes import Dispute
from domain.letters import Letter
from domain.mailings import Mailing
from domain.notifications import NotificationKind
from domain.reports import Report
from domain.tasks import TaskKind
from domain.tenants import Approvals


class AboutConsumer(Protocol):
    """An event that names the consumer it is about."""

    @property
    def subject_id(self) -> UUID: ...

    @property
    def originator_id(self) -> UUID: ...


@on(Consumer.ProfileChanged)
def refresh_letters_on_profile_changed(changed: Consumer.ProfileChanged) -> Step:
    yield RefreshLetters(consumer_id=changed.originator_id)


@on(Consumer.ConsentGiven)
def refresh_letters_on_consent_given(given: Consumer.ConsentGiven) -> Step:
    if given.kind is ConsentKind.DISPUTE_IN_MY_NAME:
        yield RefreshLetters(consumer_id=given.originator_id)


@on(BureauAddress.Verified)
def settle_task_on_bureau_address_verified(verified: BureauAddress.Verified) -> Step:
    yield SettleTask(
        kind=TaskKind.VERIFY_BUREAU_ADDRESS,
        about_id=verified.originator_id,
        cause=str(verified.verified_before_on),
        note="the address was verified",
    )


@on(Report.Parsed)
def reconcile_disputes_on_report_parsed(parsed: Report.Parsed) -> Step:
    yield ReconcileDisputes(consumer_id=parsed.subject_id, report_id=parsed.originator_id)


@on(Report.Parsed)
def follow_up_disputes_on_report_parsed(parsed: Report.Parsed) -> Step:
    yield FollowUpDisputes(consumer_id=parsed.subject_id, report_id=parsed.originator_id)


@on(CreditFile.PullMatched)
def open_task_on_uncertain_match(matched: CreditFile.PullMatched) -> Step:
    if matched.in_review:
        yield OpenTask(
            kind=TaskKind.MATCH_REVIEW,
            consumer_id=matched.subject_id,
            about_id=matched.report_id,
            cause=str(matched.originator_version),
        )


@on(CreditFile.MatchSettled)
def settle_task_on_match_settled(settled: CreditFile.MatchSettled) -> Step:
    if settled.left == 0:
        yield SettleTask(
            kind=TaskKind.MATCH_REVIEW,
            about_id=settled.report_id,
            cause=str(settled.asked_at),
            note="the operator has said whose the rows are",
        )


@on(Report.MatchSettled)
def reconcile_disputes_on_match_settled(settled: Report.MatchSettled) -> Step:
    yield ReconcileDisputes(
        consumer_id=settled.subject_id, report_id=settled.originator_id, cause=f"v{settled.originator_version}"
    )


@on(Dispute.Opened)
def draft_letters_on_disputes_opened(opened: Dispute.Opened) -> Step:
    yield Once(
        DraftLetters(consumer_id=opened.subject_id, bureau=opened.bureau, dispute_ids=opened.drafted_with),
        f"draft:{opened.selection_id}:{opened.bureau.value}",
    )


@on(Letter.Drafted)
def ask_for_signature_on_letter_drafted(drafted: Letter.Drafted) -> Step:
    yield _notify(NotificationKind.LETTER_TO_SIGN, drafted, "drafted")


@on(Letter.Signed)
def render_letter_on_letter_signed(signed: Letter.Signed) -> Step:
    yield RenderLetter(letter_id=signed.originator_id)


@on(Letter.ApprovalsExpired)
def render_letter_on_approvals_expired(expired: Letter.ApprovalsExpired) -> Step:
    yield RenderLetter(letter_id=expired.originator_id)


@on(Letter.Rendered)
def ask_for_approval_on_letter_rendered(rendered: Letter.Rendered) -> Step:
    yield _notify(NotificationKind.LETTER_TO_APPROVE, rendered, f"{rendered.pdf.sha256}:{rendered.originator_version}")


@on(Letter.RenderRefused)
def open_task_on_render_refused(refused: Letter.RenderRefused) -> Step:
    yield OpenTask(
        kind=TaskKind.LETTER_REFUSED,
        consumer_id=refused.subject_id,
        about_id=refused.originator_id,
        cause=str(refused.originator_version),
    )


@on(Letter.ConsumerApproved)
def open_task_on_consumer_approved(approved: Letter.ConsumerApproved) -> Step:
    if approved.approvals is Approvals.CONSUMER_AND_OPERATOR:
        yield OpenTask(
            kind=TaskKind.APPROVE_LETTER,
            consumer_id=approved.subject_id,
            about_id=approved.originator_id,
            cause=approved.asks,
        )


@on(Letter.OperatorApproved)
def settle_task_on_operator_approved(approved: Letter.OperatorApproved) -> Step:
    yield SettleTask(
        kind=TaskKind.APPROVE_LETTER,
        about_id=approved.originator_id,
        cause=approved.asks,
        note="the operator approved the letter",
    )


@on(Letter.Approved)
def request_mailing_on_letter_approved(approved: Letter.Approved) -> Step:
    yield RequestMailing(letter_id=approved.originator_id)


@on(Mailing.Requested)
def verify_addresses_on_mailing_requested(requested: Mailing.Requested) -> Step:
    yield VerifyAddresses(mailing_id=requested.originator_id)


@on(Mailing.AddressesVerified)
def submit_mailing_on_addresses_verified(verified: Mailing.AddressesVerified) -> Step:
    yield SubmitMailing(mailing_id=verified.originator_id)


@on(Mailing.AddressRefused)
def open_task_on_address_refused(refused: Mailing.AddressRefused) -> Step:
    yield _task(TaskKind.ADDRESS_REFUSED, refused)


@on(Mailing.OutcomeUnknown)
def reconcile_mailing_on_outcome_unknown(unknown: Mailing.OutcomeUnknown) -> Step:
    yield ReconcileMailing(mailing_id=unknown.originator_id)


@on(Mailing.LookRefused)
def open_task_on_look_refused(refused: Mailing.LookRefused) -> Step:
    yield _task(TaskKind.MAILING_UNRESOLVED, refused)


@on(Mailing.RetryAsked)
def replace_mailing_on_retry_asked(asked: Mailing.RetryAsked) -> Step:
    yield ReplaceMailing(mailing_id=asked.originator_id)


@on(Mailing.RetryAsked)
def settle_task_on_retry_asked(asked: Mailing.RetryAsked) -> Step:
    yield SettleTask(
        kind=STOPPED[asked.stopped_as],
        about_id=asked.originator_id,
        cause=asked.stopped_by,
        note="the operator had it tried again",
    )


@on(Mailing.FoundUnsent)
def submit_mailing_on_found_unsent(unsent: Mailing.FoundUnsent) -> Step:
    if not unsent.provider_busy:
        yield SubmitMailing(mailing_id=unsent.originator_id)


@on(Mailing.Rejected)
def open_task_on_mailing_rejected(rejected: Mailing.Rejected) -> Step:
    yield _task(TaskKind.MAILING_REJECTED, rejected)


@on(Mailing.Accepted)
def poll_mailing_on_mailing_accepted(accepted: Mailing.Accepted) -> Step:
    yield Later(PollMailing(mailing_id=accepted.originator_id), accepted.timestamp + timedelta(days=1))


@on(Mailing.Accepted)
def tell_consumer_on_mailing_accepted(accepted: Mailing.Accepted) -> Step:
    yield _notify(NotificationKind.LETTER_MAILED, accepted, "accepted")


@on(Mailing.Delivered)
def record_receipts_on_mailing_delivered(delivered: Mailing.Delivered) -> Step:
    for dispute_id in delivered.dispute_ids:
        yield RecordReceipt(
            dispute_id=dispute_id,
            received_on=delivered.received_on,
            basis=ReceiptBasis.PROVEN if delivered.proven else ReceiptBasis.PRESUMED,
            time_zone=delivered.time_zone,
            mailing_id=delivered.originator_id,
        )


@on(Mailing.Delivered)
def tell_consumer_on_mailing_delivered(delivered: Mailing.Delivered) -> Step:
    yield _notify(NotificationKind.LETTER_DELIVERED, delivered, "delivered")


@on(Mailing.Delivered)
def open_task_on_unproven_delivery(delivered: Mailing.Delivered) -> Step:
    if not delivered.proven:
        yield _task(TaskKind.DELIVERY_UNPROVEN, delivered)


@on(Mailing.Returned)
def return_disputes_on_mailing_returned(returned: Mailing.Returned) -> Step:
    for dispute_id in returned.dispute_ids:
        yield ReturnDispute(dispute_id=dispute_id, mailing_id=returned.originator_id)
    yield _task(TaskKind.MAILING_RETURNED, returned)


@on(Mailing.Lost)
def open_task_on_mailing_lost(lost: Mailing.Lost) -> Step:
    yield _task(TaskKind.MAILING_LOST, lost)


@on(Dispute.Received)
def check_overdue_on_dispute_received(received: Dispute.Received) -> Step:
    yield _overdue_check(received, received.deadlines, received.time_zone)


@on(Dispute.DeadlineExtended)
def check_overdue_on_deadline_extended(extended: Dispute.DeadlineExtended) -> Step:
    yield _overdue_check(extended, extended.deadlines, extended.time_zone)


@on(Dispute.OutcomeOverruled)
def check_overdue_on_outcome_overruled(overruled: Dispute.OutcomeOverruled) -> Step:
    yield CheckOverdue(dispute_id=overruled.originator_id)


@on(Dispute.Evaluated)
def open_task_on_dispute_evaluated(evaluated: Dispute.Evaluated) -> Step:
    yield OpenTask(
        kind=TaskKind.CONFIRM_OUTCOME,
        consumer_id=evaluated.subject_id,
        about_id=evaluated.originator_id,
        cause=str(evaluated.report_id),
    )


@on(Dispute.Closed)
def settle_task_on_dispute_closed(closed: Dispute.Closed) -> Step:
    yield _settle_outcome(closed, "the outcome was confirmed")


@on(Dispute.OutcomeOverruled)
def settle_task_on_outcome_overruled(overruled: Dispute.OutcomeOverruled) -> Step:
    yield _settle_outcome(overruled, "the operator overruled the outcome")


@on(Dispute.OutcomeContradicted)
def settle_task_on_outcome_contradicted(contradicted: Dispute.OutcomeContradicted) -> Step:
    yield SettleTask(
        kind=TaskKind.CONFIRM_OUTCOME,
        about_id=contradicted.originator_id,
        cause=str(contradicted.proposed_from),
        note="a later report showed that the outcome did not hold",
    )


@on(Dispute.OutcomeContradicted)
def check_overdue_on_outcome_contradicted(contradicted: Dispute.OutcomeContradicted) -> Step:
    yield CheckOverdue(dispute_id=contradicted.originator_id)


@on(Dispute.BecameOverdue)
def open_task_on_dispute_overdue(overdue: Dispute.BecameOverdue) -> Step:
    yield OpenTask(
        kind=TaskKind.OVERDUE_DISPUTE,
        consumer_id=overdue.subject_id,
        about_id=overdue.originator_id,
        cause=_silence(overdue),
        due_on=overdue.breach_assertable_on,
    )


@on(Dispute.BecameOverdue)
def tell_consumer_on_dispute_overdue(overdue: Dispute.BecameOverdue) -> Step:
    yield _notify(NotificationKind.ANSWER_OVERDUE, overdue, _silence(overdue))


def _task(
    kind: TaskKind,
    event: Mailing.AddressRefused
    | Mailing.LookRefused
    | Mailing.Rejected
    | Mailing.Delivered
    | Mailing.Returned
    | Mailing.Lost,
) -> OpenTask:
    return OpenTask(
        kind=kind,
        consumer_id=event.subject_id,
        about_id=event.originator_id,
        cause=str(event.originator_version),
    )


def _settle_outcome(event: Dispute.Closed | Dispute.OutcomeOverruled, note: str) -> SettleTask:
    return SettleTask(
        kind=TaskKind.CONFIRM_OUTCOME, about_id=event.originator_id, cause=str(event.report_id), note=note
    )


def _silence(event: Dispute.BecameOverdue) -> str:
    return f"overdue:{event.breach_assertable_on}"


def _notify(kind: NotificationKind, event: AboutConsumer, cause: str) -> QueueNotification:
    return QueueNotification(kind=kind, consumer_id=event.subject_id, about_id=event.originator_id, cause=cause)


def _overdue_check(event: Dispute.Received | Dispute.DeadlineExtended, deadlines: Deadlines, zone: str) -> Later:
    day_after = deadlines.breach_assertable_on.on + timedelta(days=1)
    return Later(CheckOverdue(dispute_id=event.originator_id), _midnight(day_after, zone))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))
