"""Readings that every family of reports shares: quoted values, months of a grid, ZIP codes and SSNs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from domain.credit_reports import PaymentLevel, PaymentMonth
from infrastructure.reports.cursor import Cursor


def quote(cursor: Cursor, names: Mapping[str, str], printed: dict[str, str]) -> None:
    """Keep what the source printed for each of our fields, so that a letter can quote it."""
    for field, name in names.items():
        if text := cursor.text(name):
            printed[field] = text


@lru_cache(maxsize=10_000)
def cell(month: str, level: PaymentLevel) -> PaymentMonth:
    """One month of a payment grid. Most cells of a report are alike, and cells never change."""
    return PaymentMonth(month=month, level=level)


def zip_code(printed: str | None) -> str | None:
    """A ZIP code with the leading zeros that it loses when it travels as a number."""
    return printed.zfill(5) if printed and printed.isdigit() and len(printed) < 5 else printed


def ssn(printed: str | None) -> str | None:
    """A Social Security number as nine digits; one that is partly masked stays as it is."""
    if printed is None:
        return None
    plain = re.sub(r"[ -]", "", printed)
    return plain.zfill(9) if re.fullmatch(r"[0-9]{5,9}", plain) else plain.upper()[:20]
