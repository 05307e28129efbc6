"""Every automatic next step, one by one: which event asks for which command."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from application.api_keys import EndApiKey, EndKeysBeyond
from application.consumers import PurgeConsumer
from application.disputes import CheckOverdue, RecordReceipt, ReturnDispute
from application.drafting import DraftLetters, RefreshLetters
from application.follow_ups import FollowUpDisputes
from application.kernel import HANDLERS, REACTIONS, Command, Context, Once, reactions_to
from application.letters import RenderLetter
from application.mailings import PollMailing, ReconcileMailing, RequestMailing, SubmitMailing, VerifyAddresses
from application.moot_tasks import SettleDisputeTasks, SettleLetterTasks
from application.notifications import QueueNotification
from application.processes import access, endings, feeds, setbacks
from application.processes import cases as p
from application.reconciling import ReconcileDisputes
from application.stopped_mail import ReplaceMailing
from application.tasks import OpenTask, SettleTask
from application.webhook_endpoints import ShutWebhookEndpoint
from domain.api_keys import ApiKey
from domain.bureau_addresses import BureauAddress
from domain.consumers import ConsentKind, Consumer
from domain.credit_files import CreditFile
from domain.deadlines import ReceiptBasis
from domain.disputes import Dispute
from domain.kernel import Event
from domain.letters import Letter
from domain.mailings import Mailing
from domain.matching import Review
from domain.notifications import NotificationKind
from domain.reports import Report
from domain.tasks import TaskKind
from domain.tenants import Approvals
from domain.users import User
from domain.webhook_endpoints import WebhookEndpoint
from infrastructure.jobs import QUEUES
from tests.support.feed_steps import feed_steps
from tests.support.histories import BUREAU, CONSUMER_ID, SHA, events, first, uid
from tests.support.scenarios import on

LETTER, DISPUTE, MAILING = uid("letter"), uid("dispute"), uid("mailing")
K, N = TaskKind, NotificationKind


def task(kind: TaskKind, about: Event, cause: str | None = None, **more: Any) -> OpenTask:
    return OpenTask(
        kind=kind, consumer_id=CONSUMER_ID, about_id=about.originator_id,
        cause=cause or str(about.originator_version), **more,
    )  # fmt: skip


def tell(kind: NotificationKind, about: Event, cause: str) -> QueueNotification:
    return QueueNotification(kind=kind, consumer_id=CONSUMER_ID, about_id=about.originator_id, cause=cause)


def settle(kind: TaskKind, about: Event, cause: str, note: str) -> SettleTask:
    return SettleTask(kind=kind, about_id=about.originator_id, cause=cause, note=note)


def matched_with_review() -> CreditFile.PullMatched:
    matched = first(CreditFile.PullMatched)
    review = Review(ref="a", bureau=BUREAU, candidates=(uid("known"),), tier="T4")
    return matched.model_copy(update={"in_review": (review,)})  # type: ignore[return-value]


def cases() -> dict[Callable[..., Any], tuple[Event, list[Any]]]:
    opened, received, extended = first(Dispute.Opened), first(Dispute.Received), first(Dispute.DeadlineExtended)
    overruled, evaluated, closed = first(Dispute.OutcomeOverruled), first(Dispute.Evaluated), first(Dispute.Closed)
    overdue, matched = first(Dispute.BecameOverdue), matched_with_review()
    drafted, rendered, refused = first(Letter.Drafted), first(Letter.Rendered), first(Letter.RenderRefused)
    by_consumer, by_operator = first(Letter.ConsumerApproved), first(Letter.OperatorApproved)
    accepted, delivered, returned = first(Mailing.Accepted), first(Mailing.Delivered), first(Mailing.Returned)
    lost, rejected, bad = first(Mailing.Lost), first(Mailing.Rejected), first(Mailing.AddressRefused)
    unsent = first(Mailing.FoundUnsent).model_copy(update={"provider_busy": False})
    asked, no_look, verified = first(Mailing.RetryAsked), first(Mailing.LookRefused), first(BureauAddress.Verified)
    unproven = delivered.model_copy(update={"proven": False})
    silence = f"overdue:{overdue.breach_assertable_on}"  # type: ignore[attr-defined]
    doubtful, decided = uid("doubtful report"), uid("next report")
    day_after = datetime(2026, 2, 24, 6, tzinfo=UTC)
    longer_day_after = datetime(2026, 3, 10, 5, tzinfo=UTC)
    return {
        access.purge_consumer_on_consumer_erased: (
            first(Consumer.Erased), [PurgeConsumer(consumer_id=uid("forgotten consumer"))]
        ),
        p.refresh_letters_on_profile_changed: (
            first(Consumer.ProfileChanged), [RefreshLetters(consumer_id=CONSUMER_ID)]
        ),
        p.refresh_letters_on_consent_given: (
            next(e for e in events() if getattr(e, "kind", None) is ConsentKind.DISPUTE_IN_MY_NAME),
            [RefreshLetters(consumer_id=CONSUMER_ID)],
        ),
        p.settle_task_on_bureau_address_verified: (
            verified,
            [settle(K.VERIFY_BUREAU_ADDRESS, verified, "2026-11-22", "the address was verified")],
        ),
        p.open_task_on_look_refused: (no_look, [task(K.MAILING_UNRESOLVED, no_look)]),
        p.reconcile_disputes_on_report_parsed: (
            first(Report.Parsed), [ReconcileDisputes(consumer_id=CONSUMER_ID, report_id=uid("report"))]
        ),
        p.follow_up_disputes_on_report_parsed: (
            first(Report.Parsed), [FollowUpDisputes(consumer_id=CONSUMER_ID, report_id=uid("report"))]
        ),
        p.open_task_on_uncertain_match: (
            matched,
            [OpenTask(kind=K.MATCH_REVIEW, consumer_id=CONSUMER_ID, about_id=uid("report"), cause="2")],
        ),
        p.draft_letters_on_disputes_opened: (
            opened, [DraftLetters(consumer_id=CONSUMER_ID, bureau=BUREAU, dispute_ids=(DISPUTE,))]
        ),
        p.ask_for_signature_on_letter_drafted: (drafted, [tell(N.LETTER_TO_SIGN, drafted, "drafted")]),
        p.render_letter_on_letter_signed: (first(Letter.Signed), [RenderLetter(letter_id=LETTER)]),
        p.render_letter_on_approvals_expired: (first(Letter.ApprovalsExpired), [RenderLetter(letter_id=LETTER)]),
        p.ask_for_approval_on_letter_rendered: (
            rendered, [tell(N.LETTER_TO_APPROVE, rendered, f"{SHA}:{rendered.originator_version}")]
        ),
        p.open_task_on_render_refused: (refused, [task(K.LETTER_REFUSED, refused)]),
        p.open_task_on_consumer_approved: (by_consumer, [task(K.APPROVE_LETTER, by_consumer, f"{SHA}:1")]),
        p.settle_task_on_operator_approved: (
            by_operator, [settle(K.APPROVE_LETTER, by_operator, f"{SHA}:2", "the operator approved the letter")]
        ),
        access.end_api_key_on_api_key_revoked: (first(ApiKey.Revoked), [EndApiKey(key_id=uid("api key"))]),
        access.end_keys_beyond_on_user_role_changed: (first(User.RoleChanged), [EndKeysBeyond(user_id=uid("user"))]),
        access.end_keys_beyond_on_user_disabled: (first(User.Disabled), [EndKeysBeyond(user_id=uid("user"))]),
        access.shut_webhook_endpoint_on_webhook_endpoint_closed: (
            first(WebhookEndpoint.Closed), [ShutWebhookEndpoint(endpoint_id=uid("endpoint"))]
        ),
        p.request_mailing_on_letter_approved: (first(Letter.Approved), [RequestMailing(letter_id=LETTER)]),
        p.verify_addresses_on_mailing_requested: (first(Mailing.Requested), [VerifyAddresses(mailing_id=MAILING)]),
        p.submit_mailing_on_addresses_verified: (
            first(Mailing.AddressesVerified), [SubmitMailing(mailing_id=MAILING)]
        ),
        p.open_task_on_address_refused: (bad, [task(K.ADDRESS_REFUSED, bad)]),
        p.reconcile_mailing_on_outcome_unknown: (
            first(Mailing.OutcomeUnknown), [ReconcileMailing(mailing_id=MAILING)]
        ),
        p.replace_mailing_on_retry_asked: (asked, [ReplaceMailing(mailing_id=asked.originator_id)]),
        p.settle_task_on_retry_asked: (
            asked, [settle(K.MAILING_UNRESOLVED, asked, "1", "the operator had it tried again")]
        ),
        p.open_task_on_unproven_delivery: (unproven, [task(K.DELIVERY_UNPROVEN, unproven)]),
        p.submit_mailing_on_found_unsent: (unsent, [SubmitMailing(mailing_id=MAILING)]),
        p.open_task_on_mailing_rejected: (rejected, [task(K.MAILING_REJECTED, rejected)]),
        p.poll_mailing_on_mailing_accepted: (
            accepted, [(PollMailing(mailing_id=MAILING), accepted.timestamp + timedelta(days=1))]
        ),
        p.tell_consumer_on_mailing_accepted: (accepted, [tell(N.LETTER_MAILED, accepted, "accepted")]),
        p.record_receipts_on_mailing_delivered: (
            delivered,
            [
                RecordReceipt(
                    dispute_id=DISPUTE, received_on=datetime(2026, 1, 9, tzinfo=UTC).date(), basis=ReceiptBasis.PROVEN,
                    time_zone="America/Chicago", mailing_id=MAILING,
                )
            ],
        ),
        p.tell_consumer_on_mailing_delivered: (delivered, [tell(N.LETTER_DELIVERED, delivered, "delivered")]),
        p.return_disputes_on_mailing_returned: (
            returned,
            [
                ReturnDispute(dispute_id=DISPUTE, mailing_id=uid("lost mailing")),
                task(K.MAILING_RETURNED, returned),
            ],
        ),
        p.open_task_on_mailing_lost: (lost, [task(K.MAILING_LOST, lost)]),
        p.check_overdue_on_dispute_received: (received, [(CheckOverdue(dispute_id=DISPUTE), day_after)]),
        p.check_overdue_on_deadline_extended: (extended, [(CheckOverdue(dispute_id=DISPUTE), longer_day_after)]),
        p.check_overdue_on_outcome_overruled: (overruled, [CheckOverdue(dispute_id=DISPUTE)]),
        p.open_task_on_dispute_evaluated: (evaluated, [task(K.CONFIRM_OUTCOME, evaluated, str(doubtful))]),
        p.settle_task_on_outcome_overruled: (
            overruled, [settle(K.CONFIRM_OUTCOME, overruled, str(doubtful), "the operator overruled the outcome")]
        ),
        p.settle_task_on_dispute_closed: (
            closed, [settle(K.CONFIRM_OUTCOME, closed, str(decided), "the outcome was confirmed")]
        ),
        p.open_task_on_dispute_overdue: (
            overdue, [task(K.OVERDUE_DISPUTE, overdue, silence, due_on=datetime(2026, 2, 23, tzinfo=UTC).date())]
        ),
        p.tell_consumer_on_dispute_overdue: (overdue, [tell(N.ANSWER_OVERDUE, overdue, silence)]),
    }  # fmt: skip


CASES = cases() | feed_steps()
MATCHED = first(Report.MatchSettled)
CASES |= {
    p.settle_task_on_match_settled: (
        first(CreditFile.MatchSettled),
        [SettleTask(kind=K.MATCH_REVIEW, about_id=uid("unsure report"), cause="3",
                    note="the operator has said whose the rows are")],
    ),
    p.reconcile_disputes_on_match_settled: (
        MATCHED,
        [ReconcileDisputes(consumer_id=CONSUMER_ID, report_id=MATCHED.originator_id,
                           cause=f"v{MATCHED.originator_version}")],
    ),
}  # fmt: skip
CONTRADICTED, BACK = first(Dispute.OutcomeContradicted), first(Dispute.Reinserted)
REFUSED = first(Dispute.FrivolousNoticed)
REINSERTED_IN = BACK.report_id  # type: ignore[attr-defined]
CASES |= {
    p.settle_task_on_outcome_contradicted: (
        CONTRADICTED,
        [settle(K.CONFIRM_OUTCOME, CONTRADICTED, str(uid("doubtful report")),
                "a later report showed that the outcome did not hold")],
    ),
    p.check_overdue_on_outcome_contradicted: (CONTRADICTED, [CheckOverdue(dispute_id=CONTRADICTED.originator_id)]),
    setbacks.open_task_on_frivolous_noticed: (REFUSED, [task(K.FRIVOLOUS_NOTICE, REFUSED)]),
    setbacks.tell_consumer_on_frivolous_noticed: (
        REFUSED, [tell(N.DISPUTE_REFUSED, REFUSED, str(REFUSED.originator_version))]
    ),
    setbacks.settle_task_on_frivolous_noticed: (
        REFUSED,
        [settle(K.OVERDUE_DISPUTE, REFUSED, "overdue:2026-02-23",
                "the bureau has answered that it will not look into it")],
    ),
    endings.settle_tasks_on_dispute_ended: (
        first(Dispute.Closed), [SettleDisputeTasks(dispute_id=first(Dispute.Closed).originator_id)]
    ),
    endings.settle_tasks_on_dispute_withdrawn: (
        first(Dispute.Withdrawn), [SettleDisputeTasks(dispute_id=first(Dispute.Withdrawn).originator_id)]
    ),
    endings.settle_tasks_on_deadline_extended: (
        first(Dispute.DeadlineExtended), [SettleDisputeTasks(dispute_id=first(Dispute.DeadlineExtended).originator_id)]
    ),
    endings.settle_tasks_on_letter_voided: (
        first(Letter.Voided), [SettleLetterTasks(letter_id=first(Letter.Voided).originator_id)]
    ),
    endings.settle_tasks_on_approvals_expired: (
        first(Letter.ApprovalsExpired), [SettleLetterTasks(letter_id=first(Letter.ApprovalsExpired).originator_id)]
    ),
    setbacks.open_task_on_item_reinserted: (BACK, [task(K.REINSERTED_ITEM, BACK, str(REINSERTED_IN))]),
    setbacks.tell_consumer_on_item_reinserted: (
        BACK, [tell(N.ITEM_REINSERTED, BACK, str(REINSERTED_IN))]
    ),
}  # fmt: skip


@pytest.mark.parametrize("reaction", CASES, ids=lambda reaction: reaction.__name__)
def test_an_event_asks_for_its_next_step(reaction: Callable[..., Any]) -> None:
    event, commands = CASES[reaction]
    assert on(event, reaction).sends(*commands)


def test_every_reaction_is_tested_here_and_registered_for_its_event() -> None:
    registered = {(reaction, kind) for kind, reactions in REACTIONS.items() for reaction in reactions}
    named = {(reaction, type(event)) for reaction, (event, _) in CASES.items()}
    assert {reaction for reaction, _ in registered} == set(CASES)
    assert registered == named


def test_every_step_of_a_connection_is_among_them() -> None:
    named = {step.__name__ for step in CASES if step.__module__ == feeds.__name__}
    assert named == {name for name in vars(feeds) if "_on_" in name}


def test_a_proven_delivery_asks_for_no_look() -> None:
    assert on(first(Mailing.Delivered), p.open_task_on_unproven_delivery).sends()


def test_a_reaction_is_named_outcome_on_cause() -> None:
    assert all("_on_" in reaction.__name__ for reaction in CASES)


def test_events_without_a_next_step_ask_for_nothing() -> None:
    quiet = [event for event in events() if type(event) not in REACTIONS]
    assert quiet
    assert all(on(event).sends() for event in quiet)
    assert reactions_to(quiet, Context()) == []


def test_steps_that_depend_on_what_happened_are_left_out_otherwise() -> None:
    alone = first(Letter.ConsumerApproved).model_copy(update={"approvals": Approvals.CONSUMER_ONLY})
    busy = first(Mailing.FoundUnsent)
    assert on(alone, p.open_task_on_consumer_approved).sends()
    assert on(busy, p.submit_mailing_on_found_unsent).sends()
    assert on(first(CreditFile.PullMatched), p.open_task_on_uncertain_match).sends()
    more = first(CreditFile.MatchSettled).model_copy(update={"left": 1})
    assert on(more, p.settle_task_on_match_settled).sends()


def test_the_disputes_of_one_selection_ask_for_their_letters_once() -> None:
    opened = first(Dispute.Opened)
    twin = opened.model_copy(update={"originator_id": uid("another dispute")})
    keys = [wanted.key for event in (opened, twin) for wanted in on(event).wanted if isinstance(wanted, Once)]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_every_next_step_has_a_handler_and_a_queue_that_exists() -> None:
    for command in Command.registry.values():
        assert command in HANDLERS
        assert command.queue in QUEUES


def test_a_step_is_stored_once_for_its_event_and_place() -> None:
    delivered = first(Mailing.Delivered)
    once, again = reactions_to([delivered], Context()), reactions_to([delivered], Context())
    assert [job.dedupe for job in once] == [job.dedupe for job in again]
    assert len({job.dedupe for job in once}) == len(once) == 2
