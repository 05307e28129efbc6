"""A United States postal address, as a letter and a carrier need it."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Final, Self

from pydantic import AfterValidator, ConfigDict, Field

from domain.kernel import Invalid, Value

_STATE_CODES: Final = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR"
    " PA RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR VI FM MH PW AA AE AP"
)
STATES: Final = frozenset(_STATE_CODES.split())
"""Two-letter codes of the Postal Service: states, the District, territories, associated states, armed forces."""
_STATE_PATTERN: Final = "^(" + "|".join("".join(f"[{c}{c.lower()}]" for c in code) for code in sorted(STATES)) + ")$"

ENVELOPE_CHARACTERS_MAX: Final = 50
"""A recipient's two street lines together may not be longer (Lob: `address_length_exceeds_limit`)."""


class UnreadableAddress(Invalid):
    """The text is not an address in the canonical form."""

    code = "unreadable_address"


def printable_line(text: str) -> str:
    """One printable line: composed characters, single blanks. Control and invisible characters are refused."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if line.isascii() and line.isprintable():
        return line
    if any(unicodedata.category(character).startswith("C") for character in line):
        raise ValueError("holds a control, private or invisible character; type the text again")
    return line


Line = Annotated[str, AfterValidator(printable_line), Field(json_schema_extra={"format": "line"})]
"""Text that fits on a line of print."""


def _upper(text: str) -> str:
    return text.upper()


def _known_state(code: str) -> str:
    if code not in STATES:
        raise ValueError("is not a two-letter state code of the Postal Service")
    return code


def _no_comma(text: str) -> str:
    if "," in text:
        raise ValueError("holds a comma; give the state in its own field")
    return text


class PostalAddress(Value):
    """Where paper reaches someone. Street lines up to 64 characters, city up to 200 (Lob's limits)."""

    model_config = ConfigDict(hide_input_in_errors=True)

    line1: Annotated[Line, Field(min_length=1, max_length=64)]
    line2: Annotated[Line | None, Field(max_length=64)] = None
    city: Annotated[Line, AfterValidator(_no_comma), Field(min_length=1, max_length=200)]
    state: Annotated[
        str,
        AfterValidator(printable_line),
        AfterValidator(_upper),
        AfterValidator(_known_state),
        Field(json_schema_extra={"pattern": _STATE_PATTERN}),
    ]
    zip_code: Annotated[str, Field(pattern=r"^[0-9]{5}(-[0-9]{4})?$")]

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines as written on an envelope, without the name."""
        street = (self.line1, self.line2) if self.line2 else (self.line1,)
        return (*street, f"{self.city}, {self.state} {self.zip_code}")

    @property
    def canonical(self) -> str:
        """The one multi-line text form; `parse` reads it back to an equal address."""
        return "\n".join(self.lines)

    @property
    def fits_envelope(self) -> bool:
        """Whether a print provider will accept it as a recipient's address."""
        return len(self.line1) + len(self.line2 or "") <= ENVELOPE_CHARACTERS_MAX

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the canonical form. Raises `UnreadableAddress` without repeating the text."""
        *street, last = text.split("\n")
        place = _LAST_LINE.fullmatch(last)
        if place is None or not 1 <= len(street) <= 2:
            raise UnreadableAddress("write one or two street lines, then a last line 'City, ST 12345'")
        try:
            return cls(
                line1=street[0],
                line2=street[1] if len(street) == 2 else None,
                city=place["city"],
                state=place["state"],
                zip_code=place["zip"],
            )
        except ValueError:
            raise UnreadableAddress("a line is empty, too long, or names no state of the Postal Service") from None

    def same_place(self, other: PostalAddress) -> bool:
        """Equal but for capitals, punctuation and the last four digits of the ZIP code."""
        return _key(self) == _key(other)


_LAST_LINE: Final = re.compile(r"(?P<city>[^,]+), (?P<state>[A-Z]{2}) (?P<zip>[0-9]{5}(-[0-9]{4})?)")


def _key(address: PostalAddress) -> tuple[str, str, str, str]:
    street = re.sub(r"[^a-z0-9]", "", f"{address.line1}{address.line2 or ''}".casefold())
    city = re.sub(r"[^a-z0-9]", "", address.city.casefold())
    return street, city, address.state, address.zip_code[:5]
