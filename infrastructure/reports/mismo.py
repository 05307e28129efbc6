"""MISMO 2.x credit responses, as XML and as JSON: what mortgage resellers and Array deliver."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Final

from domain.bureaus import Bureau
from domain.credit_reports import CanonicalReport, FieldCounts, PersonalSection, SectionSummary, Tradeline
from infrastructure.reports import mismo_codes as codes
from infrastructure.reports.cursor import Cursor, Tally, UnreadableReport, as_day
from infrastructure.reports.mismo_liabilities import read_liabilities
from infrastructure.reports.mismo_people import (
    read_files,
    read_inquiries,
    read_public_records,
    read_scores,
    read_subscribers,
)
from infrastructure.reports.mismo_repositories import files_of
from infrastructure.reports.mismo_tree import RESPONSE, read_response

PARSER_VERSION: Final = 1
_SUMMARIES: Final = {
    "CREDIT_SUMMARY_TUI": Bureau.TRANSUNION,
    "CREDIT_SUMMARY_XPN": Bureau.EXPERIAN,
    "CREDIT_SUMMARY_EFX": Bureau.EQUIFAX,
}


def parse(raw: bytes, *, pulled_on: date | None = None, latest: date = date.max) -> CanonicalReport:
    """Read one MISMO 2.x response. Raises UnreadableReport with the place; never any other error."""
    tree, source_format = read_response(raw)
    tally = Tally()
    response = Cursor(tree, f"/{RESPONSE}", tally)
    _check_kind(response)
    issued = as_day(response.day("CreditReportFirstIssuedDate"), f"{response.place}/CreditReportFirstIssuedDate")
    pulled = issued or pulled_on
    if pulled is None:
        raise UnreadableReport(f"{response.place}/CreditReportFirstIssuedDate", "the date of the pull")
    if pulled > latest:
        raise UnreadableReport(f"{response.place}/CreditReportFirstIssuedDate", "a day that has come")
    files = files_of(response)
    refused: Counter[str] = Counter()
    tradelines = read_liabilities(response, files, refused)
    personal, returned = read_files(response, refused)
    scores = read_scores(response, files, refused)
    inquiries = read_inquiries(response, files, refused)
    public_records = read_public_records(response, files, refused)
    subscribers = read_subscribers(response, files)
    sections = _sections(tradelines, personal, scores, returned, _deceased(response), issued)
    response.close()
    return CanonicalReport(
        source="mismo",
        source_format=source_format,
        parser_version=PARSER_VERSION,
        pulled_on=pulled,
        sections=sections,
        tradelines=tradelines,
        inquiries=inquiries,
        public_records=public_records,
        personal=personal,
        subscribers=subscribers,
        unknown=FieldCounts(read=tally.read, ignored=tally.ignored),
        refused=dict(refused),
    )


def _check_kind(response: Cursor) -> None:
    """A report of two borrowers would mix two people's accounts; another major version means other things."""
    version = response.text("MISMOVersionID")
    if version is not None and not version.startswith("2"):
        raise UnreadableReport(f"{response.place}/MISMOVersionID", "MISMO version 2")
    if len(response.children("BORROWER")) > 1:
        raise UnreadableReport(f"{response.place}/BORROWER", "the report of one person")


def _deceased(response: Cursor) -> dict[Bureau, bool]:
    """Which bureaus say that the person has died, or that they have not; it stands among hundreds of summary values."""
    found: dict[Bureau, bool] = {}
    for name, bureau in _SUMMARIES.items():
        for summary in response.children(name):
            for row in summary.rows("_DATA_SET"):
                label, value = (row.get("_Name"), row.get("_Value")) if isinstance(row, dict) else (None, None)
                if isinstance(label, str) and isinstance(value, str) and codes.plain(label) == "deceasedindicator":
                    said = codes.flag(value)
                    found |= {} if said is None else {bureau: said}
            summary.close()
    return found


def _sections(
    tradelines: tuple[Tradeline, ...],
    personal: tuple[PersonalSection, ...],
    scores: dict[Bureau, int],
    returned: set[Bureau],
    deceased: dict[Bureau, bool],
    issued: date | None,
) -> tuple[SectionSummary, ...]:
    counts = Counter(row.bureau for tradeline in tradelines for row in tradeline.reporting)
    people = {section.bureau for section in personal if section.names}
    present = returned | people | counts.keys() | scores.keys()
    return tuple(
        SectionSummary(
            bureau=bureau,
            present=bureau in present,
            borrower_present=bureau in people,
            score=scores.get(bureau),
            tradeline_count=counts[bureau],
            pulled_on=issued if bureau in present else None,
            deceased=deceased.get(bureau),
        )
        for bureau in Bureau
    )
