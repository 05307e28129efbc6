"""A postal address: carrier limits, one canonical text, and no repetition of what was typed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.addresses import STATES, PostalAddress, UnreadableAddress, printable_line

words = st.text(alphabet="abcdefghijklmnopqrstuvwxyzÀÉñ0123456789.#-'", min_size=1, max_size=20)
lines = st.lists(words, min_size=1, max_size=3).map(" ".join)
addresses = st.builds(
    PostalAddress,
    line1=lines,
    line2=st.none() | lines,
    city=lines,
    state=st.sampled_from(sorted(STATES)),
    zip_code=st.from_regex(r"[0-9]{5}(-[0-9]{4})?", fullmatch=True),
)


@given(addresses)
@settings(max_examples=100)
def test_the_canonical_text_reads_back_to_an_equal_address(address: PostalAddress) -> None:
    assert PostalAddress.parse(address.canonical) == address


def test_canonical_text_is_what_stands_on_the_envelope() -> None:
    address = PostalAddress(line1=" 12  Oak   St ", line2="Apt 4", city="Dayton", state="oh", zip_code="45402-1234")
    assert address.canonical == "12 Oak St\nApt 4\nDayton, OH 45402-1234"


@pytest.mark.parametrize(
    "change",
    [
        {"line1": ""},
        {"line1": "x" * 65},
        {"line2": "x" * 65},
        {"line2": "two\x00parts"},
        {"city": "x" * 201},
        {"city": "Dayton, Ohio"},
        {"city": "\u202eDayton"},
        {"state": "ZZ"},
        {"state": "Ohio"},
        {"zip_code": "4540"},
        {"zip_code": "45402-12"},
        {"zip_code": "٤٥٤٠٢"},
        {"country": "US"},
    ],
)
def test_what_a_carrier_would_refuse_is_refused(change: dict[str, str]) -> None:
    good = {"line1": "12 Oak St", "city": "Dayton", "state": "OH", "zip_code": "45402"}
    with pytest.raises(ValidationError):
        PostalAddress.model_validate(good | change)


def test_a_refusal_does_not_repeat_the_address() -> None:
    with pytest.raises(ValidationError) as refusal:
        PostalAddress(line1="12 Secret Lane", city="Dayton", state="QQ", zip_code="bad zip")
    assert "bad zip" not in str(refusal.value)
    assert "QQ" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dayton, OH 45402",
        "1 A\n2 B\n3 C\nDayton, OH 45402",
        "1 A\nDayton OH 45402",
        "\nDayton, OH 45402",
        "1 A\nDayton, QQ 45402",
    ],
)
def test_text_in_another_form_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableAddress) as refusal:
        PostalAddress.parse(text)
    assert refusal.value.code == "unreadable_address"
    assert "45402" not in refusal.value.message


def test_street_lines_over_fifty_characters_do_not_fit_an_envelope() -> None:
    short = PostalAddress(line1="x" * 30, line2="y" * 20, city="Dayton", state="OH", zip_code="45402")
    assert short.fits_envelope
    assert not short.model_copy(update={"line2": "y" * 21}).fits_envelope


def test_same_place_ignores_capitals_punctuation_and_plus_four() -> None:
    one = PostalAddress(line1="P.O. Box 2000", city="Chester", state="PA", zip_code="19016")
    other = PostalAddress(line1="PO BOX 2000", city="CHESTER", state="PA", zip_code="19016-2000")
    assert one.same_place(other)
    assert not one.same_place(other.model_copy(update={"zip_code": "19022"}))


def test_a_printed_line_is_composed_and_single_spaced() -> None:
    assert printable_line("  Jose\u0301   Pe\u00f1a ") == "José Peña"
    with pytest.raises(ValueError, match="control"):
        printable_line("a\u200bb")
