"""Running, waiting for, rebuilding and verifying the projections."""

from infrastructure.projecting.log import Decode, LogRow, decoded_by
from infrastructure.projecting.parked import Replayed, replay_parked
from infrastructure.projecting.positions import Busy
from infrastructure.projecting.reader import Stuck
from infrastructure.projecting.rebuild import NotSwapped, Progress, Rebuilt, rebuild
from infrastructure.projecting.retired import Dropped, NotRetired, drop_retired, retired
from infrastructure.projecting.runner import Runner
from infrastructure.projecting.status import Lag, Parked, Status, lag, parked_events, status
from infrastructure.projecting.tables import ensure
from infrastructure.projecting.verify import Difference, Stale, Verified, verify
from infrastructure.projecting.waiting import Watermarks, has_reached, wait_for

__all__ = [
    "Busy",
    "Decode",
    "Difference",
    "Dropped",
    "Lag",
    "LogRow",
    "NotRetired",
    "NotSwapped",
    "Parked",
    "Progress",
    "Rebuilt",
    "Replayed",
    "Runner",
    "Stale",
    "Status",
    "Stuck",
    "Verified",
    "Watermarks",
    "decoded_by",
    "drop_retired",
    "ensure",
    "has_reached",
    "lag",
    "parked_events",
    "rebuild",
    "replay_parked",
    "retired",
    "status",
    "verify",
    "wait_for",
]
