"""Telling a report's sections apart in every TrueLink encoding, against what the generator and the reader know."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import ReportFormat
from infrastructure.reports import parse
from infrastructure.sandbox.credit_feed.sections import NoSections, Sections
from infrastructure.sandbox.report_generator import generate

DAY = date(2026, 1, 5)
ENCODINGS = [encoding for encoding in ReportFormat if encoding.family == "truelink"]


def rows(raw: bytes) -> Counter[Bureau]:
    report = parse(raw, pulled_on=DAY)
    return Counter(row.bureau for tradeline in report.tradelines for row in tradeline.bureau_tradelines)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("seed", [1, 2])
def test_rows_are_counted_as_the_reader_reads_them(encoding: ReportFormat, seed: int) -> None:
    raw = generate(seed, DAY, encoding).raw
    assert Counter(Sections(raw).rows()) == rows(raw)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("bureau", Bureau)
def test_a_section_left_out_is_empty_and_the_others_are_whole(encoding: ReportFormat, bureau: Bureau) -> None:
    raw = generate(3, DAY, encoding).raw
    cut = Sections(raw).without(frozenset({bureau}))
    report, whole = parse(cut, pulled_on=DAY), parse(raw, pulled_on=DAY)
    for section, before in zip(report.sections, whole.sections, strict=True):
        if section.bureau is bureau:
            assert (section.present, section.score, section.tradeline_count) == (False, None, 0)
        else:
            assert section == before
    assert rows(cut) == Counter({one: count for one, count in rows(raw).items() if one is not bureau})
    assert {inquiry.bureau for inquiry in report.inquiries}.isdisjoint({bureau})
    assert {person.bureau for person in report.personal}.isdisjoint({bureau})


def test_lost_rows_are_missing_and_nothing_says_so() -> None:
    raw = generate(3, DAY).raw
    lost = Sections(raw).losing(2)
    assert sum(rows(lost).values()) == sum(rows(raw).values()) - 2
    assert [section.present for section in parse(lost).sections] == [True] * 3
    assert Sections(raw).losing(0) == raw


@pytest.mark.parametrize("raw", [b"", b"x(", b"[]", b'{"a": 1}', b"<xml/>", b"[" * 100_000])
def test_other_files_have_no_sections_here(raw: bytes) -> None:
    with pytest.raises(NoSections):
        Sections(raw)
