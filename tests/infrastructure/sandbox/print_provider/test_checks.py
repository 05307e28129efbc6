"""What cannot be printed or addressed."""

from __future__ import annotations

from io import BytesIO

import pikepdf
import pytest

from infrastructure.sandbox.print_provider.checks import AddressIn, check_addresses, check_pdf, letter_fields
from infrastructure.sandbox.print_provider.problems import Refused
from tests.support.posting import letter_pdf

ADDRESS = {
    "name": "Ann",
    "address_line1": "1 Way",
    "address_city": "Austin",
    "address_state": "TX",
    "address_zip": "73301",
}


def saved(document: pikepdf.Pdf, **options: object) -> bytes:
    file = BytesIO()
    document.save(file, **options)
    return file.getvalue()


def with_font(**entries: object) -> bytes:
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(612, 792))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, **entries)
    page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=document.make_indirect(font)))
    return saved(document)


def encrypted(user: str) -> bytes:
    document = pikepdf.open(BytesIO(letter_pdf()))
    return saved(document, encryption=pikepdf.Encryption(owner="owner", user=user))


def two_sizes() -> bytes:
    document = pikepdf.open(BytesIO(letter_pdf()))
    document.add_blank_page(page_size=(612, 1008))
    return saved(document)


def test_a_letter_is_counted_in_pages() -> None:
    assert check_pdf(letter_pdf(pages=3), double_sided=False) == 3


@pytest.mark.parametrize(
    ("pdf", "code"),
    [
        (b"", "invalid_file"),
        (b"Dear bureau", "invalid_file"),
        (b"%PDF-1.7 and then nothing", "invalid_file"),
        (b"%PDF-" + b"x" * 5_000_000, "file_size_exceeds_limit"),
        (letter_pdf(pages=0), "file_pages_below_min"),
        (letter_pdf(pages=61), "file_pages_exceed_max"),
        (letter_pdf(size=(595, 842)), "invalid_file_dimensions"),
        (two_sizes(), "inconsistent_page_dimensions"),
        (encrypted("user"), "pdf_encrypted"),
        (encrypted(""), "pdf_encrypted"),
        (with_font(Subtype=pikepdf.Name.TrueType, BaseFont=pikepdf.Name("/Arial")), "unembedded_fonts"),
    ],
)
def test_what_cannot_be_printed_is_refused_with_the_vendors_code(pdf: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_pdf(pdf, double_sided=False)
    assert (refused.value.code, refused.value.status) == (code, 422)


def test_two_sides_take_twice_the_pages_and_a_standard_font_needs_no_embedding() -> None:
    assert check_pdf(letter_pdf(pages=120), double_sided=True) == 120
    assert check_pdf(with_font(Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica), double_sided=True) == 1


def test_fields_are_read_and_flags_may_come_as_text() -> None:
    fields = {"to": ADDRESS, "from": "adr_1", "color": "true", "use_type": "operational", "metadata": {"a": "b"}}

    letter = letter_fields(fields, "2020-02-11")

    assert (letter.color, letter.double_sided, letter.sender, letter.metadata) == (True, True, "adr_1", {"a": "b"})


def test_an_address_abroad_cannot_send_or_receive() -> None:
    home = AddressIn.model_validate(ADDRESS)
    abroad = AddressIn.model_validate({**ADDRESS, "address_country": "CA"})

    assert check_addresses(home, home) is None
    with pytest.raises(Refused, match="foreign_return_address"):
        check_addresses(home, abroad)
    with pytest.raises(Refused, match="invalid_international_feature"):
        check_addresses(abroad, home)
