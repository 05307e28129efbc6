"""The person, scores, who asked about them, court records and creditors' addresses in a MISMO response.

Each bureau's own statement about the person stands in its `CREDIT_FILE`. The `BORROWER` beside them is whom the
report was ordered for, so it is nobody's statement and is not read.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

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
from infrastructure.reports import mismo_codes as codes
from infrastructure.reports.cursor import Cursor
from infrastructure.reports.fields import ssn, zip_code
from infrastructure.reports.mismo_repositories import Files, Repositories

_Facts = defaultdict[Bureau, dict[str, list[object]]]
_SCORE: Final = re.compile(r"\+?0*([1-9][0-9]{2})")
_KINDS_OF_RECORD: Final = (("bankruptcy", "Bankruptcy"), ("lien", "Tax lien"), ("judgment", "Judgment"))


def read_files(response: Cursor, refused: Counter[str]) -> tuple[tuple[PersonalSection, ...], set[Bureau]]:
    """What each bureau says about the person, and which bureaus returned a file at all."""
    facts: _Facts = defaultdict(lambda: defaultdict(list))
    returned: set[Bureau] = set()
    for file in response.children("CREDIT_FILE"):
        bureau = Repositories(file).bureau
        file.text("CreditFileID")
        status = codes.plain(file.text("_ResultStatusType"))
        if bureau is None:
            refused["credit_file"] += 1
        elif status in ("", "filereturned"):
            returned.add(bureau)
        for borrower in file.children("_BORROWER"):
            for field, found in _person(borrower):
                if bureau is not None and found is not None and found not in facts[bureau][field]:
                    facts[bureau][field].append(found)
            borrower.close()
        file.close()
    personal = tuple(
        PersonalSection.model_validate({"bureau": bureau, **{name: tuple(found) for name, found in parts.items()}})
        for bureau, parts in sorted(facts.items())
    )
    return personal, returned


def _person(borrower: Cursor) -> Iterator[tuple[str, object]]:
    yield "names", _name(borrower, None)
    for alias in borrower.children("_ALIAS"):
        yield "names", _name(alias, "Alias")
        alias.close()
    yield "birth_dates", borrower.day("_BirthDate")
    number = ssn(borrower.text("_SSN"))
    yield "ssns", number if number and re.search(r"[0-9]", number) else None
    for residence in borrower.children("_RESIDENCE"):
        yield "addresses", _residence(residence)
    for employer in borrower.children("EMPLOYER"):
        name, reported = employer.text("_Name"), employer.day("EmploymentReportedDate")
        yield "employers", Employer(name=name, reported=reported) if name else None
        employer.close()


def _name(part: Cursor, kind: str | None) -> PersonName | None:
    found = PersonName(
        first=part.text("_FirstName"),
        middle=part.text("_MiddleName"),
        last=part.text("_LastName"),
        suffix=part.text("_NameSuffix"),
        kind=kind,
    )
    return found if found.first or found.last else None


def _residence(part: Cursor) -> ReportedAddress | None:
    current = codes.plain(part.text("BorrowerResidencyType")) == "current"
    reported = part.day("_DateReported")
    found = _address(part)
    return found and found.model_copy(update={"reported": reported, "current": current})


def _address(part: Cursor) -> ReportedAddress | None:
    """A street address from its line, or from its parts where the line is left out."""
    parsed = part.child("PARSED_STREET_ADDRESS")
    pieces = [parsed.text(f"_{name}") for name in ("HouseNumber", "DirectionPrefix", "StreetName", "StreetSuffix")]
    found = ReportedAddress(
        street=part.text("_StreetAddress") or " ".join(piece for piece in pieces if piece) or None,
        unit=part.text("_StreetAddress2") or parsed.text("_ApartmentOrUnit"),
        city=part.text("_City"),
        state=part.text("_State"),
        postal_code=zip_code(part.text("_PostalCode")),
    )
    parsed.close()
    part.close()
    return found if found.street or found.city or found.postal_code else None


def read_scores(response: Cursor, files: Files, refused: Counter[str]) -> dict[Bureau, int]:
    """The first score of each bureau. Reason codes that stand in a score's place are no scores."""
    scores: dict[Bureau, int] = {}
    for row in response.children("CREDIT_SCORE"):
        bureau = Repositories(row, files).bureau
        score = _SCORE.fullmatch(row.text("_Value") or "")
        if bureau is None:
            refused["score"] += 1
        elif score:
            scores.setdefault(bureau, int(score[1]))
        row.close()
    return scores


def read_inquiries(response: Cursor, files: Files, refused: Counter[str]) -> tuple[Inquiry, ...]:
    """Who asked about the person. These reports list only looks made for an application."""
    found: list[Inquiry] = []
    for row in response.children("CREDIT_INQUIRY"):
        source = Repositories(row, files)
        if source.bureau is None:
            refused["inquiry"] += 1
        else:
            found.append(
                Inquiry(
                    bureau=source.bureau,
                    subscriber_name=row.text("_Name"),
                    subscriber_code=source.subscriber_code,
                    inquired_on=row.day("_Date"),
                    kind=row.text("_PurposeType"),
                    industry=row.text("CreditBusinessType") or row.text("RawIndustryText"),
                    hard=True,
                )
            )
        row.close()
    return tuple(found)


def read_public_records(response: Cursor, files: Files, refused: Counter[str]) -> tuple[PublicRecord, ...]:
    """Court records."""
    found: list[PublicRecord] = []
    for row in response.children("CREDIT_PUBLIC_RECORD"):
        bureau = Repositories(row, files).bureau
        if bureau is None:
            refused["public_record"] += 1
        else:
            kind = row.text("_Type")
            found.append(
                PublicRecord(
                    bureau=bureau,
                    classification=next((name for part, name in _KINDS_OF_RECORD if part in codes.plain(kind)), None),
                    kind=kind,
                    status=row.text("_DispositionType"),
                    filed=row.day("_FiledDate"),
                    resolved=row.day("_DispositionDate"),
                    reference_number=row.text("_DocketIdentifier"),
                    court_name=row.text("_CourtName"),
                    asset_amount=row.cents("_BankruptcyAssetsAmount"),
                    liability_amount=row.cents("_BankruptcyLiabilitiesAmount"),
                )
            )
        row.close()
    return tuple(found)


def read_subscribers(response: Cursor, files: Files) -> tuple[Subscriber, ...]:
    """The creditors of the account rows that belong to one bureau, each once, with where they can be written to."""
    found: dict[Subscriber, None] = {}
    for row in response.children("CREDIT_LIABILITY"):
        source = Repositories(row, files)
        creditor = row.child("_CREDITOR")
        name = creditor.text("_Name")
        contact = creditor.child("CONTACT_DETAIL").child("CONTACT_POINT")
        if source.bureau and name:
            found[
                Subscriber(
                    bureau=source.bureau,
                    name=name,
                    code=source.subscriber_code,
                    telephone=creditor.text("_Phone") or contact.text("_Value"),
                    address=_address(creditor),
                )
            ] = None
    return tuple(found)
