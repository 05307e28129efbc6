"""A letter's bytes and who released them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.kernel import IllegalMove
from domain.letters import APPROVAL_VALID, ApprovalExpired, Letter, LetterStatus, NotTheSigner, WrongBytes
from domain.tenants import Approvals
from tests.support.cases import PROFILE
from tests.support.histories import ACTOR_ID, CONSUMER_ID, DAY, SHA, approved_letter, at, letter, letters, pdf, uid

OTHER = "cd" * 32


def signed() -> Letter:
    made = letter()
    made.sign(f"  {PROFILE.full_name.upper()} ", "truth-2026-11", None, at(1))
    return made


def rendered() -> Letter:
    made = signed()
    made.note_render(pdf(made.id), DAY, at(2))
    return made


def by_consumer(made: Letter, sha256: str = SHA, hours: float = 3) -> None:
    made.approve_as_consumer(sha256, "truth-2026-11", CONSUMER_ID, None, at(hours))


def test_the_consumer_signs_with_the_name_at_the_top_and_once() -> None:
    with pytest.raises(NotTheSigner) as refusal:
        letter().sign("Somebody Else", "truth-2026-11", None, at(1))
    assert refusal.value.code == "signature_not_the_senders_name"
    with pytest.raises(IllegalMove):
        signed().sign(PROFILE.full_name, "truth-2026-11", None, at(2))


def test_facts_carry_the_signature_given_before_the_bytes() -> None:
    with pytest.raises(IllegalMove):
        letter().facts(DAY.on)
    assert signed().facts(DAY.on).signature.signed_at == at(1)


def test_only_a_signed_letter_is_printed() -> None:
    made = letter()
    with pytest.raises(IllegalMove):
        made.note_render(pdf(made.id), DAY, at(2))
    with pytest.raises(IllegalMove):
        made.refuse_render(("L01",), at(2))


def test_the_same_bytes_again_change_nothing_and_other_bytes_drop_the_approval() -> None:
    made = rendered()
    by_consumer(made)
    version = made.version
    made.note_render(pdf(made.id), DAY, at(4))
    assert (made.version, made.status) == (version, LetterStatus.CONSUMER_APPROVED)
    made.note_render(pdf(made.id, OTHER), DAY, at(4))
    assert (made.status, made.consumer_approved_at) == (LetterStatus.RENDERED, None)
    with pytest.raises(IllegalMove):
        made.approve_as_operator(OTHER, ACTOR_ID, at(5))


def test_approvals_bind_to_the_bytes() -> None:
    made = rendered()
    with pytest.raises(WrongBytes) as refusal:
        by_consumer(made, OTHER)
    assert refusal.value.code == "wrong_pdf_hash"
    by_consumer(made)
    with pytest.raises(WrongBytes):
        made.approve_as_operator(OTHER, ACTOR_ID, at(4))


def test_the_operator_comes_after_the_consumer() -> None:
    with pytest.raises(IllegalMove):
        rendered().approve_as_operator(SHA, ACTOR_ID, at(3))


def test_a_self_service_letter_is_released_by_the_consumer_alone() -> None:
    made = letter(approvals=Approvals.CONSUMER_ONLY)
    made.sign(PROFILE.full_name, "truth-2026-11", None, at(1))
    made.note_render(pdf(made.id), DAY, at(2))
    by_consumer(made)
    assert made.status is LetterStatus.APPROVED
    with pytest.raises(IllegalMove, match="consumer alone"):
        made.approve_as_operator(SHA, ACTOR_ID, at(4))


def test_the_approved_bytes_are_submitted_once() -> None:
    made = approved_letter()
    assert made.submit(uid("mailing"), at(7)).sha256 == SHA
    with pytest.raises(IllegalMove):
        made.submit(uid("mailing"), at(8))


def test_unapproved_letters_are_never_submitted() -> None:
    for made in (letter(), signed(), rendered()):
        with pytest.raises(IllegalMove):
            made.submit(uid("mailing"), at(7))


def test_an_approval_is_good_for_thirty_days() -> None:
    last = at(5) + APPROVAL_VALID
    assert approved_letter().expire_approvals(last) is False
    approved_letter().submit(uid("mailing"), last)
    late = last + timedelta(seconds=1)
    with pytest.raises(ApprovalExpired) as refusal:
        approved_letter().submit(uid("mailing"), late)
    assert refusal.value.code == "approval_expired"
    made = approved_letter()
    assert made.expire_approvals(late) is True
    assert (made.status, made.pdf, made.expire_approvals(late)) == (LetterStatus.SIGNED, None, False)


def test_an_operator_cannot_release_an_old_approval() -> None:
    made = rendered()
    by_consumer(made)
    with pytest.raises(ApprovalExpired):
        made.approve_as_operator(SHA, ACTOR_ID, at(4) + APPROVAL_VALID)


def test_a_letter_the_post_refused_may_be_voided_one_on_its_way_may_not() -> None:
    made = approved_letter()
    made.note_submission_failed(uid("mailing"), at(7))
    assert made.status is LetterStatus.APPROVED
    made.submit(uid("mailing"), at(7))
    with pytest.raises(IllegalMove):
        made.void("too late", at(8))
    made.note_submission_failed(uid("mailing"), at(8))
    made.void("refused", at(9))
    with pytest.raises(IllegalMove):
        made.void("again", at(10))
    assert made.status is LetterStatus.VOID


def test_every_print_has_a_number() -> None:
    assert letters()[0].renders == 2
