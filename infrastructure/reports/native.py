"""What the bureaus' own reports have in common: one bureau speaks, about one person, with one row for each account.

The sections of the other two bureaus are absent from such a report, so it says nothing about them: the
completeness gate lets no dispute with them be settled by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from domain.account_numbers import mask_account
from domain.bureaus import Bureau
from domain.credit_reports import (
    BureauTradeline,
    CanonicalReport,
    Employer,
    FieldCounts,
    Inquiry,
    PaymentLevel,
    PaymentMonth,
    PersonalSection,
    PersonName,
    PublicRecord,
    ReportFormat,
    SectionSummary,
    Subscriber,
    Tradeline,
)
from domain.partial_dates import PartialDate
from infrastructure.reports.cursor import Cursor, Tally, UnreadableReport
from infrastructure.reports.truelink_tradelines import MAX_MONTHS, MAX_TRADELINES

Fields = dict[str, object]
Printed = dict[str, str]
ReadDay = Callable[[Cursor, str], PartialDate | None]

_SCORES: Final = range(200, 1000)
"""Numbers outside are not scores: bureaus put reasons for not scoring in the same place."""


def the_one(found: Sequence[Cursor], place: str, expected: str) -> Cursor:
    """The only one of its kind. None, or several people in one file, is not a report we can attribute."""
    if len(found) != 1:
        raise UnreadableReport(place, expected)
    return found[0]


def pulled_on(says: date | None, given: date | None, latest: date, place: str, expected: str) -> date:
    """The day of the report: as it says itself at `place`, else as given; none is no report we can order."""
    pulled = says or given
    if pulled is None:
        raise UnreadableReport(place, expected)
    if pulled > latest:
        raise UnreadableReport(place, "a day that has come")
    return pulled


def first_score(models: Iterable[Cursor]) -> int | None:
    """The first of the models' results that is a score."""
    scores = []
    for model in models:
        scores.append(as_score(model.count("score")))
        model.close()
    return next((score for score in scores if score is not None), None)


def employers(parts: Iterable[Cursor], name: str, reported: str) -> Iterator[Employer | None]:
    """The employers on file, by the names of the two fields."""
    for part in parts:
        employer = part.text(name)
        yield Employer(name=employer, reported=part.digits(reported)) if employer else None
        part.close()


def inquiries(bureau: Bureau, rows: Iterable[Cursor], names: Mapping[str, str]) -> Iterator[Inquiry]:
    """The inquiries, by the source's name of each field; `inquired_on` is a date of digits."""
    for row in rows:
        found = {field: row.text(name) for field, name in names.items() if field != "inquired_on"}
        yield Inquiry.model_validate(
            {"bureau": bureau, "inquired_on": row.digits(names["inquired_on"]), "kind": row.text("type"), **found}
        )
        row.close()


def as_score(number: int | None) -> int | None:
    """A number that can be a score; reject and exclusion codes are none."""
    return number if number in _SCORES else None


def read_money(
    cursor: Cursor, names: Mapping[str, str], printed: Printed, absent: frozenset[str] = frozenset()
) -> Fields:
    """Amounts by field, zero-padded ones too. What is not there, or is a word for that, is None and never zero."""
    return {field: _noted(cursor, field, name, printed, absent) and cursor.cents(name) for field, name in names.items()}


def read_counts(
    cursor: Cursor, names: Mapping[str, str], printed: Printed, absent: frozenset[str] = frozenset()
) -> Fields:
    """Whole numbers by field."""
    return {field: _noted(cursor, field, name, printed, absent) and cursor.count(name) for field, name in names.items()}


def read_dates(cursor: Cursor, names: Mapping[str, str], printed: Printed, read: ReadDay = Cursor.digits) -> Fields:
    """Dates by field, in the way of the source."""
    return {field: _noted(cursor, field, name, printed) and read(cursor, name) for field, name in names.items()}


def _noted(cursor: Cursor, field: str, name: str, printed: Printed, absent: frozenset[str] = frozenset()) -> str | None:
    text = cursor.text(name)
    if text is None or text in absent:
        return None
    printed[field] = text
    return text


def numbered(cursor: Cursor, name: str) -> Fields:
    """An account's number, in full and as it may be shown."""
    number = cursor.text(name)
    return {"account_number": number, "account_masked": mask_account(number)}


