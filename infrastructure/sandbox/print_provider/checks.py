"""What Lob refuses: wrong fields, addresses that do not fit, files that cannot be printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Annotated, Any, Literal, TypeVar

import pikepdf
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from infrastructure.sandbox.print_provider.problems import Refused

_BYTES_MAX = 5_000_000
_LETTER_POINTS = (612.0, 792.0)
_STANDARD_FONT = re.compile(r"^/(Helvetica|Times|Courier|Symbol|ZapfDingbats)")

_Shape = TypeVar("_Shape", bound=BaseModel)
Metadata = dict[
    Annotated[str, StringConstraints(max_length=40, pattern=r'^[^"\\]+$')],
    Annotated[str, StringConstraints(max_length=500, pattern=r'^[^"\\]*$')],
]


class AddressIn(BaseModel):
    """An address as a request gives it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: str | None = Field(default=None, max_length=40)
    company: str | None = Field(default=None, max_length=40)
    address_line1: str = Field(min_length=1, max_length=64)
    address_line2: str | None = Field(default=None, max_length=64)
    address_city: str = Field(min_length=1, max_length=200)
    address_state: str = Field(pattern=r"^[a-zA-Z]{2}$")
    address_zip: str = Field(pattern=r"^\d{5}(-\d{4})?$")
    address_country: str = "US"
    phone: str | None = Field(default=None, max_length=40)
    email: str | None = Field(default=None, max_length=100)
    description: str | None = Field(default=None, max_length=255)
    metadata: Metadata = Field(default_factory=dict, max_length=20)

    @model_validator(mode="after")
    def _named(self) -> AddressIn:
        if not self.name and not self.company:
            raise ValueError("name or company is required")
        return self


AddressId = Annotated[str, StringConstraints(pattern=r"^adr_[a-zA-Z0-9]+$")]


class LetterIn(BaseModel):
    """The fields of a letter beside its file."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, populate_by_name=True)

    to: AddressId | AddressIn
    sender: AddressId | AddressIn = Field(alias="from")
    color: bool
    use_type: Literal["marketing", "operational"] | None = None
    double_sided: bool = True
    address_placement: Literal[
        "top_first_page", "insert_blank_page", "bottom_first_page", "bottom_first_page_center"
    ] = "top_first_page"
    mail_type: Literal["usps_first_class", "usps_standard"] = "usps_first_class"
    extra_service: Literal["certified", "certified_return_receipt"] | None = None
    size: Literal["us_letter"] = "us_letter"
    description: str | None = Field(default=None, max_length=255)
    metadata: Metadata = Field(default_factory=dict, max_length=20)

    @field_validator("color", "double_sided", mode="before")
    @classmethod
    def _plain_flag(cls, value: Any) -> Any:
        if value not in (True, False, "true", "false"):
            raise ValueError("must be true or false")
        return value in (True, "true")

    @model_validator(mode="after")
    def _fits_together(self) -> LetterIn:
        if self.extra_service and self.mail_type == "usps_standard":
            raise ValueError("extra_service needs usps_first_class")
        return self


def letter_fields(fields: Mapping[str, Any], lob_version: str) -> LetterIn:
    """Read the fields of a letter or refuse them by name, without repeating what they hold."""
    if "size" in fields and lob_version < "2024-01-01":
        raise Refused("invalid", "size is not allowed")
    letter = _read(LetterIn, fields)
    if letter.use_type is None:
        raise Refused("mail_use_type_can_not_be_null", "use_type must be one of marketing, operational")
    return letter


def address_fields(fields: Mapping[str, Any]) -> AddressIn:
    """Read an address for the address book."""
    return _read(AddressIn, fields)


def check_addresses(to: AddressIn, sender: AddressIn) -> None:
    """Refuse what cannot be written on the envelope."""
    if sender.address_country.upper() not in ("US", "UNITED STATES"):
        raise Refused("foreign_return_address", "from must be a US address")
    if to.address_country.upper() not in ("US", "UNITED STATES"):
        raise Refused("invalid_international_feature", "this provider mails inside the United States only")
    if len(to.address_line1) + len(to.address_line2 or "") > 50:
        raise Refused("address_length_exceeds_limit", "to.address_line1 and to.address_line2 hold 50 characters")


def check_pdf(pdf: bytes, double_sided: bool) -> int:
    """Refuse a file that cannot be printed. Returns its pages."""
    if len(pdf) > _BYTES_MAX:
        raise Refused("file_size_exceeds_limit", "file may hold 5 MB")
    if not pdf.startswith(b"%PDF-"):
        raise Refused("invalid_file", "file must be a PDF")
    try:
        with pikepdf.open(BytesIO(pdf)) as document:
            return _check_pages(document, double_sided)
    except pikepdf.PasswordError:
        raise Refused("pdf_encrypted", "file is encrypted") from None
    except pikepdf.PdfError:
        raise Refused("invalid_file", "file cannot be read as a PDF") from None


def _check_pages(document: pikepdf.Pdf, double_sided: bool) -> int:
    if document.is_encrypted:
        raise Refused("pdf_encrypted", "file is encrypted")
    pages = len(document.pages)
    if pages < 1:
        raise Refused("file_pages_below_min", "file needs a page")
    if pages > (120 if double_sided else 60):
        raise Refused("file_pages_exceed_max", "file has too many pages")
    sizes = {tuple(round(float(edge)) for edge in page.mediabox) for page in document.pages}
    if len(sizes) > 1:
        raise Refused("inconsistent_page_dimensions", "all pages must have one size")
    left, bottom, right, top = sizes.pop()
    if (right - left, top - bottom) != _LETTER_POINTS:
        raise Refused("invalid_file_dimensions", "pages must be 8.5 by 11 inches")
    for page in document.pages:
        _check_fonts(page)
    return pages


def _check_fonts(page: pikepdf.Page) -> None:
    fonts: Any = page.resources.get("/Font", {})
    for font in (fonts[name] for name in fonts.keys()):  # noqa: SIM118 - a PDF dictionary iterates differently
        kind = str(font.get("/Subtype"))
        if kind == "/Type3":
            continue
        described = font["/DescendantFonts"][0] if kind == "/Type0" else font
        descriptor: Any = described.get("/FontDescriptor", {})
        embedded = any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
        if not embedded and not (kind == "/Type1" and _STANDARD_FONT.match(str(font.get("/BaseFont")))):
            raise Refused("unembedded_fonts", "all fonts must be embedded")


def _read(shape: type[_Shape], fields: Mapping[str, Any]) -> _Shape:
    try:
        return shape.model_validate(dict(fields))
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"] if isinstance(part, str) and "[" not in part)
        raise Refused("invalid", f"{place or 'body'}: {first['msg']}") from None
