"""Messages are made once for their cause, and read by their own consumer."""

from uuid import uuid4

import pytest

from application.notifications import QueueNotification, ReadNotification
from domain.kernel import NotFound, Role
from domain.notifications import Notification, NotificationKind
from tests.support.cases import Case
from tests.support.scenarios import when
from tests.support.world import World


def test_a_message_is_made_and_read_once_by_its_own_consumer() -> None:
    case = Case(World())
    queue = QueueNotification(
        kind=NotificationKind.LETTER_MAILED, consumer_id=case.consumer_id, about_id=uuid4(), cause="accepted"
    )
    queued = when(case.world, queue)
    assert (queued.kinds, when(case.world, queue).kinds) == ([Notification.Queued], [])
    read = ReadNotification(notification_id=queued.answer["notification_id"])
    with pytest.raises(NotFound):
        when(case.world, read, Role.CONSUMER, uuid4())
    assert when(case.world, read, Role.CONSUMER, case.consumer_id).kinds == [Notification.Read]
    assert when(case.world, read, Role.CONSUMER, case.consumer_id).kinds == []
