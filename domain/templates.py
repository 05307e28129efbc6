"""Letter types: which facts a type takes, and the content it makes of them, ready to be set in print."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Final
from uuid import UUID

from pydantic import Field

from domain import wording
from domain.bureaus import Bureau
from domain.kernel import Invalid, NotFound
from domain.letter_facts import (
    ANNUAL_REPORT_DISPUTE,
    BUREAU_DISPUTE,
    DisputedItemFacts,
    Enclosure,
    Fact,
    LetterFacts,
)


class UnknownLetterType(NotFound):
    """There is no such letter type or version."""

    code = "unknown_letter_type"


class NotForThisLetter(Invalid):
    """The facts call for another letter type."""

    code = "not_for_this_letter"


class Labelled(Fact):
    """A label and its text, as in the identification block."""

    label: str
    text: str


class FieldRow(Fact):
    """One row of an item's table; `claimed` is None where the consumer does not know or does not dispute the value."""

    label: str
    printed: str
    claimed: str | None
    context: bool = False


class ItemContent(Fact):
    """One numbered item as it stands in the letter."""

    number: int
    title: str
    rows: tuple[FieldRow, ...]
    paragraphs: tuple[str, ...]
    request: str


class SignatureContent(Fact):
    """The signature block: typed name, drawn signature if there is one, and the instant of signing."""

    name: str
    line: str
    signed_at: datetime
    image_png: bytes | None = Field(default=None, repr=False)


class LetterContent(Fact):
    """All a letter says, in order; it holds text only, so setting it in print decides nothing about its meaning."""

    letter_type: str
    version: int
    letter_id: UUID
    bureau: Bureau
    letter_date: date
    date_line: str
    sender_lines: tuple[str, ...]
    recipient_lines: tuple[str, ...]
    subject: str
    identification: tuple[Labelled, ...]
    salutation: str
    opening: tuple[str, ...]
    items: tuple[ItemContent, ...]
    request: tuple[str, ...]
    closing: str
    signature: SignatureContent
    enclosures: tuple[Enclosure, ...] = ()

    @property
    def content_hash(self) -> str:
        """SHA-256 of the content, signature included: equal content prints the same words."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def prose(self) -> tuple[str, ...]:
        """The running text: all that is composed rather than copied from one fact."""
        of_items = (text for item in self.items for text in (item.title, *item.paragraphs, item.request))
        return (self.subject, self.salutation, *self.opening, *of_items, *self.request, self.closing)

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that will be printed."""
        return (
            *self.sender_lines,
            self.date_line,
            *self.recipient_lines,
            *self.prose,
            *(part for line in self.identification for part in (line.label, line.text)),
            *(part for item in self.items for row in item.rows for part in (row.label, row.printed, row.claimed or "")),
            *(enclosure.title for enclosure in self.enclosures),
            self.signature.name,
            self.signature.line,
        )


def bureau_dispute_611(facts: LetterFacts) -> LetterContent:
    """Version 1 of a consumer's dispute with a bureau under 15 U.S.C. 1681i(a).

    Raises `NotForThisLetter` for a free yearly report, whose 45 days need another deadline sentence, and
    `ReasonNeedsAnotherLetter`.
    """
    if facts.report.free_annual:
        raise NotForThisLetter("use the letter type for a free yearly report: the bureau has 45 days, not 30")
    return _bureau_dispute(BUREAU_DISPUTE, 1, facts, wording.signed_at(facts))


def bureau_dispute_611_signed_by_day(facts: LetterFacts) -> LetterContent:
    """Version 2: as version 1, but signed on a day of the consumer's own calendar, without a time of day."""
    before = bureau_dispute_611(facts)
    signature = before.signature.model_copy(update={"line": wording.signed(facts)})
    return before.model_copy(update={"version": 2, "signature": signature})


