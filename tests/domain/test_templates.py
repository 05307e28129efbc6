"""The letter types about what stands in a report: what they say, and which facts they refuse."""

from datetime import date

import pytest

from domain.letter_facts import ANNUAL_REPORT_DISPUTE, BUREAU_DISPUTE, Enclosure, ReportReference
from domain.linter import lint
from domain.templates import VERSIONS, LetterContent, NotForThisLetter, UnknownLetterType, compose
from domain.wording import ReasonNeedsAnotherLetter
from tests.support.letters import item, letter_facts, sender, three_items


def content(**changes: object) -> LetterContent:
    return compose("bureau_dispute_611", 1, letter_facts(**changes))


def test_the_letter_goes_from_the_consumer_to_the_bureau() -> None:
    letter = content()
    assert letter.sender_lines == (
        "Maria Elena Calloway",
        "418 Linden St",
        "Apt 3B",
        "Dayton, OH 45402",
        "937-555-0142",
    )
    assert letter.recipient_lines == ("Experian", "P.O. Box 4500", "Allen, TX 75013")
    assert letter.date_line == "March 3, 2026"
    assert letter.subject == "Dispute of information in my Experian credit report number 2261-4478-10"


def test_it_identifies_the_consumer_by_the_last_four_digits_unless_they_chose_otherwise() -> None:
    shown = {line.label: line.text for line in content().identification}
    assert shown["Social Security number"] == "ending in 3456"
    assert shown["Date of birth"] == "July 14, 1988"
    assert shown["Previous address"] == "77 Harbor Road, Toledo, OH 43604"
    whole = {line.label: line.text for line in content(sender=sender(full_ssn="900-12-3456")).identification}
    assert whole["Social Security number"] == "900-12-3456"


def test_items_are_numbered_with_shown_and_claimed_values() -> None:
    first, second, third = content().items
    assert [item.number for item in (first, second, third)] == [1, 2, 3]
    assert (first.rows[0].label, first.rows[0].printed, first.rows[0].claimed) == ("Balance", "$1,240", "$0")
    assert all(row.label[0].isupper() for item in (first, second, third) for row in item.rows)
    assert len({item.paragraphs[0] for item in (first, second, third)}) == 3
    assert third.request == "Please delete this account from my credit file."


def test_no_enclosures_no_list() -> None:
    assert content().enclosures == ()
    assert not any("enclos" in text.lower() for text in content().texts)
    papers = (Enclosure(title="Payoff letter", pages=2, sha256="b" * 64),)
    assert content(enclosures=papers).enclosures == papers


def test_equal_facts_give_the_same_hash_and_any_change_another() -> None:
    assert content().content_hash == content().content_hash
    others = [
        content(letter_date=date(2026, 3, 4)),
        content(items=three_items()[:2]),
        content(sender=sender(phone=None)),
        content(enclosures=(Enclosure(title="Payoff letter", pages=2, sha256="b" * 64),)),
    ]
    assert len({letter.content_hash for letter in (content(), *others)}) == 5


def test_content_survives_a_round_trip_through_json_with_its_hash() -> None:
    letter = content()
    again = LetterContent.model_validate_json(letter.model_dump_json())
    assert again == letter
    assert again.content_hash == letter.content_hash


FREE_COPY = ReportReference(dated=date(2026, 2, 20), free_annual=True)


def test_each_type_is_for_the_reports_of_its_own_deadline() -> None:
    with pytest.raises(NotForThisLetter, match="45 days"):
        content(report=FREE_COPY)
    with pytest.raises(NotForThisLetter, match="30 days"):
        compose(ANNUAL_REPORT_DISPUTE, 1, letter_facts())


def test_a_letter_about_a_free_annual_copy_says_so_and_grants_forty_five_days() -> None:
    facts = letter_facts(report=FREE_COPY)
    letter = compose(ANNUAL_REPORT_DISPUTE, VERSIONS[ANNUAL_REPORT_DISPUTE], facts)
    assert lint(letter, facts) == ()
    assert "free of charge from the centralized source" in letter.opening[0]
    sentences = " ".join(letter.request)
    assert "within 45 days of receiving this letter, as 15 U.S.C. § 1681j(a)(3) requires." in sentences
    assert "30 days" not in " ".join(letter.texts)
    assert letter.signature.line == "Signed electronically on March 3, 2026"


def test_new_letters_are_drafted_in_the_newest_version_of_their_type() -> None:
    assert VERSIONS == {BUREAU_DISPUTE: 2, ANNUAL_REPORT_DISPUTE: 1}


def test_a_report_from_the_future_is_refused() -> None:
    with pytest.raises(NotForThisLetter, match="dated after"):
        content(report=ReportReference(dated=date(2026, 3, 4)))


def test_identity_theft_is_not_stated_in_this_type() -> None:
    with pytest.raises(ReasonNeedsAnotherLetter):
        content(items=(item(reason="identity_theft"),))


def test_unknown_types_and_versions_are_refused() -> None:
    for letter_type, version in (("bureau_dispute_611", 3), ("threat", 1)):
        with pytest.raises(UnknownLetterType) as refusal:
            compose(letter_type, version, letter_facts())
        assert refusal.value.status == 404
