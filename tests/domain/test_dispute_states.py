"""Where a dispute may stand."""

from domain.dispute_states import BEFORE_POSTING, ENDED, WAITING, AlreadyClosed, Challenge, DisputeStatus
from tests.support.histories import dispute


def test_a_dispute_stands_before_posting_waits_or_has_ended() -> None:
    assert not set(BEFORE_POSTING) & set(WAITING)
    ends = {"sent", "evaluated", "closed", "withdrawn", "returned_undelivered", "frivolous_noticed"}
    assert {status.value for status in set(DisputeStatus) - set(BEFORE_POSTING) - set(WAITING)} == ends
    assert {status.value for status in ENDED} == ends - {"sent", "evaluated"}


def test_closing_twice_has_a_code_of_its_own() -> None:
    assert AlreadyClosed.code == "already_closed"


def test_a_challenge_without_asked_fields_asks_for_deletion() -> None:
    made = dispute().challenge
    assert made is not None
    asks_deletion = Challenge(finding_keys=made.finding_keys, reason=made.reason, item=made.item)
    assert asks_deletion.asked == ()
