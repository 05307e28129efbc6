"""Equifax's own consumer credit report in JSON: `consumers.equifaxUSConsumerCreditReport[]`.

Certain, from Equifax's published description of the format and its test reports: the names of the fields, dates
as `MMDDYYYY` with day 00 where only the month is known, coded values as `{code, description}`, and the payment
history of `equifax_trades`. Not certain, and therefore left in the archive: what an inquiry's `type` says about
hard and soft looks, and the asker's own data in `identification`, which is not what the bureau has on file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from domain.bureaus import Bureau
from domain.credit_reports import (
    CanonicalReport,
    PersonalSection,
    PublicRecord,
    ReportedAddress,
    ReportFormat,
    Subscriber,
)
from infrastructure.reports import native
from infrastructure.reports.cursor import Cursor, Tally, as_day
from infrastructure.reports.equifax_trades import read_collections, read_trades
from infrastructure.reports.truelink_tree import read_tree

PARSER_VERSION: Final = 1
_INQUIRY: Final = {
    "subscriber_name": "customerName",
    "subscriber_code": "customerNumber",
    "inquired_on": "inquiryDate",
    "industry": "industryCode",
}
_PLACE: Final = "/consumers/0/equifaxUSConsumerCreditReport"


def parse(raw: bytes, *, pulled_on: date | None = None, latest: date = date.max) -> CanonicalReport:
    """Read one Equifax report. Raises UnreadableReport with the place; never any other error."""
    tree, _ = read_tree(raw)
    tally = Tally()
    consumers = Cursor(tree, "", tally).child("consumers")
    report = native.the_one(
        consumers.children("equifaxUSConsumerCreditReport"), _PLACE, "exactly one Equifax credit report"
    )
    place = f"{report.place}/reportDate"
    says = as_day(report.digits("reportDate"), place)
    pulled = native.pulled_on(says, pulled_on, latest, place, "the date of the report")
    subscribers = tuple(_subscribers(report))
    names = {known.code: known.name for known in subscribers if known.code}
    canonical = native.single_bureau(
        Bureau.EQUIFAX,
        ReportFormat.EQUIFAX_JSON,
        PARSER_VERSION,
        pulled,
        [*read_trades(report), *read_collections(report, names)],
        _person(report),
        native.first_score(report.children("models")),
        inquiries=tuple(native.inquiries(Bureau.EQUIFAX, report.children("inquiries"), _INQUIRY)),
        public_records=tuple(_bankruptcies(report)),
        subscribers=subscribers,
        deceased=report.has("deathDate") or None,
    )
    report.close()
    return native.tallied(canonical, tally)


def _person(report: Cursor) -> PersonalSection:
    names: list[object] = []
    for field, kind in (("subjectName", "primary"), ("formerNames", "former")):
        for part in report.children(field):
            middle = part.text("middleName") or part.text("middleInitial")
            names += native.named(part.text("firstName"), middle, part.text("lastName"), part.text("suffix"), kind=kind)
            part.close()
    return native.person(
        Bureau.EQUIFAX,
        names=names,
        birth_dates=[report.digits("birthDate")],
        ssns=[native.plain_ssn(report.text("subjectSocialNum"))],
        addresses=list(_addresses(report)),
        employers=list(native.employers(report.children("employments"), "employer", "dateLastReported")),
    )


def _addresses(report: Cursor) -> Iterator[ReportedAddress]:
    for part in report.children("addresses"):
        pieces = [part.text(name) for name in ("houseNumber", "streetName", "streetType")]
        yield ReportedAddress(
            street=part.text("addressLine1") or " ".join(piece for piece in pieces if piece) or None,
            city=part.text("cityName"),
            state=part.text("stateAbbreviation"),
            postal_code=native.full_zip(part.text("zipCode")),
            reported=part.digits("dateLastReported"),
            current=part.text("addressType") == "current",
        )
        part.close()


def _bankruptcies(report: Cursor) -> Iterator[PublicRecord]:
    for row in report.children("bankruptcies"):
        code, words = row.coded("currentIntentOrDispositionCode")
        yield PublicRecord(
            bureau=Bureau.EQUIFAX,
            classification="Bankruptcy",
            kind=row.text("type"),
            status=words or code,
            filed=row.digits("dateFiled"),
            resolved=row.digits("currentDispositionDate") or row.digits("dispositionDate"),
            reference_number=row.text("caseNumber"),
        )
        row.close()


def _subscribers(report: Cursor) -> Iterator[Subscriber]:
    for row in report.children("onlineDirectory"):
        lines = [row.text("addressLine1"), row.text("addressLine2")]
        address = ReportedAddress(
            street=", ".join(line for line in lines if line) or None,
            city=row.text("city"),
            state=row.text("stateAbbreviation"),
            postal_code=native.full_zip(row.text("zipCode")),
        )
        yield Subscriber(
            bureau=Bureau.EQUIFAX,
            name=row.text("customerName"),
            code=row.text("customerNumber"),
            telephone=row.text("telephoneNumber"),
            address=address if address.street or address.city else None,
        )
        row.close()
