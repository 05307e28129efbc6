"""TransUnion's own credit report in XML, version 2.33: `creditBureau/product/subject/subjectRecord`.

Certain, from TransUnion's test reports and published readers of them: the places of names, addresses, trades,
collections, inquiries, public records and scores, zero-padded amounts, ISO dates with `estimated...` marks, and the
words of `portfolioType` and `ECOADesignator`. Uncertain and therefore not read: `maxDelinquency` as a date of first
delinquency, `datePaidOut` as a closing, and what an inquiry says about hard and soft looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from domain.bureaus import Bureau
from domain.credit_reports import (
    CanonicalReport,
    Employer,
    Inquiry,
    PersonalSection,
    PublicRecord,
    ReportedAddress,
    ReportFormat,
)
from domain.partial_dates import PartialDate
from infrastructure.reports import native
from infrastructure.reports.cursor import Cursor, Object, Tally, UnreadableReport, as_day
from infrastructure.reports.documents import text_of
from infrastructure.reports.transunion_trades import day_of, read_accounts
from infrastructure.reports.xml_documents import load_xml

PARSER_VERSION: Final = 2
_UNMARKED: Final = frozenset({"false"})
_SCORE: Final = re.compile(r"\+?0*([1-9][0-9]{2})")


def parse(raw: bytes, *, pulled_on: date | None = None, latest: date = date.max) -> CanonicalReport:
    """Read one TransUnion report. Raises UnreadableReport with the place; never any other error."""
    tally = Tally()
    root = native.the_one(
        Cursor(_tree(raw), "", tally).children("creditBureau"), "/creditBureau", "a TransUnion credit report"
    )
    record = _record(root)
    place = f"{root.place}/transactionControl/tracking"
    pulled = native.pulled_on(_pulled_on(root), pulled_on, latest, place, "the time of the transaction")
    custom = record.child("custom")
    credit = custom.child("credit")
    canonical = native.single_bureau(
        Bureau.TRANSUNION,
        ReportFormat.TRANSUNION_XML,
        PARSER_VERSION,
        pulled,
        list(read_accounts(credit)),
        _person(record),
        _score(record),
        inquiries=tuple(_inquiries(credit)),
        public_records=tuple(_public_records(credit)),
    )
    for part in (credit, custom, record, root):
        part.close()
    return native.tallied(canonical, tally)


def _tree(raw: bytes) -> Object:
    """The document under the name of its root. Of attributes it matters which mark something: `source` tells what the
    bureau has on file from what the asker typed in, `estimatedDay` and its like how much of a date is known."""
    root, tree = load_xml(text_of(raw).lstrip(), _UNMARKED)
    return {root: tree}


def _record(root: Cursor) -> Cursor:
    products = root.children("product")
    for product in products:
        if product.has("error"):
            raise UnreadableReport(f"{product.place}/error", "a credit report, not the bureau's refusal of one")
    subjects = [subject for product in products for subject in product.children("subject")]
    records = [record for subject in subjects for record in subject.children("subjectRecord")]
    for part in (*products, *subjects):
        part.close()
    return native.the_one(records, f"{root.place}/product/subject/subjectRecord", "the record of exactly one subject")


def _pulled_on(root: Cursor) -> date | None:
    control = root.child("transactionControl")
    tracking = control.child("tracking")
    pulled = as_day(tracking.day("transactionTimeStamp"), f"{tracking.place}/transactionTimeStamp")
    tracking.close()
    control.close()
    return pulled


def _score(record: Cursor) -> int | None:
    scores = []
    for product in record.children("addOnProduct"):
        for model in product.children("scoreModel"):
            for score in model.children("score"):
                found = _SCORE.fullmatch(score.text("results") or "")
                scores += [native.as_score(int(found[1]))] if found else []
                score.close()
            model.close()
        product.close()
    return next((score for score in scores if score is not None), None)


def _person(record: Cursor) -> PersonalSection:
    indicative = record.child("indicative")
    personal = native.person(
        Bureau.TRANSUNION,
        names=list(_names(indicative)),
        birth_dates=list(_births(indicative)),
        ssns=[native.plain_ssn(part.text("number")) for part in _parts(indicative, "socialSecurity")],
        addresses=list(_addresses(indicative)),
        employers=list(_employers(indicative)),
    )
    indicative.close()
    return personal


def _parts(indicative: Cursor, name: str) -> Iterator[Cursor]:
    """What the bureau has on file; what the asker typed in is sent back too, and is not the bureau's word."""
    for part in indicative.children(name):
        if part.text("source") != "input":
            yield part
        part.close()


def _births(indicative: Cursor) -> Iterator[PartialDate | None]:
    for node in indicative.rows("dateOfBirth"):
        if not isinstance(node, dict) or node.get("source") != "input":
            yield day_of(Cursor({"dateOfBirth": node}, indicative.place, Tally()), "dateOfBirth")


def _names(indicative: Cursor) -> Iterator[object]:
    for part in _parts(indicative, "name"):
        name = part.child("person")
        first, middle, last = (name.text(field) for field in ("first", "middle", "last"))
        yield from native.named(first, middle, last, name.text("generationalSuffix"), kind=part.text("qualifier"))
        name.close()


def _addresses(indicative: Cursor) -> Iterator[ReportedAddress]:
    for part in _parts(indicative, "address"):
        street, location = part.child("street"), part.child("location")
        pieces = [street.text(name) for name in ("number", "preDirectional", "name", "type", "postDirectional")]
        yield ReportedAddress(
            street=street.text("unparsed") or " ".join(piece for piece in pieces if piece) or None,
            unit=street.child("unit").text("number"),
            city=location.text("city"),
            state=location.text("state"),
            postal_code=native.full_zip(location.text("zipCode")),
            reported=day_of(part, "dateReported"),
            current=part.text("status") == "current",
        )
        street.close()
        location.close()


def _employers(indicative: Cursor) -> Iterator[Employer | None]:
    for part in _parts(indicative, "employment"):
        name = part.child("employer").text("unparsed")
        yield Employer(name=name, reported=day_of(part, "dateEffective")) if name else None


def _inquiries(credit: Cursor) -> Iterator[Inquiry]:
    for row in credit.children("inquiry"):
        subscriber = row.child("subscriber")
        yield Inquiry(
            bureau=Bureau.TRANSUNION,
            subscriber_name=subscriber.child("name").text("unparsed"),
            subscriber_code=subscriber.text("memberCode"),
            inquired_on=day_of(row, "date"),
            kind=row.text("accountType"),
            industry=subscriber.text("industryCode"),
        )
        subscriber.close()
        row.close()


def _public_records(credit: Cursor) -> Iterator[PublicRecord]:
    for row in credit.children("publicRecord"):
        yield PublicRecord(
            bureau=Bureau.TRANSUNION,
            classification=None,
            kind=row.text("type"),
            status=None,
            filed=day_of(row, "dateFiled"),
            resolved=day_of(row, "datePaid"),
            reference_number=row.text("docketNumber"),
            court_name=row.child("source").text("type"),
            asset_amount=row.cents("assets"),
            liability_amount=row.cents("liabilities"),
        )
        row.close()
