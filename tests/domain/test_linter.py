"""A letter that says anything unlawful, unsupported or misdirected is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import wording
from domain.addresses import PostalAddress
from domain.bureaus import Bureau
from domain.letter_facts import Enclosure, FieldClaim, ItemKind, LetterFacts, Recipient, RequestKind, Signature
from domain.linter import lint
from domain.templates import LetterContent, compose
from tests.support.letters import LETTER_DATE, item, letter_facts, sender

FACTS = letter_facts()


def content_of(facts: LetterFacts) -> LetterContent:
    return compose("bureau_dispute_611", 1, facts)


def rules(content: LetterContent, facts: LetterFacts = FACTS) -> set[str]:
    return {problem.rule for problem in lint(content, facts)}


def saying(text: str, item_number: int = 1) -> LetterContent:
    """The good letter with one more sentence in an item."""
    content = content_of(FACTS)
    items = [
        entry.model_copy(update={"paragraphs": (*entry.paragraphs, text)}) if entry.number == item_number else entry
        for entry in content.items
    ]
    return content.model_copy(update={"items": tuple(items)})


@pytest.mark.parametrize("bureau", list(Bureau))
@pytest.mark.parametrize("reason", sorted(wording.REASONS))
def test_every_reason_at_every_bureau_makes_a_clean_letter(reason: str, bureau: Bureau) -> None:
    kind = ItemKind.INQUIRY if reason.startswith("inquiry") else ItemKind.ACCOUNT
    facts = letter_facts(
        recipient=Recipient.from_book(bureau, LETTER_DATE),
        items=(
            item(1, reason=reason, kind=kind),
            item(2, reason=reason, kind=kind, request=RequestKind.DELETE),
            item(
                3, reason=reason, kind=kind, fields=(FieldClaim(label="Status", printed="Open"),), basis="It is wrong"
            ),
        ),
    )
    content = content_of(facts)
    assert lint(content, facts) == ()


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("identity_theft", "I am a victim of identity theft."),
        ("identity_theft", "This account was opened fraudulently."),
        ("identity_theft", "Please block it under 605B."),
        ("threat", "I will sue you."),
        ("threat", "You will face a lawsuit and punitive damages."),
        ("threat", "See you in court."),
        ("threat", "I will report you to the CFPB."),
        ("threat", "My attorney will contact you."),
        ("threat", "You violated the law."),
        ("guarantee", "You guaranteed that this goes away."),
        ("guarantee", "This will raise my credit score."),
        ("guarantee", "The account will be deleted."),
        ("statute", "Section 609 obliges you to show the signed contract."),
        ("statute", "Under the FCRA you must do this."),
        ("statute", "See 15 U.S.C. § 1681g."),
        ("statute", "Please validate this debt."),
        ("deadline", "Answer within fifteen days."),
        ("deadline", "Do this immediately."),
        ("deadline", "You have a 30-day period."),
        ("deadline", "I expect an answer in two weeks."),
        ("third_party", "I write on behalf of our client."),
        ("third_party", "It differs from what the consumer says."),
        ("third_party", "Our office asks for a correction."),
        ("altered_identity", "My CPN is on file."),
        ("motive", "I am applying for a mortgage."),
        ("denial", "This account is not mine."),
        ("enclosures", "I have enclosed a copy."),
        ("untraced_amount", "I paid $55."),
        ("untraced_date", "I paid on May 5, 2021."),
        ("untraced_figure", "The account ends in 4321."),
        ("untraced_name", "It was sold to Cavalry."),
        ("full_number", "My number is 900-12-3456."),
        ("full_number", "The account is 4417 1234 5678 9113."),
    ],
)
def test_a_prohibited_sentence_is_found(rule: str, sentence: str) -> None:
    assert rule in rules(saying(sentence))


@pytest.mark.parametrize(
    "basis",
    [
        "The report shows a payment status of 60 days late after the account was paid",
        "I never had a late payment on this account",
        "The report shows this account as included in bankruptcy and also as past due",
        "The highest balance shown is lower than the balance shown",
        "My other report of the same month shows this account as closed",
    ],
)
def test_plain_statements_raise_no_alarm(basis: str) -> None:
    entry = item(fields=(FieldClaim(label="Payment status", printed="60 days late"),), basis=basis, basis_values=())
    facts = letter_facts(items=(entry,))
    assert lint(content_of(facts), facts) == ()


def test_another_bureaus_figure_must_be_listed_as_a_value_of_the_finding() -> None:
    basis = "Equifax shows a balance of $900 for the same month"
    bare = letter_facts(items=(item(basis=basis, basis_values=()),))
    assert {"untraced_amount", "untraced_name"} <= rules(content_of(bare), bare)
    listed = letter_facts(items=(item(basis=basis, basis_values=("Equifax", "$900")),))
    assert lint(content_of(listed), listed) == ()


def test_a_fact_of_one_item_does_not_support_another() -> None:
    assert "untraced_amount" in rules(saying("The balance is $185.", item_number=1))
    assert "untraced_amount" not in rules(saying("The balance is $185.", item_number=2))


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("sender_lines", ("Swift Credit Repair LLC", "1 Main St", "Dayton, OH 45402")),
        ("recipient_lines", ("Experian", "P.O. Box 9556", "Allen, TX 75013")),
        ("subject", "Final demand"),
        ("date_line", "March 4, 2026"),
        ("bureau", Bureau.EQUIFAX),
        ("enclosures", (Enclosure(title="Passport", pages=1, sha256="c" * 64),)),
        ("identification", ()),
    ],
)
def test_parts_copied_from_facts_may_not_differ(part: str, value: Any) -> None:
    assert "facts" in rules(content_of(FACTS).model_copy(update={part: value}))


def test_shown_values_and_requests_may_not_differ() -> None:
    content = content_of(FACTS)
    first, *others = content.items
    row = first.rows[0].model_copy(update={"printed": "$1,241"})
    for change in ({"rows": (row,)}, {"request": "Please delete everything."}, {"title": "MIDLAND"}):
        changed = content.model_copy(update={"items": (first.model_copy(update=change), *others)})
        assert "facts" in rules(changed)


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (("within 30 days", "within 15 days"), "deadline"),
        (("five business days", "three business days"), "deadline"),
        (("1681i(a)(5)(A)", "1681g"), "statute"),
        (("section 611(a)", "section 609"), "statute"),
    ],
)
def test_an_approved_sentence_may_not_be_changed(wrong: tuple[str, str], rule: str) -> None:
    content = content_of(FACTS)
    request = tuple(text.replace(*wrong) for text in content.request)
    assert {rule, "approved_sentences"} <= rules(content.model_copy(update={"request": request}))
    assert rule in rules(content.model_copy(update={"request": (*content.request, *content.request)}))


def test_items_may_not_be_added_dropped_or_too_many() -> None:
    content = content_of(FACTS)
    assert "items" in rules(content.model_copy(update={"items": ()}))
    assert "items" in rules(content.model_copy(update={"items": content.items[:2]}))
    assert "items" in rules(content.model_copy(update={"items": content.items * 2}))


def test_an_old_bureau_address_is_refused_even_if_the_report_prints_it() -> None:
    old = PostalAddress(line1="P.O. Box 740241", city="Atlanta", state="GA", zip_code="30374")
    stale = Recipient(bureau=Bureau.EQUIFAX, company="Equifax", address=old, basis="printed_on_report")
    facts = letter_facts(recipient=stale)
    assert "address" in rules(content_of(facts), facts)
    fresh = stale.model_copy(update={"address": old.model_copy(update={"line1": "P.O. Box 105518"})})
    printed = letter_facts(recipient=fresh)
    assert lint(content_of(printed), printed) == ()
    from_book = letter_facts(recipient=fresh.model_copy(update={"basis": "address_book"}))
    assert "address" in rules(content_of(from_book), from_book)


def test_only_the_consumer_signs() -> None:
    facts = letter_facts(signature=Signature(name="John Agent", signed_at=FACTS.signature.signed_at))
    assert "third_party" in rules(content_of(facts), facts)


def test_the_whole_social_security_number_needs_the_consumers_choice_and_stands_once() -> None:
    facts = letter_facts(sender=sender(full_ssn="900-12-3456"))
    content = content_of(facts)
    assert lint(content, facts) == ()
    assert "full_number" in rules(content, FACTS)
    twice = content.model_copy(update={"opening": (*content.opening, "My number is 900-12-3456.")})
    assert "full_number" in rules(twice, facts)


def test_the_law_on_old_information_is_cited_only_for_old_information() -> None:
    assert "statute" in rules(saying(wording.OBSOLETE))


def test_problems_name_their_rules_and_repeat_no_fact() -> None:
    problems = lint(saying("I paid $7,654 to Cavalry on May 5, 2021 and will sue."), FACTS)
    assert {p.rule for p in problems} >= {"threat", "untraced_amount", "untraced_date", "untraced_name"}
    said = " ".join(p.message for p in problems)
    assert not any(word in said for word in ("7,654", "Cavalry", "2021", "Maria"))


@given(st.dates(min_value=date(1995, 1, 1), max_value=date(2025, 12, 31)), st.integers(1, 10**7))
@settings(max_examples=60)
def test_no_foreign_date_or_amount_gets_through(day: date, cents: int) -> None:
    found = rules(saying(f"I paid ${cents / 100:,.2f} on {wording.long_date(day)}."))
    assert ("untraced_date" in found) == (day != date(2025, 1, 12))
    assert ("untraced_amount" in found) == (cents not in (0, 124000))
