"""Looking for a person in everything the product keeps: every column of every table, every log line, every file."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.string import TextLoader

Json = dict[str, Any]
_LONG = 8


@dataclass(frozen=True)
class Canary:
    """A byte string that gives a person away, and what it is of them.

    A short word is looked for as a whole word: among a million sealed characters five letters stand by chance.
    """

    what: str
    spelling: bytes

    def is_in(self, content: bytes) -> bool:
        """Whether it stands there just so."""
        if len(self.spelling) >= _LONG or not self.spelling.isalpha():
            return self.spelling in content
        return re.search(rb"(?<![a-zA-Z0-9+/_-])%b(?![a-zA-Z0-9+/=_-])" % self.spelling, content) is not None


@dataclass(frozen=True)
class Sighting:
    """Where a canary was seen: the place, and what was given away there."""

    place: str
    what: str


def of_person(profile: Json, report: bytes) -> list[Canary]:
    """Every spelling under which this person's secrets could turn up, encoded and digested ones included."""
    found = {
        "ssn": _ssn(profile["ssn"]),
        "birth_date": _dates(profile["birth_date"]),
        "street": _streets([profile["address"], *profile["previous_addresses"]]),
        "account": _accounts(report),
        "email": {profile["email"]},
        "name": {profile["given_name"], profile["middle_name"], profile["family_name"]},
        "phone": {profile["phone"], re.sub(r"\D", "", profile["phone"]), profile["phone"][-8:]},
    }
    plain = [(what, text) for what, texts in found.items() for text in texts if text]
    return [Canary(what, spelling) for what, text in plain for spelling in set(_encodings(text))]


def _ssn(digits: str) -> set[str]:
    return {digits, f"{digits[:3]}-{digits[3:5]}-{digits[5:]}", f"{digits[:3]} {digits[3:5]} {digits[5:]}"}


def _dates(iso: str) -> set[str]:
    day = date.fromisoformat(iso)
    american = f"{day.month}/{day.day}/{day.year}"
    return {
        iso,
        iso.replace("-", ""),
        iso.replace("-", "/"),
        american,
        f"{day:%m/%d/%Y}",
        f"{day:%B} {day.day}, {day.year}",
    }


def _streets(addresses: Iterable[Json]) -> set[str]:
    return {address["line1"] for address in addresses} | {" ".join(a["line1"].split()[:2]) for a in addresses}


def _accounts(report: bytes) -> set[str]:
    printed = set(re.findall(r'"@?accountNumber"\s*:\s*"([^"]+)"', report.decode(), re.IGNORECASE))
    return {number for number in printed if len(number) >= 8}


def _encodings(text: str) -> Iterator[bytes]:
    """As it stands, as hex, inside base64 at each of the three places it can begin, and as an unkeyed digest."""
    plain = text.encode()
    yield plain.lower()
    if len(plain) < 6:
        return
    yield plain.hex().encode()
    for offset in range(3):
        padded = base64.b64encode(b"\0" * offset + plain)
        yield padded[offset and offset + 1 : len(padded) - 4 if (len(plain) + offset) % 3 else None].lower()
    for digest in (hashlib.sha256, hashlib.sha1, hashlib.md5):
        yield digest(plain).digest()
        yield digest(plain).hexdigest().encode()


def in_bytes(content: bytes, canaries: Iterable[Canary]) -> set[str]:
    """What of the person these bytes give away, whatever the case of their letters."""
    lowered = content.lower()
    return {canary.what for canary in canaries if canary.is_in(lowered) or canary.is_in(content)}


def in_files(folder: Path, canaries: list[Canary]) -> set[Sighting]:
    """What the contents and the names of all files below a folder give away."""
    seen: set[Sighting] = set()
    for path in folder.rglob("*"):
        content = str(path.relative_to(folder)).encode() + (b"\n" + path.read_bytes() if path.is_file() else b"")
        seen |= {Sighting(path.name, what) for what in in_bytes(content, canaries)}
    return seen


def in_database(admin_url: str, canaries: list[Canary]) -> set[Sighting]:
    """What every row of every table of the product gives away, columns of bytes both as they are and as hex."""
    seen: set[Sighting] = set()
    with psycopg.connect(admin_url, autocommit=True) as conn:
        conn.adapters.register_loader("timestamptz", TextLoader)  # the hour of a waiting timer may be infinity
        tables = conn.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            rows = conn.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table)))
            columns = [column.name for column in rows.description or ()]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    found = in_bytes(_as_bytes(value), canaries)
                    seen |= {Sighting(f"{schema}.{table}.{column}", what) for what in found}
    return seen


def _as_bytes(value: object) -> bytes:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, default=str).encode()
    return b"" if value is None else str(value).encode()