def signs(cursor: Cursor, name: str) -> str:
    """A payment history of one sign for each month; a gap in it would move every later month."""
    printed = cursor.text(name) or ""
    if len(printed) > MAX_MONTHS or not printed.isascii() or " " in printed:
        raise UnreadableReport(f"{cursor.place}/{name}", f"one sign for each of at most {MAX_MONTHS} months")
    return printed


def month_of(found: PartialDate | None, place: str, expected: str = "the month the payment history begins with") -> int:
    """A date's month, as months since year 0. A history without its month has no month in any cell."""
    if found is None or found.month is None:
        raise UnreadableReport(place, expected)
    return found.year * 12 + found.month - 1


def grid(newest: int, cells: Iterable[str | None], levels: Mapping[str, PaymentLevel]) -> tuple[PaymentMonth, ...]:
    """Cells from `newest` backwards. None is no cell at all; a sign without a level is a month without data."""
    return tuple(
        month_cell(newest - index, levels.get(sign, PaymentLevel.NOT_REPORTED))
        for index, sign in enumerate(cells)
        if sign is not None
    )


@lru_cache(maxsize=10_000)
def month_cell(month: int, level: PaymentLevel) -> PaymentMonth:
    """One cell; most cells of a report are alike, and cells never change."""
    return PaymentMonth(month=f"{month // 12:04d}-{month % 12 + 1:02d}", level=level)


def plain_ssn(printed: str | None) -> str | None:
    """A Social Security number without punctuation, its leading zeros put back."""
    plain = re.sub(r"[ -]", "", printed or "")
    return (plain.zfill(9) if re.fullmatch(r"[0-9]{5,9}", plain) else plain.upper()[:20]) or None


def full_zip(printed: str | None) -> str | None:
    """A ZIP code whose leading zeros a number has lost."""
    return printed.zfill(5) if printed and printed.isdigit() and len(printed) < 5 else printed


def named(
    first: str | None, middle: str | None, last: str | None, suffix: str | None, *, kind: str | None
) -> list[object]:
    """A name, or nothing when neither the first nor the last name is there."""
    return [PersonName(first=first, middle=middle, last=last, suffix=suffix, kind=kind)] if first or last else []


def person(bureau: Bureau, **facts: Iterable[object | None]) -> PersonalSection:
    """What the bureau says about the person, each fact once."""
    unique = {name: tuple(dict.fromkeys(fact for fact in found if fact)) for name, found in facts.items()}
    return PersonalSection.model_validate({"bureau": bureau, **unique})


def single_bureau(
    bureau: Bureau,
    source_format: ReportFormat,
    parser_version: int,
    pulled_on: date,
    accounts: Sequence[Fields],
    personal: PersonalSection,
    score: int | None,
    *,
    inquiries: tuple[Inquiry, ...] = (),
    public_records: tuple[PublicRecord, ...] = (),
    subscribers: tuple[Subscriber, ...] = (),
    deceased: bool | None = None,
) -> CanonicalReport:
    """The canonical report of one bureau. Every row is this bureau's: nothing in the source can say otherwise."""
    if len(accounts) > MAX_TRADELINES:
        raise UnreadableReport("/", f"at most {MAX_TRADELINES} tradelines")
    rows = [
        BureauTradeline.model_validate({"ref": f"{number}.1", "group": str(number), "bureau": bureau, **fields})
        for number, fields in enumerate(accounts, start=1)
    ]
    reporting = sum(not row.is_ghost for row in rows)
    answered = SectionSummary(
        bureau=bureau,
        present=bool(reporting or personal.names or score is not None),
        borrower_present=bool(personal.names),
        score=score,
        tradeline_count=reporting,
        pulled_on=pulled_on,
        deceased=deceased,
    )
    silent = SectionSummary(bureau=bureau, present=False, borrower_present=False, score=None, tradeline_count=0)
    return CanonicalReport(
        source=bureau.value,
        source_format=source_format,
        parser_version=parser_version,
        pulled_on=pulled_on,
        sections=tuple(answered if each is bureau else silent.model_copy(update={"bureau": each}) for each in Bureau),
        tradelines=tuple(Tradeline(group=row.group, bureau_tradelines=(row,)) for row in rows),
        inquiries=inquiries,
        public_records=public_records,
        personal=() if personal.is_empty else (personal,),
        subscribers=subscribers,
    )


def tallied(report: CanonicalReport, tally: Tally) -> CanonicalReport:
    """The report with the count of the fields it was read from, once the source is read to its end."""
    return report.model_copy(update={"unknown": FieldCounts(read=tally.read, ignored=tally.ignored)})
