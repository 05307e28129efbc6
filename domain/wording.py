"""The sentences of a dispute letter: plain, true, in the consumer's own voice; each a pure function of typed facts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from domain.kernel import Invalid
from domain.letter_facts import DisputedItemFacts, FieldClaim, ItemKind, LetterFacts, RequestKind
from domain.local_days import local_day

DEADLINE: Final = (
    "Please complete the reinvestigation within 30 days of receiving this letter, "
    "as 15 U.S.C. § 1681i(a)(1)(A) requires."
)
"""Rule R01. The only sentence of its letter type that names the bureau's deadline."""

ANNUAL_DEADLINE: Final = (
    "Please complete the reinvestigation within 45 days of receiving this letter, as 15 U.S.C. § 1681j(a)(3) requires."
)
"""Rule R03, in letters about a free copy from the centralized source."""

OUTCOME: Final = (
    "Please promptly delete or correct any information that you find to be inaccurate or incomplete or that you "
    "cannot verify, as 15 U.S.C. § 1681i(a)(5)(A) requires."
)

RESULTS: Final = (
    "Please send me the written results, with a copy of my report as revised, at the address above within five "
    "business days of completing the reinvestigation, as 15 U.S.C. § 1681i(a)(6) requires."
)
"""Rule R06."""

TRUTH: Final = "The statements in this letter are true to the best of my knowledge."

OBSOLETE: Final = (
    "Section 605(a) of the Fair Credit Reporting Act, 15 U.S.C. § 1681c(a), does not allow information this old "
    "to be reported."
)
NO_PURPOSE: Final = (
    "I dispute this inquiry because I know of no permissible purpose for it under section 604 of the Fair Credit "
    "Reporting Act, 15 U.S.C. § 1681b."
)

_REASONS: Final = {
    "not_mine": "This {thing} is not mine.",
    "mixed_file": "I believe that this {thing} belongs to another person whose information was mixed with mine.",
    "not_liable": "I am not responsible for paying this {thing}.",
    "authorized_user_only": "I have only been an authorized user of this {thing} and am not responsible for paying it.",
    "balance": "I dispute the balance shown for this {thing}.",
    "past_due": "I dispute the past-due amount shown for this {thing}.",
    "credit_limit": "I dispute the credit limit shown for this {thing}.",
    "high_balance": "I dispute the highest balance shown for this {thing}.",
    "payment_amount": "I dispute the payment amount shown for this {thing}.",
    "payment_history": "I dispute the payment history shown for this {thing}.",
    "account_status": "I dispute the status shown for this {thing}.",
    "payment_rating": "I dispute the payment rating shown for this {thing}.",
    "dates": "I dispute the dates shown for this {thing}.",
    "dates_opened": "I dispute the opening date shown for this {thing}.",
    "dates_closed": "I dispute the closing date shown for this {thing}.",
    "dofd_reaged": "I dispute the date of first delinquency, which decides how long this {thing} may be reported.",
    "obsolete": OBSOLETE,
    "duplicate": "I dispute this {thing} because it appears to be reported more than once.",
    "paid_or_settled": "I dispute how this {thing} is reported because it was paid or settled.",
    "sold_or_transferred": "I dispute what is still shown as owed to this company, because the {thing} was sold or "
    "transferred.",
    "bankruptcy": "I dispute how this {thing} is reported with regard to bankruptcy.",
    "medical_policy": "I dispute the reporting of this medical debt.",
    "remark_or_dispute_flag": "I dispute the remarks shown for this {thing}.",
    "account_type_terms": "I dispute the type or terms shown for this {thing}.",
    "responsibility_code": "I dispute the responsibility shown for this {thing}.",
    "deceased": "I am living, and I dispute any sign in my report that I am deceased.",
    "military_or_disaster": "I dispute how this {thing} is reported for a time of military service or of a disaster.",
    "inquiry_no_purpose": NO_PURPOSE,
    "inquiry": "I dispute this inquiry as it is shown.",
    "personal_info": "I dispute this entry in the personal information of my file.",
    "public_record": "I dispute this public record as it is shown.",
    "reinserted": "I dispute this {thing} because it appears to have been deleted from my file and to be reported "
    "again.",
}

REASONS: Final = frozenset(_REASONS)
"""The reason codes this letter type can state. Identity theft and an item found unverifiable after the method of
verification was asked for need letters of their own, with documents this type does not carry."""

_THINGS: Final = {
    ItemKind.ACCOUNT: "account",
    ItemKind.INQUIRY: "inquiry",
    ItemKind.PUBLIC_RECORD: "public record",
    ItemKind.PERSONAL_INFORMATION: "entry",
}
_OWN_VOICE: Final = (
    (r"\b[Tt]he consumer's(?= (?:ends|is|was|are|were)\b|[^\w ]|$)", "mine"),
    (r"\b[Tt]he consumer's(?= \w)", "my"),
    (r"\b[Tt]he consumer has\b", "I have"),
    (r"\b[Tt]he consumer is\b", "I am"),
    (r"\b[Tt]he consumer\b(?= (?:was|did|had|never)\b)", "I"),
)
_ISO_DATE: Final = re.compile(
    r"(?<![\w*./-])(?P<year>(?:19|20)\d\d)-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>[0-3]\d))?(?![\w*/-])"
)
_COUNTS: Final = ("no", "one", "two", "three", "four", "five")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class ReasonNeedsAnotherLetter(Invalid):
    """This reason cannot be stated in this type of letter."""

    code = "reason_needs_another_letter"


def long_date(day: date) -> str:
    """A date as an American letter writes it: March 3, 2026."""
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


def thing(item: DisputedItemFacts) -> str:
    """The word for the item in running text."""
    return _THINGS[item.kind]


