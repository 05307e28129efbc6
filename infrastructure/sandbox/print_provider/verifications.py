"""Address verification with Lob's published test values; any other US address is deliverable.

Source: Lob API reference, "US Verifications Test Environment".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from infrastructure.sandbox.print_provider.problems import Refused
from infrastructure.sandbox.print_provider.schedule import is_po_box


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    address: str | None = Field(default=None, min_length=1, max_length=500)
    recipient: str | None = Field(default=None, max_length=500)
    primary_line: str | None = Field(default=None, min_length=1, max_length=200)
    secondary_line: str = Field(default="", max_length=200)
    urbanization: str = Field(default="", max_length=200)
    city: str = Field(default="", max_length=200)
    state: str = Field(default="", max_length=50)
    zip_code: str = Field(default="", pattern=r"^(\d{5}(-?\d{4})?)?$")

    @model_validator(mode="after")
    def _enough(self) -> _Query:
        if (self.address is None) == (self.primary_line is None):
            raise ValueError("primary_line or address is required, not both")
        if self.primary_line and not self.zip_code and not (self.city and self.state):
            raise ValueError("zip_code or city and state are required")
        return self


@dataclass(frozen=True)
class _Sample:
    deliverability: str
    record_type: str = "street"
    zip_code_type: str = "standard"
    address_type: str = "residential"
    state: str = ""
    dpv: tuple[str, ...] = ("AA", "BB")
    confirmation: str = "Y"


_DELIVERABLE: Final = "deliverable"
_SAMPLES: Final[Mapping[str, _Sample]] = {
    "commercial highrise": _Sample(_DELIVERABLE, "highrise", address_type="commercial"),
    "residential highrise": _Sample(_DELIVERABLE, "highrise"),
    "residential house": _Sample(_DELIVERABLE),
    "po box": _Sample(_DELIVERABLE, "po_box", "po_box"),
    "rural route": _Sample(_DELIVERABLE, "rural_route"),
    "puerto rico": _Sample(_DELIVERABLE, state="PR"),
    "military": _Sample(_DELIVERABLE, "street", "military", state="AE", dpv=("AA", "BB", "F1")),
    "department of state": _Sample(_DELIVERABLE, "firm", "unique", "commercial", state="DC", dpv=("AA", "BB", "U1")),
    "deliverable": _Sample(_DELIVERABLE),
    "missing unit": _Sample("deliverable_missing_unit", "highrise", dpv=("AA", "N1"), confirmation="D"),
    "incorrect unit": _Sample("deliverable_incorrect_unit", "highrise", dpv=("AA", "CC"), confirmation="S"),
    "unnecessary unit": _Sample("deliverable_unnecessary_unit", dpv=("AA", "CC"), confirmation="S"),
    "undeliverable block match": _Sample("undeliverable", dpv=("AA", "M3"), confirmation="N"),
    "undeliverable no match": _Sample("undeliverable", "", "", "", dpv=("A1",), confirmation=""),
}


def sample_for(line: str) -> str:
    """The deliverability of a street line under Lob's test values."""
    sample = _SAMPLES.get(line.strip().lower())
    return sample.deliverability if sample else _DELIVERABLE


def verification_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The verification object for a request. Raises `Refused` when fields are missing or wrong."""
    try:
        query = _Query.model_validate(dict(fields))
    except ValidationError as wrong:
        raise Refused("invalid", str(wrong.errors(include_input=False)[0]["msg"])) from None
    line = query.primary_line or query.address or ""
    sample = _SAMPLES.get(line.strip().lower())
    if sample is None:
        box = is_po_box(line)
        sample = _Sample(_DELIVERABLE, "po_box" if box else "street", "po_box" if box else "standard")
    zip_code, plus_4 = query.zip_code[:5] or "11111", query.zip_code.replace("-", "")[5:] or "0001"
    state = sample.state or query.state.upper()[:2] or "CA"
    city = query.city.upper() or "SAN FRANCISCO"
    found = sample.confirmation != ""
    return {
        "id": f"us_ver_{sha256(repr(sorted(fields.items())).encode()).hexdigest()[:16]}",
        "recipient": "TEST KEYS DO NOT VERIFY ADDRESSES",
        "primary_line": line.upper(),
        "secondary_line": query.secondary_line.upper(),
        "urbanization": query.urbanization.upper(),
        "last_line": f"{city} {state} {zip_code}-{plus_4}",
        "deliverability": sample.deliverability,
        "valid_address": sample.deliverability == _DELIVERABLE,
        "components": _components(line, sample, (city, state, zip_code, plus_4), found),
        "deliverability_analysis": _analysis(sample),
        "lob_confidence_score": {"score": 100 if found else None, "level": "high" if found else ""},
        "object": "us_verification",
    }


def _components(line: str, sample: _Sample, place: tuple[str, str, str, str], found: bool) -> dict[str, Any]:
    number, _, street = line.upper().rpartition(" ") if is_po_box(line) else line.upper().partition(" ")
    city, state, zip_code, plus_4 = place
    blank = dict.fromkeys(
        (
            "street_predirection", "street_suffix", "street_postdirection", "secondary_designator", "secondary_number",
            "pmb_designator", "pmb_number", "extra_secondary_designator", "extra_secondary_number",
        ),
        "",
    )  # fmt: skip
    return {
        **blank,
        "primary_number": street if is_po_box(line) else number,
        "street_name": number if is_po_box(line) else street,
        "city": city,
        "state": state,
        "zip_code": zip_code,
        "zip_code_plus_4": plus_4,
        "zip_code_type": sample.zip_code_type,
        "delivery_point_barcode": f"{zip_code}{plus_4}000" if found else "",
        "address_type": sample.address_type,
        "record_type": sample.record_type,
        "default_building_address": False,
        "county": "SAN FRANCISCO" if state == "CA" else "",
        "county_fips": "06075" if state == "CA" else "00000",
        "carrier_route": "C001",
        "carrier_route_type": "po_box" if sample.record_type == "po_box" else "city_delivery",
        "po_box_only_flag": "N",
        "latitude": None,
        "longitude": None,
    }


def _analysis(sample: _Sample) -> dict[str, Any]:
    unknown = dict.fromkeys(
        (
            "dpv_inactive_reason", "dpv_throwback", "dpv_non_delivery_day_flag", "dpv_non_delivery_day_values",
            "dpv_no_secure_location", "dpv_door_not_accessible", "lacs_indicator", "lacs_return_code",
            "suite_return_code",
        ),
        "",
    )  # fmt: skip
    return {
        **unknown,
        "dpv_confirmation": sample.confirmation,
        "dpv_cmra": "N",
        "dpv_vacant": "N",
        "dpv_active": "Y" if sample.confirmation == "Y" else "N",
        "dpv_footnotes": list(sample.dpv),
        "ews_match": False,
    }
