"""A piece of mail has one end, and its provider's memory is shorter than ours."""

from datetime import timedelta

from domain.mailing_states import FINAL, LOST_AFTER, RESEND_WALL, MailingStatus


def test_what_waits_for_an_answer_is_no_end() -> None:
    assert not {MailingStatus.INTENDED, MailingStatus.OUTCOME_UNKNOWN, MailingStatus.PICKUP_AVAILABLE} & set(FINAL)


def test_nothing_is_sent_again_unseen_once_the_provider_may_have_forgotten() -> None:
    assert RESEND_WALL < timedelta(hours=24) < LOST_AFTER