def item_title(item: DisputedItemFacts) -> str:
    """How the bureau finds the item: the company as printed, and the masked number as printed."""
    heads = {
        ItemKind.ACCOUNT: item.furnisher,
        ItemKind.INQUIRY: f"Inquiry by {item.furnisher}",
        ItemKind.PUBLIC_RECORD: f"Public record, {item.furnisher}",
        ItemKind.PERSONAL_INFORMATION: "Personal information" + (f", {item.furnisher}" if item.furnisher else ""),
    }
    label = "account number" if item.kind is ItemKind.ACCOUNT else "number"
    number = f", {label} {item.account_masked}" if item.account_masked else ""
    return f"{heads[item.kind]}{number}"


def why(item: DisputedItemFacts) -> tuple[str, ...]:
    """The reason and its factual basis. Raises `ReasonNeedsAnotherLetter`."""
    if item.reason not in _REASONS:
        raise ReasonNeedsAnotherLetter(f"use the letter type made for the reason {item.reason}", reason=item.reason)
    return _REASONS[item.reason].format(thing=thing(item)), sentence(own_voice(item.basis))


def request(item: DisputedItemFacts) -> str:
    """What the bureau is asked to do with the item."""
    if item.request is RequestKind.DELETE:
        entry = "duplicate entry" if item.reason == "duplicate" else thing(item)
        return f"Please delete this {entry} from my credit file."
    verb = item.request.value
    disputed = [field for field in item.fields if not field.context]
    known = [field for field in disputed if field.claimed is not None]
    unknown = [field for field in disputed if field.claimed is None]
    return " ".join((*_known_changes(verb, known), *_unknown_changes(verb, unknown)))


def _known_changes(verb: str, fields: list[FieldClaim]) -> Iterable[str]:
    if fields:
        changes = [f"the {lower_first(f.label)} from {quoted(f.printed)} to {quoted(f.claimed or '')}" for f in fields]
        yield f"Please {verb} {listed(changes)}."


def _unknown_changes(verb: str, fields: list[FieldClaim]) -> Iterable[str]:
    if fields:
        names = listed([f"the {lower_first(f.label)}" for f in fields])
        it = "it" if len(fields) == 1 and not _is_plural(fields[0].label) else "them"
        yield f"Please investigate {names}, and {verb} {it}, or delete {it} if you cannot verify {it}."


def _is_plural(label: str) -> bool:
    return label.endswith("s") and not label.endswith(("ss", "us"))


def opening(facts: LetterFacts) -> str:
    """Which items, in which report."""
    count = len(facts.items)
    items = "item" if count == 1 else f"{_COUNTS[count]} items"
    report = f"my {facts.recipient.bureau.display_name} credit report dated {long_date(facts.report.dated)}"
    source = ", which I obtained free of charge from the centralized source of annual credit reports"
    return f"I dispute the following {items} in {report}{source if facts.report.free_annual else ''}."


def deadline(facts: LetterFacts) -> str:
    """The one sentence that names the bureau's deadline."""
    return ANNUAL_DEADLINE if facts.report.free_annual else DEADLINE


def reinvestigation(facts: LetterFacts) -> str:
    """The request that starts the bureau's clock (15 U.S.C. 1681i(a)(1)(A) and (a)(2))."""
    items = "this item" if len(facts.items) == 1 else "each of these items"
    sent = "this letter and the enclosed documents" if facts.enclosures else "this letter"
    return (
        f"Under section 611(a) of the Fair Credit Reporting Act, 15 U.S.C. § 1681i(a), please conduct a reasonable "
        f"reinvestigation of {items}, free of charge, and give the company that supplied the information all "
        f"relevant information in {sent}."
    )


def subject(facts: LetterFacts) -> str:
    """The subject line, with the number the bureau files by."""
    number = f"number {facts.report.number}" if facts.report.number else f"of {long_date(facts.report.dated)}"
    return f"Dispute of information in my {facts.recipient.bureau.display_name} credit report {number}"


def signed_at(facts: LetterFacts) -> str:
    """When the consumer signed, to the minute, in universal time: how letters of version 1 say it."""
    at = facts.signature.signed_at
    utc = at - (at.utcoffset() or at - at)
    return f"Signed electronically on {long_date(utc.date())} at {utc:%H:%M} UTC"


def signed(facts: LetterFacts) -> str:
    """The day on which the consumer signed, on their own calendar, as the letter's own date is told.

    The instant, to the second, stands in the log beside the hash of the bytes.
    """
    day = local_day(facts.signature.signed_at, facts.sender.address.state).on
    return f"Signed electronically on {long_date(day)}"


def quoted(value: str) -> str:
    """A value as printed, in quotation marks unless it is a plain figure or date."""
    return value if re.fullmatch(r"[$0-9,./ -]+", value) else f"“{value}”"


def own_voice(text: str) -> str:
    """A finding's sentence as the consumer would write it: `the consumer has` becomes `I have`, 2024-03 March 2024."""
    for theirs, mine in _OWN_VOICE:
        text = re.sub(theirs, mine, text)
    return _ISO_DATE.sub(_spelled, text)


def _spelled(found: re.Match[str]) -> str:
    month = MONTHS[int(found["month"]) - 1]
    return f"{month} {int(found['day'])}, {found['year']}" if found["day"] else f"{month} {found['year']}"


def sentence(text: str) -> str:
    """Text that ends as a sentence does."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def listed(parts: list[str]) -> str:
    """A list in running text: one, two and three."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def lower_first(label: str) -> str:
    """A label inside a sentence; abbreviations keep their capitals."""
    return label if label[1:2].isupper() else label[0].lower() + label[1:]


def upper_first(label: str) -> str:
    """A label at the head of a row."""
    return label[:1].upper() + label[1:]
