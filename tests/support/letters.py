"""Facts of invented letters. The person does not exist; Social Security numbers of area 900-999 are never issued."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from domain.addresses import PostalAddress
from domain.bureaus import Bureau
from domain.letter_facts import (
    DisputedItemFacts,
    FieldClaim,
    LetterFacts,
    Recipient,
    ReportReference,
    RequestKind,
    Sender,
    Signature,
)

LETTER_DATE = date(2026, 3, 3)


def sender(**changes: Any) -> Sender:
    facts: dict[str, Any] = {
        "name": "Maria Elena Calloway",
        "address": PostalAddress(line1="418 Linden St", line2="Apt 3B", city="Dayton", state="OH", zip_code="45402"),
        "previous_addresses": (
            PostalAddress(line1="77 Harbor Road", city="Toledo", state="OH", zip_code="43604"),
        ),
        "phone": "937-555-0142",
        "birth_date": date(1988, 7, 14),
        "ssn_last4": "3456",
    }  # fmt: skip
    return Sender.model_validate(facts | changes)


def item(number: int = 1, **changes: Any) -> DisputedItemFacts:
    facts: dict[str, Any] = {
        "number": number,
        "furnisher": "MIDLAND CREDIT MGMT",
        "account_masked": "85421XXXX",
        "fields": (FieldClaim(label="Balance", printed="$1,240", claimed="$0"),),
        "reason": "paid_or_settled",
        "basis": "The report shows the account as paid on January 12, 2025 and also shows a balance of $1,240",
        "basis_values": ("2025-01-12",),
        "request": RequestKind.CORRECT,
    }
    return DisputedItemFacts.model_validate(facts | changes)


def three_items() -> tuple[DisputedItemFacts, ...]:
    return (
        item(1),
        item(
            2,
            furnisher="CAPITAL ONE BANK USA NA",
            account_masked="517805XXXXXXXXXX"[-14:],
            fields=(
                FieldClaim(label="Payment status", printed="60 days late", claimed="Current"),
                FieldClaim(label="Amount past due", printed="$185", claimed="$0"),
            ),
            reason="past_due",
            basis="The account is shown as current and, in the same report, with an amount past due of $185",
            basis_values=(),
        ),
        item(
            3,
            furnisher="PORTFOLIO RECOVERY ASSOCIATES",
            account_masked="****7731",
            fields=(FieldClaim(label="Date opened", printed="June 2023"),),
            reason="not_mine",
            basis="I have never had an account with this company or with the creditor it names",
            basis_values=(),
            request=RequestKind.DELETE,
        ),
    )


def letter_facts(**changes: Any) -> LetterFacts:
    facts: dict[str, Any] = {
        "letter_id": UUID("0195586e-0000-7000-8000-000000000001"),
        "letter_date": LETTER_DATE,
        "sender": sender(),
        "recipient": Recipient.from_book(Bureau.EXPERIAN, LETTER_DATE),
        "report": ReportReference(dated=date(2026, 2, 20), number="2261-4478-10"),
        "items": three_items(),
        "signature": Signature(name="Maria Elena Calloway", signed_at=datetime(2026, 3, 3, 17, 20, tzinfo=UTC)),
    }
    return LetterFacts.model_validate(facts | changes)
