"""A message says what happened and where to look, once."""

from domain.notifications import Notification, NotificationKind
from tests.support.histories import at, notification, uid


def test_a_cause_makes_one_message() -> None:
    one = Notification.identity(NotificationKind.LETTER_MAILED, uid("a"), "1")
    assert one == Notification.identity(NotificationKind.LETTER_MAILED, uid("a"), "1")
    assert one != Notification.identity(NotificationKind.LETTER_MAILED, uid("a"), "2")


def test_reading_twice_is_reading_once() -> None:
    made = notification()
    made.read(at(2))
    assert (made.is_read, made.version) == (True, 2)


def test_a_message_holds_no_words_at_all() -> None:
    assert set(Notification.Queued.model_fields) == {
        "originator_id", "originator_version", "timestamp", "originator_topic", "kind", "consumer_id", "about_id",
    }  # fmt: skip