def bureau_dispute_annual_report(facts: LetterFacts) -> LetterContent:
    """Version 1 of a dispute about a free copy from the centralized source, under 15 U.S.C. 1681i(a) and 1681j(a)(3).

    Raises `NotForThisLetter` for any other report and `ReasonNeedsAnotherLetter`.
    """
    if not facts.report.free_annual:
        raise NotForThisLetter("use the letter type for other reports: the bureau has 30 days, not 45")
    return _bureau_dispute(ANNUAL_REPORT_DISPUTE, 1, facts, wording.signed(facts))


def _bureau_dispute(letter_type: str, version: int, facts: LetterFacts, signed: str) -> LetterContent:
    if facts.report.dated > facts.letter_date:
        raise NotForThisLetter("the report is dated after the letter; check both dates")
    return LetterContent(
        letter_type=letter_type,
        version=version,
        letter_id=facts.letter_id,
        bureau=facts.recipient.bureau,
        letter_date=facts.letter_date,
        date_line=wording.long_date(facts.letter_date),
        sender_lines=_sender_lines(facts),
        recipient_lines=(facts.recipient.company, *facts.recipient.address.lines),
        subject=wording.subject(facts),
        identification=_identification(facts),
        salutation="To whom it may concern:",
        opening=(wording.opening(facts),),
        items=tuple(_item(item) for item in facts.items),
        request=(
            wording.reinvestigation(facts),
            f"{wording.deadline(facts)} {wording.OUTCOME}",
            wording.RESULTS,
            wording.TRUTH,
        ),
        closing="Sincerely,",
        signature=SignatureContent(
            name=facts.signature.name,
            line=signed,
            signed_at=facts.signature.signed_at,
            image_png=facts.signature.image_png,
        ),
        enclosures=facts.enclosures,
    )


def _sender_lines(facts: LetterFacts) -> tuple[str, ...]:
    phone = (facts.sender.phone,) if facts.sender.phone else ()
    return (facts.sender.full_name, *facts.sender.address.lines, *phone)


def _identification(facts: LetterFacts) -> tuple[Labelled, ...]:
    sender = facts.sender
    ssn = sender.full_ssn or f"ending in {sender.ssn_last4}"
    previous = [Labelled(label="Previous address", text=", ".join(a.lines)) for a in sender.previous_addresses]
    return (
        Labelled(label="Full name", text=sender.full_name),
        Labelled(label="Current address", text=", ".join(sender.address.lines)),
        *previous,
        Labelled(label="Date of birth", text=wording.long_date(sender.birth_date)),
        Labelled(label="Social Security number", text=ssn),
    )


def _item(item: DisputedItemFacts) -> ItemContent:
    return ItemContent(
        number=item.number,
        title=wording.item_title(item),
        rows=tuple(
            FieldRow(label=wording.upper_first(f.label), printed=f.printed, claimed=f.claimed, context=f.context)
            for f in item.fields
        ),
        paragraphs=wording.why(item),
        request=wording.request(item),
    )


LETTER_TYPES: Final[dict[tuple[str, int], Callable[[LetterFacts], LetterContent]]] = {
    (BUREAU_DISPUTE, 1): bureau_dispute_611,
    (BUREAU_DISPUTE, 2): bureau_dispute_611_signed_by_day,
    (ANNUAL_REPORT_DISPUTE, 1): bureau_dispute_annual_report,
}
"""Every version ever sent stays here, so that old content can be made again."""

VERSIONS: Final = dict(sorted(LETTER_TYPES))
"""The version of each letter type that new letters are drafted in: the newest."""


def compose(letter_type: str, version: int, facts: LetterFacts) -> LetterContent:
    """The content of a letter of this type and version. Raises `UnknownLetterType` and what the type refuses."""
    try:
        builder = LETTER_TYPES[letter_type, version]
    except KeyError:
        raise UnknownLetterType("choose one of the listed letter types", letter_type=letter_type) from None
    return builder(facts)
