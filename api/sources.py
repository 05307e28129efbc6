"""Every query table the API shows."""

from __future__ import annotations

from api.reads import Source
from domain.permissions import Permission
from projections.alerts import AlertRow
from projections.connections import ConnectionRow
from projections.consents import ConsentRow
from projections.consumers import ConsumerRow
from projections.deadlines import DeadlineRow
from projections.disputes import DisputeRow
from projections.findings import FindingRow
from projections.letters import LetterRow
from projections.mailings import MailingRow
from projections.notifications import NotificationRow
from projections.pulls import PullRow
from projections.reports import ReportRow
from projections.scores import ScoreRow
from projections.tasks import TaskRow
from projections.tenants import TenantRow
from projections.timeline import TimelineRow
from projections.tradelines import TradelineRow
from projections.users import UserRow

TENANTS = Source("tenants", TenantRow, id="id", sort="created_at", case=None)
USERS = Source("users", UserRow, id="user_id", sort="created_at", needs=Permission.MANAGE_USERS)
CONSUMERS = Source("consumers", ConsumerRow, id="consumer_id", sort="created_at")
CONSENTS = Source("consents", ConsentRow, id="consumer_id", sort="kind")
CONNECTIONS = Source("connections", ConnectionRow, id="connection_id", sort="created_at")
PULLS = Source("pulls", PullRow, id="pull_id", sort="created_at")
SCORES = Source("scores", ScoreRow, id="id", sort="created_at")
ALERTS = Source("alerts", AlertRow, id="id", sort="created_at")
REPORTS = Source("reports", ReportRow, id="report_id", sort="created_at")
TRADELINES = Source("tradelines", TradelineRow, id="id", sort="ref", descending=False)
FINDINGS = Source("findings", FindingRow, id="id", sort="place", descending=False, lists=frozenset({"bureaus"}))
DISPUTES = Source("disputes", DisputeRow, id="dispute_id", sort="created_at")
LETTERS = Source("letters", LetterRow, id="letter_id", sort="created_at")
MAILINGS = Source("mailings", MailingRow, id="mailing_id", sort="created_at")
DEADLINES = Source("deadlines", DeadlineRow, id="id", sort="due_on", descending=False)
TASKS = Source("tasks", TaskRow, id="task_id", sort="created_at", case=None)
NOTIFICATIONS = Source(
    "notifications", NotificationRow, id="notification_id", sort="created_at", needs=Permission.READ_NOTIFICATIONS
)
TIMELINE = Source(
    "timeline",
    TimelineRow,
    id="id",
    sort="happened_at",
    read_from="(SELECT t.*, c.consumer_id FROM rm.timeline t JOIN rm.timeline_cases c USING (tenant_id, about_id)) s",
    read_all_from="(SELECT t.*, (SELECT c.consumer_id FROM rm.timeline_cases c"
    " WHERE c.tenant_id = t.tenant_id AND c.about_id = t.about_id) AS consumer_id FROM rm.timeline t) s",
)
