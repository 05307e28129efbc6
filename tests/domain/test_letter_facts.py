"""Facts of a letter are refused when they say too much or too little, and a refusal repeats none of them."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.address_book import dispute_address
from domain.bureaus import Bureau
from domain.letter_facts import (
    ITEMS_MAX,
    ItemKind,
    LetterFacts,
    Recipient,
    RequestKind,
    Signature,
    is_masked,
    masked,
)
from tests.support.letters import item, letter_facts, sender


@pytest.mark.parametrize(
    "number", ["1234", "XXXXXXXX1234", "517805XXXXXXXXXX", "****7731", "5178XXXXXXXX1234", "4417…"]
)
def test_numbers_that_hide_enough_stay_as_printed(number: str) -> None:
    assert masked(number) == number


@pytest.mark.parametrize("number", ["4417123456789113", "4417-1234-5678-9113", "ABCDEF123456", "44171234XX56789113"])
def test_a_whole_account_number_is_refused_and_can_be_masked(number: str) -> None:
    assert masked(number).startswith("XXXX")
    assert masked(number).endswith(number[-4:])
    with pytest.raises(ValidationError) as refusal:
        item(account_masked=number)
    assert number not in str(refusal.value)


@given(st.text(alphabet="0123456789ABCXx*-. ", min_size=1, max_size=40))
def test_masking_always_gives_a_masked_number(number: str) -> None:
    assert is_masked(masked(number))


@pytest.mark.parametrize(
    "changes",
    [
        {"furnisher": None},
        {"fields": ()},
        {"basis": ""},
        {"basis": "bad\x07bell"},
        {"furnisher": "EVIL\u202eKNAB"},
        {"request": "threaten"},
    ],
)
def test_an_item_must_name_company_field_and_basis(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        item(**changes)


def test_personal_information_has_no_company() -> None:
    entry = item(kind=ItemKind.PERSONAL_INFORMATION, furnisher=None, account_masked=None, request=RequestKind.DELETE)
    assert entry.furnisher is None


def test_a_letter_holds_one_to_five_items_numbered_in_order() -> None:
    assert len(letter_facts(items=tuple(item(n) for n in range(1, ITEMS_MAX + 1))).items) == ITEMS_MAX
    for numbers in ((), (1, 3), (2, 1), (1, 2, 3, 4, 5, 6)):
        with pytest.raises(ValidationError):
            letter_facts(items=tuple(item(n) for n in numbers))


def test_the_social_security_number_must_end_in_its_last_four_digits_and_is_not_shown_in_errors() -> None:
    assert sender(full_ssn="900-12-3456").full_ssn == "900-12-3456"
    with pytest.raises(ValidationError) as refusal:
        sender(full_ssn="900-12-9999")
    assert "900-12-9999" not in str(refusal.value)
    assert "3456" not in repr(sender())


def test_name_and_suffix_fit_an_envelope_together() -> None:
    assert sender(suffix="Jr.").full_name == "Maria Elena Calloway Jr."
    with pytest.raises(ValidationError):
        sender(name="M" * 38, suffix="III")


def test_the_recipient_of_a_date_comes_from_the_address_book() -> None:
    recipient = Recipient.from_book(Bureau.TRANSUNION, date(2026, 12, 1))
    assert recipient.address == dispute_address(Bureau.TRANSUNION, date(2026, 12, 1)).address
    assert recipient.basis == "address_book"


def test_a_signature_has_an_instant_with_zone() -> None:
    with pytest.raises(ValidationError):
        Signature(name="Maria", signed_at=datetime(2026, 3, 3, 12, 0))  # noqa: DTZ001


def test_facts_survive_a_round_trip_through_json() -> None:
    facts = letter_facts()
    drawn = facts.signature.model_copy(update={"image_png": b"\x89PNG\xff"})
    facts = facts.model_copy(update={"signature": drawn})
    assert LetterFacts.model_validate_json(facts.model_dump_json()) == facts
