"""The person, who asked about them, court records and companies' addresses in the TrueLink tree."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from domain.bureaus import Bureau
from domain.credit_reports import (
    Employer,
    Inquiry,
    PersonalSection,
    PersonName,
    PublicRecord,
    ReportedAddress,
    Subscriber,
)
from domain.partial_dates import PartialDate
from infrastructure.reports import truelink_codes as codes
from infrastructure.reports.cursor import Cursor, UnreadableReport
from infrastructure.reports.fields import ssn, zip_code
from infrastructure.reports.truelink_tradelines import bureau_of, bureau_of_source

_Facts = defaultdict[Bureau, dict[str, list[object]]]


def read_personal(report: Cursor, refused: Counter[str]) -> tuple[PersonalSection, ...]:
    """What each bureau says about the person; parts without a bureau are refused and counted."""
    facts: _Facts = defaultdict(lambda: defaultdict(list))
    for borrower in report.children("borrower"):
        for part, field, found in _borrower_parts(borrower):
            bureau = bureau_of_source(part)
            if bureau is None:
                refused["borrower"] += 1
            elif found is not None and found not in facts[bureau][field]:
                facts[bureau][field].append(found)
            part.close()
        borrower.close()
    return tuple(
        PersonalSection.model_validate({"bureau": bureau, **{name: tuple(found) for name, found in parts.items()}})
        for bureau, parts in sorted(facts.items())
    )


def _borrower_parts(borrower: Cursor) -> Iterator[tuple[Cursor, str, object]]:
    for part in borrower.children("borrowerName"):
        yield part, "names", _name(part)
    for current, name in ((True, "borrowerAddress"), (False, "previousAddress")):
        for part in borrower.children(name):
            yield part, "addresses", _address(part, current)
    for part in borrower.children("birth"):
        yield part, "birth_dates", _birth(part)
    for partition in borrower.children("socialPartition"):
        for part in partition.children("social"):
            yield part, "ssns", ssn(part.text("socialSecurityNumber"))
        partition.close()
    for part in borrower.children("employer"):
        employer = part.text("name")
        yield part, "employers", Employer(name=employer, reported=part.day("dateReported")) if employer else None


def _name(part: Cursor) -> PersonName | None:
    name = part.child("name")
    _, kind = part.code("nameType")
    found = PersonName(
        first=name.text("first"),
        middle=name.text("middle"),
        last=name.text("last"),
        suffix=name.text("suffix"),
        kind=kind,
    )
    name.close()
    return found if found.first or found.last else None


def _address(part: Cursor, current: bool) -> ReportedAddress | None:
    found = read_address(part.child("creditAddress"))
    return found and found.model_copy(update={"reported": part.day("dateReported"), "current": current})


def read_address(address: Cursor) -> ReportedAddress | None:
    """A street address, from its parts or from the unparsed line."""
    number, name = address.text("houseNumber"), address.text("streetName")
    kind, unparsed = address.text("streetType"), address.text("unparsedStreet")
    direction = address.text("direction")
    street = unparsed or " ".join(part for part in (number, direction, name, kind) if part) or None
    found = ReportedAddress(
        street=street,
        unit=address.text("unit"),
        city=address.text("city"),
        state=address.text("stateCode"),
        postal_code=zip_code(address.text("postalCode")),
    )
    address.close()
    return found if found.street or found.city or found.postal_code else None


def _birth(part: Cursor) -> PartialDate | None:
    if part.has("date"):
        return part.day("date")
    born = part.child("birthDate")
    year, month, day = (born.text(name) for name in ("year", "month", "day"))
    born.close()
    if year is None:
        return None
    month = None if month in ("0", "00") else month
    parts = {"year": year, "month": month, "day": day if month and day not in ("0", "00") else None}
    if not all(value is None or re.fullmatch(r"[0-9]{1,4}", value) for value in parts.values()):
        raise UnreadableReport(born.place, "a date of birth")
    try:
        return PartialDate.model_validate(parts, strict=False)
    except ValueError:
        raise UnreadableReport(born.place, "a date of birth") from None


def read_inquiries(report: Cursor, refused: Counter[str]) -> tuple[Inquiry, ...]:
    """Who asked about the person, per bureau."""
    found: list[Inquiry] = []
    for partition in report.children("inquiryPartition"):
        for row in partition.children("inquiry"):
            bureau = bureau_of(row)
            if bureau is None:
                refused["inquiry"] += 1
            else:
                symbol, kind = row.code("inquiryType")
                found.append(
                    Inquiry(
                        bureau=bureau,
                        subscriber_name=row.text("subscriberName"),
                        subscriber_code=row.text("subscriberNumber"),
                        inquired_on=row.day("inquiryDate"),
                        kind=kind,
                        industry=row.code("industryCode")[1],
                        hard=codes.is_hard(symbol, kind),
                    )
                )
            row.close()
        partition.close()
    return tuple(found)


def read_public_records(report: Cursor, refused: Counter[str]) -> tuple[PublicRecord, ...]:
    """Court records. The vendor's own name for the list is misspelt; both spellings are read."""
    found: list[PublicRecord] = []
    for name in ("pulblicRecordPartition", "publicRecordPartition"):
        for partition in report.children(name):
            for row in partition.children("publicRecord"):
                bureau = bureau_of(row)
                if bureau is None:
                    refused["public_record"] += 1
                else:
                    found.append(_public_record(row, bureau))
                row.close()
            partition.close()
    return tuple(found)


def _public_record(row: Cursor, bureau: Bureau) -> PublicRecord:
    bankruptcy = row.child("bankruptcy")
    record = PublicRecord(
        bureau=bureau,
        classification=row.code("classification")[1],
        kind=row.code("type")[1],
        status=row.code("status")[1],
        filed=row.day("dateFiled"),
        resolved=bankruptcy.day("dateResolved"),
        reference_number=row.text("referenceNumber"),
        court_name=row.text("courtName"),
        asset_amount=bankruptcy.cents("assetAmount"),
        liability_amount=bankruptcy.cents("liabilityAmount"),
    )
    bankruptcy.close()
    return record


def read_subscribers(report: Cursor) -> tuple[Subscriber, ...]:
    """Companies with the addresses they can be written to; shared by all bureaus when no bureau is named."""
    found: list[Subscriber] = []
    for row in report.children("subscriber"):
        found.append(
            Subscriber(
                bureau=bureau_of_source(row),
                name=row.text("name"),
                code=row.text("subscriberCode"),
                telephone=row.text("telephone"),
                address=read_address(row.child("creditAddress")),
            )
        )
        row.close()
    return tuple(found)
