"""What a person told us and agreed to, until they are forgotten."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from domain.consumers import (
    ConsentKind,
    ConsentMissing,
    Consumer,
    ConsumerErased,
    DocumentKind,
    ErasureReason,
    KycStatus,
)
from domain.kernel import IllegalMove
from tests.support.cases import PROFILE
from tests.support.histories import CONSUMER_ID, NOON, SHA, at, uid


def person() -> Consumer:
    return Consumer.register(CONSUMER_ID, NOON, PROFILE)


def test_a_sender_has_agreed_and_not_taken_it_back() -> None:
    made = person()
    with pytest.raises(ConsentMissing):
        made.stand_as_sender(uid("mailing"), 1, at(1))
    made.give_consent(ConsentKind.DISPUTE_IN_MY_NAME, text_version="2026-11", text_sha256=SHA, ip=None, at=at(1))
    assert made.agrees_to(ConsentKind.DISPUTE_IN_MY_NAME)
    for attempt in (1, 2):
        made.stand_as_sender(uid("mailing"), attempt, at(2))
    assert made.version == 4
    made.withdraw_consent(ConsentKind.DISPUTE_IN_MY_NAME, at(3))
    assert not made.agrees_to(ConsentKind.DISPUTE_IN_MY_NAME)
    made.give_consent(ConsentKind.DISPUTE_IN_MY_NAME, text_version="2026-11", text_sha256=SHA, ip=None, at=at(4))
    made.erase(ErasureReason.ASKED_BY_CONSUMER, at(5))
    assert not made.agrees_to(ConsentKind.DISPUTE_IN_MY_NAME)
    with pytest.raises(ConsumerErased):
        made.stand_as_sender(uid("mailing"), 3, at(6))


ACTS: dict[str, Callable[[Consumer], None]] = {
    "profile": lambda c: c.change_profile(PROFILE.model_copy(update={"suffix": "Jr."}), at(1)),
    "document": lambda c: c.add_document(
        uid("d"), DocumentKind.GOVERNMENT_ID, sha256=SHA, object_key="documents/1", media_type="image/png", at=at(1)
    ),
    "consent": lambda c: c.give_consent(
        ConsentKind.REPORT_IMPORT, text_version="2026-11", text_sha256=SHA, ip=None, at=at(1)
    ),
    "kyc": lambda c: c.decide_kyc(KycStatus.VERIFIED, "passport", at(1)),
}


@pytest.mark.parametrize("act", ACTS)
def test_the_same_again_decides_nothing(act: str) -> None:
    made = person()
    ACTS[act](made)
    assert made.version == 2
    ACTS[act](made)
    assert made.version == 2


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_done_in_the_name_of_a_forgotten_person(act: str) -> None:
    made = person()
    made.erase(ErasureReason.RETENTION_ENDED, at(1))
    with pytest.raises(ConsumerErased) as refusal:
        ACTS[act](made)
    assert refusal.value.code == "consumer_erased"
    assert made.profile is None


def test_erasing_twice_is_once() -> None:
    made = person()
    made.erase(ErasureReason.ASKED_BY_CONSUMER, at(1))
    made.erase(ErasureReason.ASKED_BY_CONSUMER, at(2))
    assert made.version == 2


def test_a_person_is_forgotten_once_and_after_their_erasure_only() -> None:
    made = person()
    with pytest.raises(IllegalMove):
        made.note_forgotten(at(1))
    made.erase(ErasureReason.ASKED_BY_CONSUMER, at(1))
    made.note_forgotten(at(2))
    made.note_forgotten(at(3))
    assert (made.version, made.forgotten) == (3, True)


def test_what_needs_consent_is_refused_without_it() -> None:
    made = person()
    for _ in range(2):
        with pytest.raises(ConsentMissing) as refusal:
            made.check_consent(ConsentKind.REPORT_IMPORT)
        assert refusal.value.code == "consent_missing"
        ACTS["consent"](made)
        made.check_consent(ConsentKind.REPORT_IMPORT)
        made.withdraw_consent(ConsentKind.REPORT_IMPORT, at(2))
    with pytest.raises(ConsentMissing):
        made.withdraw_consent(ConsentKind.REPORT_IMPORT, at(3))


def test_a_person_is_nobodys_but_their_own() -> None:
    assert person().owner_id == CONSUMER_ID


def test_a_profile_names_a_person_a_bureau_can_find() -> None:
    full = PROFILE.model_copy(update={"middle_name": "Ann", "suffix": "Jr."})
    assert (full.full_name, full.ssn_last4) == ("Mara Ann Quillfeather Jr.", "7788")
    for field, value in (("ssn", "12345678"), ("email", "nobody"), ("given_name", ""), ("phone", "call me")):
        with pytest.raises(ValidationError):
            type(PROFILE).model_validate(PROFILE.model_dump() | {field: value})
