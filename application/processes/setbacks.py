"""What follows when a bureau refuses to look into a dispute, or reports again what it had deleted."""

from __future__ import annotations

from application.kernel import Step, on
from application.notifications import QueueNotification
from application.tasks import OpenTask, SettleTask
from domain.disputes import Dispute
from domain.notifications import NotificationKind
from domain.tasks import TaskKind


@on(Dispute.Reinserted)
def open_task_on_item_reinserted(reinserted: Dispute.Reinserted) -> Step:
    assert reinserted.subject_id is not None
    yield OpenTask(
        kind=TaskKind.REINSERTED_ITEM,
        consumer_id=reinserted.subject_id,
        about_id=reinserted.originator_id,
        cause=str(reinserted.report_id),
    )


@on(Dispute.Reinserted)
def tell_consumer_on_item_reinserted(reinserted: Dispute.Reinserted) -> Step:
    assert reinserted.subject_id is not None
    yield QueueNotification(
        kind=NotificationKind.ITEM_REINSERTED,
        consumer_id=reinserted.subject_id,
        about_id=reinserted.originator_id,
        cause=str(reinserted.report_id),
    )


@on(Dispute.FrivolousNoticed)
def open_task_on_frivolous_noticed(noticed: Dispute.FrivolousNoticed) -> Step:
    yield OpenTask(
        kind=TaskKind.FRIVOLOUS_NOTICE,
        consumer_id=noticed.subject_id,
        about_id=noticed.originator_id,
        cause=str(noticed.originator_version),
    )


@on(Dispute.FrivolousNoticed)
def tell_consumer_on_frivolous_noticed(noticed: Dispute.FrivolousNoticed) -> Step:
    yield QueueNotification(
        kind=NotificationKind.DISPUTE_REFUSED,
        consumer_id=noticed.subject_id,
        about_id=noticed.originator_id,
        cause=str(noticed.originator_version),
    )


@on(Dispute.FrivolousNoticed)
def settle_task_on_frivolous_noticed(noticed: Dispute.FrivolousNoticed) -> Step:
    if noticed.overdue_since is not None:
        yield SettleTask(
            kind=TaskKind.OVERDUE_DISPUTE,
            about_id=noticed.originator_id,
            cause=f"overdue:{noticed.overdue_since}",
            note="the bureau has answered that it will not look into it",
        )
