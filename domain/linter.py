"""What a dispute letter may never say. A letter with one problem is refused; nothing is let through with a warning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from domain import wording
from domain.address_book import dispute_address, is_stale
from domain.kernel import Value
from domain.letter_facts import ITEMS_MAX, DisputedItemFacts, LetterFacts, is_masked
from domain.templates import LetterContent, compose
from domain.tracing import Known, untraced


class LintProblem(Value):
    """A prohibition the letter breaks; the message names the place and never repeats a fact."""

    rule: str
    message: str


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


PROHIBITED: Final = (
    (
        "identity_theft",
        _words(r"identity.?(theft|thie)|stolen identity|\bfraud|605B|1681c-2|police report|\bforged\b|impost"),
        "claims identity theft; that needs its own letter with an identity theft report",
    ),
    (
        "threat",
        _words(
            r"\b(sue|suing|lawsuits?|litigat\w*|legal action|small claims|punitive|statutory damages|damages|penalt\w+|"
            r"attorneys?|lawyers?|legal counsel|willful\w*|negligen\w+|or else|class action)\b|"
            r"\b(to|in) court\b|violat\w+|\bI demand\b|\b(file|report|complain)\w* .{0,40}\b(CFPB|FTC|bureau|general)\b"
        ),
        "threatens or speaks as a lawyer",
    ),
    (
        "guarantee",
        _words(
            r"guarant\w+|\bpromise|credit score|\b(raise|improve|boost|increase)\w* .{0,20}score|"
            r"will be (deleted|removed)"
        ),
        "promises a result or speaks of a score",
    ),
    (
        "statute",
        _words(
            r"§|U\. ?S\. ?C|C\.? ?F\.? ?R\b|\bsection \d|\bsec\. ?\d|\b(FCRA|FDCPA|CROA|ECOA|FACTA)\b|"
            r"\b(Fair|Equal) (Credit|Debt)\b|\b1681\w*|\b6(0[4-9]|1\d|2[0-9])\([a-z]\)|"
            r"signed contract|original contract|wet.?signature|proof of (the )?debt|validat\w+|method of verification"
        ),
        "cites law, or claims a right, outside the approved sentences",
    ),
    (
        "deadline",
        _words(
            r"\bwithin [\w -]{0,24}\b(days?|weeks?|hours?)\b|\b\d+[- ]day\b|business days?|deadline|immediately|"
            r"\b(in|after|by) (the next )?[\w-]+ (calendar )?(days?|weeks?|hours?)\b(?! (late|past))|right away"
        ),
        "states a time limit other than the approved sentence",
    ),
    (
        "third_party",
        _words(
            r"\bthe consumer\b|on behalf of|\b(our|my) client|credit repair|\brepresentative\b|power of attorney|"
            r"\bundersigned\b|\bwe (dispute|request|represent)|\bour (office|firm|company)"
        ),
        "speaks as someone other than the consumer",
    ),
    (
        "altered_identity",
        _words(r"\bCPN\b|credit (privacy|profile|protection) number|\bEIN\b|employer identification|new identity|"
               r"secondary credit number"),
        "speaks of another identity number",
    ),
    (
        "motive",
        _words(r"\b(am|'m|\u2019m|been) (applying|trying|hoping|planning|looking|about to)\b|\bhardship\b|\bembarrass"),
        "gives a motive, which no fact supports",
    ),
)  # fmt: skip

DENIAL: Final = _words(
    r"\b(not|isn't|isn\u2019t) (mine|my account)\b|\bnever (opened|applied)|never had (an|any|this) account|"
    r"not belong to me|no knowledge of"
)
MAY_DENY: Final = frozenset(
    ("not_mine", "mixed_file", "not_liable", "authorized_user_only", "inquiry_no_purpose", "personal_info",
     "public_record", "bankruptcy", "deceased")
)  # fmt: skip
"""Reasons under which the consumer says that something is not theirs; any other reason admits the item."""

_REASON_SENTENCES: Final = {"obsolete": wording.OBSOLETE, "inquiry_no_purpose": wording.NO_PURPOSE}
_LONG_NUMBER: Final = re.compile(r"(?<!\d)\d(?:[ .-]?\d){8,}(?!\d)")
_ENCLOSED: Final = _words(r"\benclos\w+|\battach\w+")
_FIXED_PARTS: Final = (
    "letter_id", "bureau", "letter_date", "date_line", "sender_lines", "recipient_lines", "subject", "identification",
    "salutation", "closing", "signature", "enclosures",
)  # fmt: skip


def lint(content: LetterContent, facts: LetterFacts) -> tuple[LintProblem, ...]:
    """All problems of a letter made from `facts`."""
    rules = (
        _items,
        _fixed_parts,
        _prohibited,
        _approved_sentences,
        _traced,
        _long_numbers,
        _address,
        _signer,
        _enclosed,
    )
    found = (LintProblem(rule=rule, message=message) for check in rules for rule, message in check(content, facts))
    return tuple(dict.fromkeys(found))


def _items(content: LetterContent, facts: LetterFacts) -> Iterator[tuple[str, str]]:
    if not 1 <= len(content.items) <= ITEMS_MAX:
        yield "items", f"holds {len(content.items)} items; one to {ITEMS_MAX} are allowed"
    if [item.number for item in content.items] != [item.number for item in facts.items]:
        yield "items", "does not hold exactly the disputed items in order"
    for item in facts.items:
        if item.account_masked is not None and not is_masked(item.account_masked):
            yield "full_account_number", f"item {item.number} shows too much of the account number"


def _fixed_parts(content: LetterContent, facts: LetterFacts) -> Iterator[tuple[str, str]]:
    expected = compose(content.letter_type, content.version, facts)
    for part in _FIXED_PARTS:
        if getattr(content, part) != getattr(expected, part):
            yield "facts", f"the {part.replace('_', ' ')} differ from the facts"
    for item, wanted in zip(content.items, expected.items, strict=False):
        if (item.title, item.rows, item.request) != (wanted.title, wanted.rows, wanted.request):
            yield "facts", f"item {item.number} differs from the facts in its heading, values or request"
    if content.request != expected.request:
        yield "approved_sentences", "the closing request is not the approved text"


def _prohibited(content: LetterContent, facts: LetterFacts) -> Iterator[tuple[str, str]]:
    for place, text in _own_words(content, facts):
        for rule, pattern, message in PROHIBITED:
            if pattern.search(text):
                yield rule, f"{place} {message}"
    for item, source in zip(content.items, facts.items, strict=False):
        if source.reason not in MAY_DENY and DENIAL.search(" ".join(item.paragraphs)):
            yield "denial", f"item {item.number} denies an item that its reason admits"


def _approved_sentences(content: LetterContent, facts: LetterFacts) -> Iterator[tuple[str, str]]:
    request = " ".join(content.request)
    for rule, sentence in (
        ("statute", wording.reinvestigation(facts)),
        ("deadline", wording.deadline(facts)),
        ("deadline", wording.RESULTS),
        ("statute", wording.OUTCOME),
    ):
        if request.count(sentence) != 1:
            yield rule, "an approved sentence is missing, changed or repeated"


def _traced(content: LetterContent, facts: LetterFacts) -> Iterator[tuple[str, str]]:
    shared = _shared_facts(facts)
    by_number = {item.number: item for item in facts.items}
    for item in content.items:
        source = by_number.get(item.number)
        known = Known((*shared, *(_item_facts(source) if source else ())))
        for kind in untraced(_plain_words(" ".join(item.paragraphs), facts, source), known):
            yield f"untraced_{kind}", f"item {item.number} states a {kind} that stands in none of its facts"
    for kind in untraced(_plain_words(" ".join(content.opening), facts), Known(shared)):
        yield f"untraced_{kind}", f"the opening states a {kind} that stands in no fact"


def _long_numbers(content: LetterContent, facts: LetterFacts) -> Iterator[tuple[str, str]]:
    allowed = (facts.sender.phone, facts.report.number, facts.sender.full_ssn)
    places = [facts.sender.address, *facts.sender.previous_addresses, facts.recipient.address]
    lines = {line for place in places for line in (*place.lines, ", ".join(place.lines))}
    for text in content.texts:
        rest = "" if text in lines else text
        for number in allowed:
            rest = rest.replace(number, " ") if number else rest
        if _LONG_NUMBER.search(rest):
            yield "full_number", "shows a whole Social Security or account number"
    shown = sum(text.count(facts.sender.full_ssn) for text in content.texts) if facts.sender.full_ssn else 0
    if shown > 1:
        yield "full_number", "shows the Social Security number more than once"


def _address(content: LetterContent, facts: LetterFacts) -> Iterator[tuple[str, str]]:
    recipient = facts.recipient
    if is_stale(recipient.bureau, recipient.address):
        yield "address", "goes to an address the bureau no longer uses for disputes"
    if recipient.basis == "address_book":
        entry = dispute_address(recipient.bureau, content.letter_date)
        if (recipient.company, recipient.address) != (entry.company, entry.address):
            yield "address", "does not go to the bureau's dispute address in the address book"


def _signer(content: LetterContent, facts: LetterFacts) -> Iterator[tuple[str, str]]:
    if content.sender_lines[:1] != (facts.sender.full_name,):
        yield "third_party", "carries a heading other than the consumer's name"
    if content.signature.name.casefold() != facts.sender.full_name.casefold():
        yield "third_party", "is signed by someone other than the consumer"


def _enclosed(content: LetterContent, facts: LetterFacts) -> Iterator[tuple[str, str]]:
    if not content.enclosures and any(_ENCLOSED.search(text) for _, text in _own_words(content, facts)):
        yield "enclosures", "speaks of enclosures, and none follow"


def _own_words(content: LetterContent, facts: LetterFacts) -> Iterator[tuple[str, str]]:
    """Each part of the letter without its approved sentences and without values copied from facts."""
    yield "the opening", _plain_words(" ".join(content.opening), facts)
    yield "the request", _plain_words(" ".join(content.request), facts)
    yield "the heading", " ".join((content.subject, content.salutation, content.closing))
    sources = {item.number: item for item in facts.items}
    for item in content.items:
        source = sources.get(item.number)
        rest = _plain_words(" ".join((*item.paragraphs, item.request)), facts, source)
        for value in sorted(_copied(source), key=len, reverse=True) if source else ():
            rest = rest.replace(value, " ")
        yield f"item {item.number}", rest


def _plain_words(text: str, facts: LetterFacts, item: DisputedItemFacts | None = None) -> str:
    """The text without the approved sentences; those on one reason are approved in items of that reason only."""
    approved = [wording.reinvestigation(facts), wording.deadline(facts), wording.RESULTS, wording.OUTCOME]
    if item is not None and item.reason in _REASON_SENTENCES:
        approved.append(_REASON_SENTENCES[item.reason])
    for sentence in approved:
        text = text.replace(sentence, " ")
    return text


def _copied(item: DisputedItemFacts) -> Iterator[str]:
    values = (item.furnisher, *(v for field in item.fields for v in (field.printed, field.claimed)))
    yield from (value for value in values if value and len(value) > 3)


def _item_facts(item: DisputedItemFacts) -> tuple[str, ...]:
    fields = [text for f in item.fields for text in (f.label, f.printed, f.claimed or "")]
    return (item.furnisher or "", item.account_masked or "", *fields, *item.basis_values)


def _shared_facts(facts: LetterFacts) -> tuple[str, ...]:
    """What any part of the letter may mention: the bureau, the report and the day of writing."""
    dated = (facts.report.dated, facts.letter_date)
    return (facts.recipient.bureau.display_name, facts.report.number or "", *(wording.long_date(day) for day in dated))
