"""Accepting, showing, listing and cancelling letters, and the address book."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from infrastructure.sandbox.print_provider.checks import (
    AddressIn,
    address_fields,
    check_addresses,
    check_pdf,
    letter_fields,
)
from infrastructure.sandbox.print_provider.faults import Script
from infrastructure.sandbox.print_provider.objects import address_object, timestamp
from infrastructure.sandbox.print_provider.problems import Refused
from infrastructure.sandbox.print_provider.requests import list_of
from infrastructure.sandbox.print_provider.state import Letter, State
from infrastructure.sandbox.print_provider.verifications import sample_for

_REFUSED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "relaxed": (),
    "normal": ("undeliverable",),
    "strict": (
        "undeliverable", "deliverable_missing_unit", "deliverable_incorrect_unit", "deliverable_unnecessary_unit",
    ),
}  # fmt: skip
_PARAMETERS: Final = frozenset({"limit", "before", "after", "mail_type"})


@dataclass
class PrintRoom:
    """What an account may ask about its letters and addresses. Nothing here waits, so each call is whole."""

    state: State
    script: Script

    def accept(
        self, api_key: str, fields: dict[str, Any], pdf: bytes | None, lob_version: str, idempotency_key: str | None
    ) -> Letter:
        """Take a letter, or return the one already taken under this key."""
        if earlier := self.state.replayed(api_key, idempotency_key):
            return earlier
        if pdf is None:
            if "file" not in fields:
                raise Refused("invalid", "file is required")
            raise Refused("invalid_file", "this provider prints uploaded PDFs only")
        letter = letter_fields(fields, lob_version)
        to, sender = self._resolve(api_key, letter.to), self._resolve(api_key, letter.sender)
        check_addresses(to, sender)
        if sample_for(to.address_line1) in _REFUSED_BY[self.state.account(api_key).strictness]:
            raise Refused("failed_deliverability_strictness", "to does not meet the account's strictness")
        pages = check_pdf(pdf, letter.double_sided)
        unique = f"{api_key} {idempotency_key or uuid4()} {len(self.state.letters)}"
        letter_id = "ltr_" + sha256(unique.encode()).hexdigest()[:16]
        outcome = self.script.strike(api_key, "letter")
        self.state.ledger.keep_pdf(letter_id, pdf)
        self.state.record(
            "letter",
            id=letter_id,
            api_key=api_key,
            accepted_at=self.state.now(api_key).isoformat(),
            idempotency_key=idempotency_key,
            sha256=sha256(pdf).hexdigest(),
            pages=pages,
            outcome=outcome.do if outcome else "deliver",
            to=to.model_dump(),
            fields=letter.model_dump(exclude={"to", "sender"}),
            sender=sender.model_dump(),
        )
        return self.state.letters[letter_id]

    def letter(self, api_key: str, letter_id: str) -> Letter:
        """One letter of this account."""
        letter = self.state.letters.get(letter_id)
        if letter is None or letter.api_key != api_key:
            raise Refused("not_found", "letter not found")
        return letter

    def cancel(self, api_key: str, letter_id: str) -> None:
        """Take a letter out of production inside the account's window."""
        letter, now = self.letter(api_key, letter_id), self.state.now(api_key)
        window = self.state.account(api_key).cancellation_window_seconds
        if letter.deleted_at or (now - letter.accepted_at).total_seconds() > window:
            raise Refused("not_deletable", "the letter can no longer be cancelled")
        self.state.record("letter_deleted", id=letter_id, at=now.isoformat())

    def page(self, api_key: str, query: Mapping[str, str]) -> tuple[list[Letter], str | None, str | None]:
        """One page of letters, newest first, and the queries of the next and previous page."""
        limit, wanted = _limit(query), _wanted(query)
        letters = [letter for letter in reversed(self.state.letters.values()) if letter.api_key == api_key]
        letters = [letter for letter in letters if wanted(letter)]
        start = _start(query, [letter.id for letter in letters], limit)
        shown = letters[start : start + limit]
        kept = {name: value for name, value in query.items() if name not in ("before", "after")}
        after = _link(kept, "after", shown[-1]) if start + limit < len(letters) and shown else None
        before = _link(kept, "before", shown[0]) if start > 0 and shown else None
        return shown, after, before

    def keep_address(self, api_key: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Put an address into the address book."""
        address = address_fields(fields)
        if address.address_country.upper() not in ("US", "UNITED STATES"):
            raise Refused("invalid", "address_country must be US")
        address_id = f"adr_{uuid4().hex[:16]}"
        created_at = self.state.now(api_key).isoformat()
        self.state.record("address", id=address_id, api_key=api_key, created_at=created_at, fields=address.model_dump())
        return self.address(api_key, address_id)

    def address(self, api_key: str, address_id: str) -> dict[str, Any]:
        """One address of this account."""
        entry = self.state.addresses.get(address_id)
        if entry is None or entry["api_key"] != api_key:
            raise Refused("not_found", "address not found")
        return address_object(entry)

    def forget_address(self, api_key: str, address_id: str) -> None:
        """Take an address out of the address book."""
        self.address(api_key, address_id)
        self.state.record("address_deleted", id=address_id)

    def counted(self, api_key: str | None) -> dict[str, Any]:
        """The ledger for an auditor: what was taken, for which mailing, without names or addresses."""
        letters = [
            {
                "id": letter.id,
                "mailing_id": letter.entry["fields"]["metadata"].get("mailing_id"),
                "sha256": letter.entry["sha256"],
                "pages": letter.entry["pages"],
                "extra_service": letter.entry["fields"]["extra_service"],
                "idempotency_key": letter.entry["idempotency_key"],
                "outcome": letter.entry["outcome"],
                "accepted_at": timestamp(letter.accepted_at),
                "deleted": letter.deleted_at is not None,
            }
            for letter in self.state.letters.values()
            if api_key in (None, letter.api_key)
        ]
        live = [one["mailing_id"] for one in letters if one["mailing_id"] and not one["deleted"]]
        twice = sorted({mailing for mailing in live if live.count(mailing) > 1}) if len(set(live)) < len(live) else []
        return {"letters": letters, "count": len(letters), "duplicates": twice, "replays": self.state.replays}

    def _resolve(self, api_key: str, given: str | AddressIn) -> AddressIn:
        if isinstance(given, AddressIn):
            return given
        entry = self.state.addresses.get(given)
        if entry is None or entry["api_key"] != api_key:
            raise Refused("not_found", "address not found")
        return AddressIn.model_validate(entry["fields"])


def _wanted(query: Mapping[str, str]) -> Callable[[Letter], bool]:
    metadata = {name[9:-1]: value for name, value in query.items() if name.startswith("metadata[") and name[-1] == "]"}
    if len(metadata) + len(query.keys() & _PARAMETERS) < len(query):
        raise Refused("invalid", "an unknown query parameter was given")
    mail_types = list_of(query["mail_type"]) if "mail_type" in query else None

    def wanted(letter: Letter) -> bool:
        fields = letter.entry["fields"]
        return fields["metadata"].items() >= metadata.items() and (
            mail_types is None or fields["mail_type"] in mail_types
        )

    return wanted


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", "10")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100:
        raise Refused("invalid", "limit must be from 1 to 100")
    return int(text)


def _start(query: Mapping[str, str], ids: list[str], limit: int) -> int:
    if "before" in query and "after" in query:
        raise Refused("invalid", "give before or after, not both")
    for name, offset in (("after", 1), ("before", -limit)):
        if name in query:
            try:
                return max(ids.index(base64.urlsafe_b64decode(query[name]).decode()) + offset, 0)
            except (ValueError, binascii.Error):
                raise Refused("invalid", f"{name} is not a cursor of this list") from None
    return 0


def _link(kept: Mapping[str, str], direction: str, letter: Letter) -> str:
    return urlencode({**kept, direction: base64.urlsafe_b64encode(letter.id.encode()).decode()})
