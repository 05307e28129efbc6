"""The event-sourcing library's own test cases, run against our recorder.

What is bent to fit, and why:
- positions are sparse (transaction id and ordinal), the cases count 1, 2, 3: `Counting` shows ranks instead;
- the concurrent cases start streams at version 0, which the log refuses as a hole: `Counting` adds one;
- the cases know no tenants: `Counting` writes and reads as one tenant;
- their module imports the library's AES cipher, whose package the product does not install: an empty stand-in
  is there while it is imported, and no case that runs here uses it.
Left out: `optional_test_insert_subscribe`, because subscriptions are refused (projections read in batches);
Aggregate, Tracking and Process recorder cases, because there are no snapshots, and positions and next steps are
written in their own transactions.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import Notification, StoredEvent
from psycopg_pool import ConnectionPool

from infrastructure.event_store.recorder import HorizonRecorder, PoolDatastore
from infrastructure.event_store.tenancy import as_tenant
from infrastructure.postgres import Connection

cipher = ModuleType("eventsourcing.cipher")
cipher.AESCipher = object  # type: ignore[attr-defined]
with pytest.MonkeyPatch.context() as patch:
    patch.setitem(sys.modules, "eventsourcing.cipher", cipher)
    from eventsourcing.tests.persistence import ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase

TENANT = UUID(int=3)
ALL = 1_000_000


class Counting(HorizonRecorder):
    """Our recorder as the library's cases expect one: ids counted from 1, streams from any first version."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> list[int]:
        shift = 1 - min([1, *(e.originator_version for e in stored_events)])
        moved = [StoredEvent(e.originator_id, e.originator_version + shift, e.topic, e.state) for e in stored_events]
        first = super().insert_events(moved, tenant_id=TENANT, **kwargs)
        ranks = {n.id: rank for rank, n in enumerate(self._all(), start=1)} if len(moved) < 10 else {}
        return [ranks.get(position, position) for position in first]

    def select_events(self, originator_id: UUID | str, **kwargs: Any) -> list[StoredEvent]:
        with as_tenant(TENANT):
            return super().select_events(originator_id, **kwargs)

    def select_notifications(
        self, start: int | None, limit: int, stop: int | None = None, topics: Sequence[str] = (),
        *, inclusive_of_start: bool = True,
    ) -> list[Notification]:  # fmt: skip
        positions = [n.id for n in self._all()] if start is not None or stop is not None else []

        def place(rank: int) -> int:
            return 0 if rank < 1 else positions[rank - 1] if rank <= len(positions) else ALL << 40

        with as_tenant(TENANT):
            found = super().select_notifications(
                None if start is None else place(start), limit, None if stop is None else place(stop), topics,
                inclusive_of_start=inclusive_of_start,
            )  # fmt: skip
        ranks = {n.id: rank for rank, n in enumerate(self._all(), start=1)} if len(found) < 10 else {}
        return [
            Notification(n.originator_id, n.originator_version, n.topic, n.state, ranks.get(n.id, n.id)) for n in found
        ]

    def max_notification_id(self) -> int | None:
        return len(self._all()) or None

    def _all(self) -> list[Notification]:
        with as_tenant(TENANT):
            return super().select_notifications(None, ALL)


class _OnOurLog:
    INITIAL_VERSION = 1

    @pytest.fixture(autouse=True)
    def _pool(self, app: ConnectionPool[Connection]) -> None:
        self.pool = app

    def create_recorder(self) -> Counting:
        return Counting(PoolDatastore(self.pool))

    def new_originator_id(self) -> UUID:
        return uuid4()


class TestApplicationRecorder(_OnOurLog, ApplicationRecorderTestCase[Counting]):
    """Inserts, selects, conflicts, and writers and readers at once."""


class TestPositionsOfOneBatchStandTogether(_OnOurLog, NonInterleavingNotificationIDsBaseCase):
    """Two batches written at once are never interleaved."""


del ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase
