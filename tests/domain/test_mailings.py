"""A piece of mail: handed over once, followed forwards only."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.kernel import IllegalMove
from domain.mailings import LOST_AFTER, RESEND_WALL, Mailing, MailingStatus, Service
from domain.tracking import ScanKind
from tests.support.histories import SHA, accepted_mailing, at, mailing, mailings, ready_mailing, scan, uid

S = MailingStatus


def intended() -> Mailing:
    made = ready_mailing()
    made.intend(SHA, at(2))
    return made


def test_a_letters_pieces_are_numbered() -> None:
    assert Mailing.identity(uid("letter"), 1) == Mailing.identity(uid("letter"), 1)
    assert Mailing.identity(uid("letter"), 1) != Mailing.identity(uid("letter"), 2)


def test_both_addresses_must_be_deliverable() -> None:
    assert ready_mailing().status is S.READY
    for to, sender in (("undeliverable", "deliverable"), ("deliverable", "undeliverable")):
        made = mailing()
        made.verify_addresses(to, sender, at(1))
        made.verify_addresses("deliverable", "deliverable", at(2))
        assert (made.status, made.version, made.open) == (S.ADDRESS_REFUSED, 2, False)


def test_the_intent_names_the_approved_bytes_and_one_key() -> None:
    with pytest.raises(IllegalMove, match="not the approved bytes"):
        ready_mailing().intend("cd" * 32, at(2))
    made = ready_mailing()
    first = made.intend(SHA, at(2))
    made.find_unsent(at(3))
    assert made.intend(SHA, at(4)) == first == str(made.id)
    with pytest.raises(IllegalMove):
        made.intend(SHA, at(5))
    with pytest.raises(IllegalMove):
        mailing().intend(SHA, at(5))


def test_only_a_piece_that_waits_for_an_answer_takes_one() -> None:
    for made in (mailing(), ready_mailing(), accepted_mailing()):
        with pytest.raises(IllegalMove):
            made.reject("code", "letter", at(9))
        with pytest.raises(IllegalMove):
            made.note_unknown("timeout", at(9))
        with pytest.raises(IllegalMove):
            made.find_unsent(at(9))


def test_unknown_is_said_once() -> None:
    made = intended()
    made.note_unknown("timeout", at(3))
    made.note_unknown("timeout", at(4))
    assert made.version == 4


def test_an_acceptance_is_taken_whenever_it_arrives_and_counts_once() -> None:
    unknown, unsent = intended(), intended()
    unknown.note_unknown("timeout", at(3))
    unsent.find_unsent(at(3))
    for made in (intended(), unknown, unsent):
        for provider_id in ("ltr_1", "ltr_2"):
            made.accept(provider_id, None, None, found=True, at=at(5))
        assert (made.provider_id, made.status) == ("ltr_1", S.ACCEPTED)
    with pytest.raises(IllegalMove):
        mailing().accept("ltr_1", None, None, found=True, at=at(5))


def test_the_key_is_good_for_23_hours_after_the_first_attempt() -> None:
    made = intended()
    assert made.may_resend(at(2) + RESEND_WALL - timedelta(seconds=1))
    made.find_unsent(at(3))
    made.intend(SHA, at(20))
    assert not made.may_resend(at(2) + RESEND_WALL)
    assert not ready_mailing().may_resend(at(2))


def test_only_what_was_never_handed_over_is_cancelled() -> None:
    unsent = intended()
    unsent.find_unsent(at(3))
    for made, stopped in ((mailing(), True), (ready_mailing(), True), (unsent, False), (accepted_mailing(), False)):
        made.cancel("withdrawn", at(5))
        assert (made.status is S.CANCELLED) is stopped


def test_a_piece_is_given_up_only_before_its_hand_over_or_before_the_carrier_saw_it() -> None:
    cases = ((mailing(), True), (accepted_mailing(), True), (ready_mailing(), False), (intended(), False))
    for made, given_up in cases:
        made.give_up("failed", "letter", at(6))
        assert (made.status is S.REJECTED) is given_up
    mailed = accepted_mailing()
    mailed.scan(scan(ScanKind.MAILED, 5), at(6))
    mailed.give_up("failed", "letter", at(7))
    assert mailed.status is S.MAILED


def test_delivery_is_a_day_at_the_recipient_and_counts_once() -> None:
    made = accepted_mailing()
    made.scan(scan(ScanKind.DELIVERED, 16.5), at(20))
    made.scan(scan(ScanKind.DELIVERED, 40), at(41))
    (delivered,) = (e for e in made.pending_events if isinstance(e, Mailing.Delivered))
    assert (delivered.received_on, delivered.proven) == (date(2026, 1, 5), True)
    assert made.local_day(at(18.5)) == date(2026, 1, 6)


def test_first_class_mail_proves_nothing() -> None:
    made = accepted_mailing()
    made.service = Service.FIRST_CLASS
    assert not made.proves_delivery


def test_a_scan_needs_a_piece_and_counts_once() -> None:
    with pytest.raises(IllegalMove):
        ready_mailing().scan(scan(ScanKind.MAILED, 5), at(6))
    made = accepted_mailing()
    for _ in range(2):
        made.scan(scan(ScanKind.IN_TRANSIT, 5), at(6))
    made.scan(scan(ScanKind.MAILED, 4), at(7))
    assert (made.status, made.version) == (S.IN_TRANSIT, 6)


def test_pickup_available_delivers_nothing() -> None:
    made = accepted_mailing()
    made.scan(scan(ScanKind.PICKUP_AVAILABLE, 5), at(6))
    assert made.status is S.PICKUP_AVAILABLE
    assert not any(isinstance(event, Mailing.Delivered) for event in made.pending_events)


def test_a_silent_piece_is_lost_and_may_yet_arrive() -> None:
    made = accepted_mailing()
    made.check_lost(at(3) + LOST_AFTER - timedelta(seconds=1))
    assert made.status is S.ACCEPTED
    made.check_lost(at(3) + LOST_AFTER)
    made.check_lost(at(3) + LOST_AFTER)
    made.scan(scan(ScanKind.IN_TRANSIT, 600), at(601))
    assert (made.status, made.version) == (S.LOST, 5)
    made.scan(scan(ScanKind.DELIVERED, 610), at(611))
    assert made.status is S.DELIVERED


def test_every_end_is_an_end() -> None:
    assert {made.status for made in mailings()} == {S.DELIVERED, S.ADDRESS_REFUSED, S.REJECTED, S.RETURNED, S.CANCELLED}
    assert not any(made.open for made in mailings())


def test_what_was_sent_on_to_another_address_proves_no_receipt() -> None:
    """The bureau's own address is what starts its clock for certain; the dates are then for reminders only."""
    made = accepted_mailing()
    made.scan(scan(ScanKind.RE_ROUTED, 30), at(31))
    made.scan(scan(ScanKind.DELIVERED, 96), at(97))
    (delivered,) = (event for event in made.pending_events if isinstance(event, Mailing.Delivered))
    assert (made.status, delivered.proven) == (S.DELIVERED, False)


def test_ready_for_pickup_is_no_delivery() -> None:
    made = accepted_mailing()
    made.scan(scan(ScanKind.PICKUP_AVAILABLE, 30), at(31))
    assert not [event for event in made.pending_events if isinstance(event, Mailing.Delivered)]


def test_a_piece_on_its_way_is_not_called_unprinted() -> None:
    made = accepted_mailing()
    made.scan(scan(ScanKind.MAILED, 30), at(31))
    made.give_up("failed_at_the_printer", "letter", at(32))
    assert made.status is S.MAILED


def test_a_retry_is_asked_of_a_piece_that_stands_still() -> None:
    made = intended()
    made.note_unknown("timeout", at(3))
    with pytest.raises(IllegalMove, match="outcome_unknown"):
        made.ask_retry("looked", uid("operator"), at(4))
    made.ask_retry("looked", uid("operator"), at(2) + RESEND_WALL)
    made.declare_unsent(at(2) + RESEND_WALL)
    assert (made.status, made.open) == (S.REJECTED, False)
