"""Experian's own consumer credit report in JSON: `creditProfile[]`.

Experian publishes no open description of it. Certain, because several independent readers and test reports agree:
the sections and the names of their fields, dates as `MMDDYYYY` and the report's own in `headerRecord.y2kReportedDate`,
zero-padded amounts with UNKNOWN for none, and the payment history of `experian_trades`. What the codes mean comes from
Experian's glossary of account conditions and payment status, as far as it is public; it stands in `experian_codes`,
whose tables are meant to be corrected. Uncertain and therefore not read: `firstDelinquencyDate`, which is described
as the MOST RECENT delinquency, so that no seven years can be counted from it, and `fraudShield.dateOfDeath`, which
speaks of the Social Security number. `inquiry.type` is kept as printed and says nothing about hard and soft looks.
"""

from __future__ import annotations

import re
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
from domain.partial_dates import PartialDate
from infrastructure.reports import native
from infrastructure.reports.cursor import Cursor, Tally, UnreadableReport, as_day
from infrastructure.reports.experian_codes import ABSENT
from infrastructure.reports.experian_trades import read_tradelines
from infrastructure.reports.truelink_tree import read_tree

PARSER_VERSION: Final = 1
_INQUIRY: Final = {
    "subscriber_name": "subscriberName",
    "subscriber_code": "subscriberCode",
    "inquired_on": "date",
    "industry": "kob",
}


def parse(raw: bytes, *, pulled_on: date | None = None, latest: date = date.max) -> CanonicalReport:
    """Read one Experian report. Raises UnreadableReport with the place; never any other error."""
    tree, _ = read_tree(raw)
    tally = Tally()
    profile = native.the_one(
        Cursor(tree, "", tally).children("creditProfile"), "/creditProfile", "exactly one Experian credit profile"
    )
    place, expected = f"{profile.place}/headerRecord", "the date of the report (y2kReportedDate)"
    pulled = native.pulled_on(_pulled_on(profile), pulled_on, latest, place, expected)
    canonical = native.single_bureau(
        Bureau.EXPERIAN,
        ReportFormat.EXPERIAN_JSON,
        PARSER_VERSION,
        pulled,
        list(read_tradelines(profile)),
        _person(profile),
        native.first_score(profile.children("riskModel")),
        inquiries=tuple(native.inquiries(Bureau.EXPERIAN, profile.children("inquiry"), _INQUIRY)),
        public_records=tuple(_public_records(profile)),
        subscribers=tuple(_subscribers(profile)),
    )
    profile.close()
    return native.tallied(canonical, tally)


def _pulled_on(profile: Cursor) -> date | None:
    header = profile.child("headerRecord")
    pulled = as_day(header.digits("y2kReportedDate"), f"{header.place}/y2kReportedDate")
    header.close()
    return pulled


def _person(profile: Cursor) -> PersonalSection:
    identity = profile.child("consumerIdentity")
    names: list[object] = []
    for part in identity.children("name"):
        first, middle, last = (part.text(field) for field in ("firstName", "middleName", "surname"))
        names += native.named(first, middle, last, part.text("generationCode"), kind=part.text("type"))
        part.close()
    personal = native.person(
        Bureau.EXPERIAN,
        names=names,
        birth_dates=[_birth(identity.child("dob"))],
        ssns=list(_ssns(profile)),
        addresses=list(_addresses(profile)),
        employers=list(native.employers(profile.children("employmentInformation"), "name", "lastUpdatedDate")),
    )
    identity.close()
    return personal


def _birth(dob: Cursor) -> PartialDate | None:
    year, month, day = (dob.text(name) for name in ("year", "month", "day"))
    dob.close()
    if year is None:
        return None
    if not all(re.fullmatch(r"[0-9]{1,4}", part) for part in (year, month or "0", day or "0")):
        raise UnreadableReport(dob.place, "a date of birth")
    known = {"year": int(year), "month": int(month or 0) or None, "day": int(day or 0) or None}
    try:
        return PartialDate.model_validate(known | ({} if known["month"] else {"day": None}))
    except ValueError:
        raise UnreadableReport(dob.place, "a date of birth") from None


def _ssns(profile: Cursor) -> Iterator[str | None]:
    for part in profile.children("ssn"):
        yield native.plain_ssn(part.text("number"))
        part.close()


def _addresses(profile: Cursor) -> Iterator[ReportedAddress]:
    for position, part in enumerate(profile.children("addressInformation")):
        pieces = [part.text(name) for name in ("streetPrefix", "streetName", "streetSuffix")]
        yield ReportedAddress(
            street=" ".join(piece for piece in pieces if piece) or None,
            unit=part.text("unitId"),
            city=part.text("city"),
            state=part.text("state"),
            postal_code=native.full_zip(part.text("zipCode")),
            reported=part.digits("lastUpdatedDate"),
            current=position == 0,
        )
        part.close()


def _public_records(profile: Cursor) -> Iterator[PublicRecord]:
    for row in profile.children("publicRecord"):
        amounts = {"liability_amount": "amount", "asset_amount": "bankruptcyAssetAmount"}
        found = native.read_money(row, amounts, {}, ABSENT)
        yield PublicRecord.model_validate(
            {
                "bureau": Bureau.EXPERIAN,
                "classification": None,
                "kind": None,
                "status": row.text("status"),
                "filed": row.digits("filingDate"),
                "resolved": row.digits("statusDate"),
                "reference_number": row.text("referenceNumber"),
                "court_name": row.text("courtName"),
                **found,
            }
        )
        row.close()


def _subscribers(profile: Cursor) -> Iterator[Subscriber]:
    for row in profile.children("directCheck"):
        address = ReportedAddress(
            street=row.text("subscriberAddress"),
            city=row.text("subscriberCity"),
            state=row.text("subscriberState"),
            postal_code=native.full_zip(row.text("subscriberZipCode")),
        )
        yield Subscriber(
            bureau=Bureau.EXPERIAN,
            name=row.text("subscriberName"),
            code=row.text("subscriberCode"),
            telephone=row.text("subscriberPhone"),
            address=address if address.street or address.city else None,
        )
        row.close()
