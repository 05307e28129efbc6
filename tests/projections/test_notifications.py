"""Each person's inbox."""

from projections.notifications import NotificationsProjection
from tests.support.histories import at, uid
from tests.support.stored import Stored


def test_a_message_shows_whether_it_was_read(seen: Stored) -> None:
    row = seen.row("notifications", notification_id=uid("notification"))
    assert (row["kind"], row["read_at"]) == ("letter_to_sign", at(1))


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(NotificationsProjection())
