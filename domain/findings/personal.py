"""Personal data that is not the consumer's: the mark of a mixed file, or simply wrong.

These findings quote personal data; SSNs are masked to the last four digits even so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Final

from domain.credit_reports import PersonalSection, PersonName, ReportedAddress
from domain.findings.model import ConsumerProfile, DisputeReason, FieldValue, LetterType, Observation
from domain.findings.registry import Scan, detector
from domain.partial_dates import PartialDate

_SUFFIXES: Final = {"JUNIOR": "JR", "SENIOR": "SR", "2": "II", "2ND": "II", "3": "III", "3RD": "III"}
_STREET_WORDS: Final = frozenset(
    {"N", "S", "E", "W", "NORTH", "SOUTH", "EAST", "WEST", "NE", "NW", "SE", "SW", "PO", "P", "O", "BOX"}
)
_ALSO_KNOWN: Final = re.compile(r"alias|also|aka|former|maiden|spouse", re.I)


def _plain(text: str | None) -> str:
    return re.sub(r"[^A-Z0-9]", "", (text or "").upper())


def _suffix(name: PersonName) -> str:
    suffix = _plain(name.suffix)
    return _SUFFIXES.get(suffix, suffix)


def written(name: PersonName) -> str:
    """A name on one line."""
    return " ".join(part for part in (name.first, name.middle, name.last, name.suffix) if part)


def place(address: ReportedAddress) -> str:
    """An address on one line."""
    street = " ".join(part for part in (address.street, address.unit) if part)
    region = " ".join(part for part in (address.state, address.postal_code) if part)
    return ", ".join(part for part in (street, address.city, region) if part)


def _variant(section: PersonalSection, field: str, label: str, printed: str, said: str, confidence: int) -> Observation:
    bureau = section.bureau
    return Observation(
        bureaus=(bureau,),
        group=None,
        values=(FieldValue(bureau=bureau, field=f"personal.{field}", label=label, printed=printed),),
        confidence=confidence,
        assertable=f"{bureau.display_name} reports {said}.",
        needs_consumer_confirm=True,
        sensitive=True,
    )


@detector(
    "D44",
    version=1,
    name="name_ssn_dob_variant",
    reason=DisputeReason.MIXED_FILE,
    letter=LetterType.MIXED_FILE,
    legal_strength=4,
    score_harm=4,
)
def name_ssn_dob_variant(scan: Scan) -> Iterator[Observation]:
    """A name, SSN or birth date that differs from the consumer's, or between bureaus when none was told."""
    for section in scan.report.personal:
        if scan.profile is not None:
            yield from _other_names(section, scan.profile)
            yield from _other_ssns(section, scan.profile)
            yield from _other_births(section, scan.profile)
    if scan.profile is None or scan.profile.ssn is None:
        yield from _ssns_between_bureaus(scan.report.personal)


def _other_names(section: PersonalSection, profile: ConsumerProfile) -> Iterator[Observation]:
    if not profile.names:
        return
    for name in section.names:
        if _ALSO_KNOWN.search(name.kind or "") or any(_same_name(name, own) for own in profile.names):
            continue
        own = written(profile.names[0])
        said = f'the name "{written(name)}", which is not the consumer\'s name "{own}"'
        yield _variant(section, "name", "name", written(name), said, 80)


def _same_name(printed: PersonName, own: PersonName) -> bool:
    first, own_first = _plain(printed.first), _plain(own.first)
    firsts = not first or not own_first or first == own_first or (len(first) == 1 and own_first.startswith(first))
    lasts = _plain(printed.last) == _plain(own.last)
    suffixes = not _suffix(printed) or _suffix(printed) == _suffix(own)
    return firsts and lasts and suffixes


def _other_ssns(section: PersonalSection, profile: ConsumerProfile) -> Iterator[Observation]:
    for ssn in section.ssns:
        if profile.ssn and not _same_ssn(ssn, profile.ssn):
            said = f"a Social Security number ending in {ssn[-4:]}; the consumer's ends in {profile.ssn[-4:]}"
            if ssn[-4:] == profile.ssn[-4:]:
                said = f"a Social Security number ending in {ssn[-4:]} whose other digits are not the consumer's"
            yield _variant(section, "ssn", "Social Security number", f"***-**-{ssn[-4:]}", said, 90)


def _same_ssn(one: str, other: str) -> bool:
    """Compare the digits that both show; masked digits (X or *) agree with any."""
    length = min(len(one), len(other))
    pairs = zip(one[-length:], other[-length:], strict=True)
    return all(left == right or "X" in (left, right) or "*" in (left, right) for left, right in pairs)


def _ssns_between_bureaus(sections: tuple[PersonalSection, ...]) -> Iterator[Observation]:
    shown = [(section, ssn) for section in sections for ssn in section.ssns]
    if any(not _same_ssn(one, other) for (_, one), (_, other) in combinations(shown, 2)):
        stated = ", ".join(f"ending in {ssn[-4:]} ({section.bureau.display_name})" for section, ssn in shown)
        yield Observation(
            bureaus=tuple(sorted({section.bureau for section, _ in shown})),
            group=None,
            values=tuple(
                FieldValue(
                    bureau=section.bureau,
                    field="personal.ssn",
                    label="Social Security number",
                    printed=f"***-**-{ssn[-4:]}",
                )
                for section, ssn in shown
            ),
            confidence=70,
            assertable=f"The reports show different Social Security numbers: {stated}; at least one may be wrong.",
            needs_consumer_confirm=True,
            sensitive=True,
        )


def _other_births(section: PersonalSection, profile: ConsumerProfile) -> Iterator[Observation]:
    for born in section.birth_dates:
        if profile.born is not None and not _may_be_same(born, profile.born):
            said = f"the birth date {born}; the consumer was born on {profile.born}"
            yield _variant(section, "birth_date", "date of birth", str(born), said, 88)


def _may_be_same(one: PartialDate, other: PartialDate) -> bool:
    return one.days_apart(other) == 0


@detector(
    "D45",
    version=1,
    name="unknown_address_employer",
    reason=DisputeReason.PERSONAL_INFO,
    letter=LetterType.PERSONAL_INFO_CORRECTION,
    legal_strength=3,
    score_harm=1,
)
def unknown_address_employer(scan: Scan) -> Iterator[Observation]:
    """An address or employer that the consumer has not named as theirs."""
    if scan.profile is None:
        return
    known = {_door(address) for address in scan.profile.addresses}
    employers = {_plain(name) for name in scan.profile.employers}
    for section in scan.report.personal:
        for address in section.addresses:
            if known and address.street and _door(address) not in known:
                said = f'the address "{place(address)}", which is not among the addresses the consumer has given'
                yield _variant(section, "address", "address", place(address), said, 75)
        for employer in section.employers:
            if employers and _plain(employer.name) not in employers:
                said = f'the employer "{employer.name}", which the consumer has not named'
                yield _variant(section, "employer", "employer", employer.name, said, 65)


def _door(address: ReportedAddress) -> tuple[str, str, str]:
    """House number, first word of the street's name, five-digit ZIP: what spelling variants keep in common."""
    words = re.findall(r"[A-Z0-9]+", (address.street or "").upper())
    number = words[0] if words else ""
    rest = [word for word in words[1:] if word not in _STREET_WORDS]
    return number, rest[0] if rest else "", (address.postal_code or "")[:5]
