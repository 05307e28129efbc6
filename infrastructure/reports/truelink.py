"""TrueLink reports (SmartCredit, IdentityIQ, MyFreeScoreNow, TransUnion direct to consumer)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Final

from domain.bureaus import Bureau
from domain.credit_reports import CanonicalReport, FieldCounts, PersonalSection, SectionSummary, Tradeline
from infrastructure.reports import truelink_codes as codes
from infrastructure.reports.cursor import Cursor, Tally, UnreadableReport, as_day
from infrastructure.reports.truelink_people import read_inquiries, read_personal, read_public_records, read_subscribers
from infrastructure.reports.truelink_tradelines import bureau_of_source, read_tradelines
from infrastructure.reports.truelink_tree import read_tree

PARSER_VERSION: Final = 3
_SUMMARIES: Final = {Bureau.EQUIFAX: "equifax", Bureau.EXPERIAN: "experian", Bureau.TRANSUNION: "transUnion"}
_SCORE_COMPONENTS: Final = {"TUC": Bureau.TRANSUNION, "EXP": Bureau.EXPERIAN, "EQF": Bureau.EQUIFAX}


def parse(raw: bytes, *, pulled_on: date | None = None, latest: date = date.max) -> CanonicalReport:
    """Read one TrueLink export. Raises UnreadableReport with the place; never any other error."""
    tree, source_format = read_tree(raw)
    tally = Tally()
    root = Cursor(tree, "", tally)
    components = root.child("bundleComponents").children("bundleComponent")
    merged = _merged(root, components)
    refused: Counter[str] = Counter()
    tradelines = read_tradelines(merged, refused)
    personal = read_personal(merged, refused)
    inquiries = read_inquiries(merged, refused)
    public_records = read_public_records(merged, refused)
    scores = _scores(merged, components)
    pulls = dict(_pull_dates(merged, latest))
    pulled = max(pulls.values(), default=pulled_on)
    if pulled is None:
        raise UnreadableReport(f"{merged.place}/sources", "the date of the pull (InquiryDate)")
    subscribers = read_subscribers(merged)
    sections = _sections(tradelines, personal, scores, pulls, _listed(merged))
    deceased = codes.flag(merged.code("deceasedIndicator")[0])
    merged.close()
    return CanonicalReport(
        source="truelink",
        source_format=source_format,
        parser_version=PARSER_VERSION,
        pulled_on=pulled,
        sections=_with_deceased(sections, deceased),
        tradelines=tradelines,
        inquiries=inquiries,
        public_records=public_records,
        personal=personal,
        subscribers=subscribers,
        unknown=FieldCounts(read=tally.read, ignored=tally.ignored),
        refused=dict(refused),
        deceased=True if deceased and sum(section.present for section in sections) > 1 else None,
    )


def _merged(root: Cursor, components: list[Cursor]) -> Cursor:
    for component in components:
        if component.has("trueLinkCreditReportType") and component.code("type")[0] in (None, "MergeCreditReports"):
            return component.child("trueLinkCreditReportType")
    if root.has("trueLinkCreditReportType"):
        return root.child("trueLinkCreditReportType")
    raise UnreadableReport("/bundleComponents", "a merged credit report (TrueLinkCreditReportType)")


def _scores(merged: Cursor, components: list[Cursor]) -> dict[Bureau, int]:
    scores: dict[Bureau, int] = {}
    for borrower in merged.children("borrower"):
        for row in borrower.children("creditScore"):
            bureau = bureau_of_source(row)
            score = row.count("riskScore")
            if bureau and score is not None:
                scores.setdefault(bureau, score)
            row.close()
    for component in components:
        bureau = _SCORE_COMPONENTS.get((component.code("type")[0] or "")[:3])
        score = component.child("creditScoreType").count("riskScore")
        if bureau and score is not None:
            scores.setdefault(bureau, score)
    return scores


def _listed(merged: Cursor) -> dict[Bureau, int]:
    """How many accounts the report's own summary counts at each bureau; a summary that counts otherwise is none."""
    found: dict[Bureau, int] = {}
    with suppress(UnreadableReport):
        summary = merged.child("summary").child("tradelineSummary")
        for bureau in Bureau:
            total = summary.child(_SUMMARIES[bureau]).count("totalAccounts")
            if total is not None:
                found[bureau] = total
    return found


def _pull_dates(merged: Cursor, latest: date) -> Iterator[tuple[Bureau, date]]:
    for sources in merged.children("sources"):
        for source in sources.children("source"):
            bureau = next((known for name in source.names("bureau") if (known := codes.bureau_named(name))), None)
            pulled = as_day(source.day("inquiryDate"), f"{source.place}/inquiryDate")
            if pulled and pulled > latest:
                raise UnreadableReport(f"{source.place}/inquiryDate", "a day that has come")
            if bureau and pulled:
                yield bureau, pulled
            source.close()


def _sections(
    tradelines: tuple[Tradeline, ...],
    personal: tuple[PersonalSection, ...],
    scores: dict[Bureau, int],
    pulls: dict[Bureau, date],
    listed: dict[Bureau, int],
) -> tuple[SectionSummary, ...]:
    counts = Counter(row.bureau for tradeline in tradelines for row in tradeline.reporting)
    people = {section.bureau for section in personal if section.names}
    return tuple(
        SectionSummary(
            bureau=bureau,
            present=bool(counts[bureau]) or bureau in people or bureau in scores,
            borrower_present=bureau in people,
            score=scores.get(bureau),
            tradeline_count=counts[bureau],
            pulled_on=pulls.get(bureau),
            listed=listed.get(bureau),
        )
        for bureau in Bureau
    )


def _with_deceased(sections: tuple[SectionSummary, ...], deceased: bool | None) -> tuple[SectionSummary, ...]:
    """What the report's one indicator says of each bureau that answered.

    "No" is true of them all. "Yes" is one bureau's own word only where no other answered.
    """
    answered = sum(section.present for section in sections)
    if deceased is None or (deceased and answered != 1):
        return sections
    return tuple(
        section.model_copy(update={"deceased": deceased}) if section.present else section for section in sections
    )
