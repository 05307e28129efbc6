"""What can be seen: every read model, by name."""

from __future__ import annotations

from projections.alerts import AlertsProjection
from projections.connections import ConnectionsProjection
from projections.consents import ConsentsProjection
from projections.consumers import ConsumersProjection
from projections.deadlines import DeadlinesProjection
from projections.disputes import DisputesProjection
from projections.findings import FindingsProjection
from projections.kernel import Projection
from projections.letters import LettersProjection
from projections.mailings import MailingsProjection
from projections.notifications import NotificationsProjection
from projections.pulls import PullsProjection
from projections.reports import ReportsProjection
from projections.scores import ScoresProjection
from projections.tasks import TasksProjection
from projections.tenants import TenantsProjection
from projections.timeline import TimelineProjection
from projections.tradelines import TradelinesProjection
from projections.users import UsersProjection

ALL: tuple[Projection, ...] = (
    TenantsProjection(),
    UsersProjection(),
    ConsumersProjection(),
    ConsentsProjection(),
    ConnectionsProjection(),
    PullsProjection(),
    ScoresProjection(),
    AlertsProjection(),
    ReportsProjection(),
    TradelinesProjection(),
    FindingsProjection(),
    DisputesProjection(),
    LettersProjection(),
    MailingsProjection(),
    DeadlinesProjection(),
    TasksProjection(),
    NotificationsProjection(),
    TimelineProjection(),
)
