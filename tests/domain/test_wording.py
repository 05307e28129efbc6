"""The sentences of a letter: lawful, different for different reasons, in the consumer's voice."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from domain import wording
from domain.letter_facts import Enclosure, FieldClaim, ItemKind, RequestKind, Signature
from domain.linter import lint
from domain.templates import compose
from tests.support.letters import item, letter_facts


def test_every_reason_has_its_own_sentence_in_the_first_person_about_facts() -> None:
    said = {reason: wording.why(item(reason=reason))[0] for reason in wording.REASONS}
    assert len(set(said.values())) == len(said) == 32
    assert all(text.endswith(".") and "{" not in text for text in said.values())
    assert not any(" we " in f" {text.lower()} " for text in said.values())


@pytest.mark.parametrize("reason", ["identity_theft", "unverifiable_after_mov", "because"])
def test_reasons_that_need_their_own_letter_are_refused(reason: str) -> None:
    with pytest.raises(wording.ReasonNeedsAnotherLetter) as refusal:
        wording.why(item(reason=reason))
    assert refusal.value.code == "reason_needs_another_letter"


def test_the_basis_becomes_a_sentence() -> None:
    assert wording.why(item(basis="The account was paid"))[1] == "The account was paid."
    assert wording.why(item(basis="The account was paid."))[1] == "The account was paid."


def test_correct_names_the_shown_and_the_right_value() -> None:
    fields = (
        FieldClaim(label="Balance", printed="$1,240", claimed="$0"),
        FieldClaim(label="Status", printed="Charge-off", claimed="Paid"),
    )
    text = wording.request(item(fields=fields, request=RequestKind.CORRECT))
    assert text == "Please correct the balance from $1,240 to $0 and the status from “Charge-off” to “Paid”."


def test_an_unknown_right_value_is_never_invented() -> None:
    text = wording.request(item(fields=(FieldClaim(label="Balance", printed="$9"),), request=RequestKind.UPDATE))
    assert text == "Please investigate the balance, and update it, or delete it if you cannot verify it."
    two = (FieldClaim(label="ECOA code", printed="1"), FieldClaim(label="Balance", printed="$9"))
    assert wording.request(item(fields=two)).startswith("Please investigate the ECOA code and the balance, and correct")


@pytest.mark.parametrize(
    ("kind", "reason", "asked"),
    [
        (ItemKind.ACCOUNT, "not_mine", "Please delete this account from my credit file."),
        (ItemKind.ACCOUNT, "duplicate", "Please delete this duplicate entry from my credit file."),
        (ItemKind.INQUIRY, "inquiry_no_purpose", "Please delete this inquiry from my credit file."),
        (ItemKind.PUBLIC_RECORD, "public_record", "Please delete this public record from my credit file."),
    ],
)
def test_delete_names_what_is_to_go(kind: ItemKind, reason: str, asked: str) -> None:
    assert wording.request(item(kind=kind, reason=reason, request=RequestKind.DELETE)) == asked


def test_titles_show_what_the_report_prints() -> None:
    assert wording.item_title(item()) == "MIDLAND CREDIT MGMT, account number 85421XXXX"
    assert wording.item_title(item(kind=ItemKind.INQUIRY, account_masked=None)) == "Inquiry by MIDLAND CREDIT MGMT"
    bare = item(kind=ItemKind.PERSONAL_INFORMATION, furnisher=None, account_masked=None)
    assert wording.item_title(bare) == "Personal information"


def test_the_law_is_cited_for_what_it_says() -> None:
    assert "within 30 days of receiving this letter" in wording.DEADLINE
    assert "1681i(a)(1)(A)" in wording.DEADLINE
    assert "within five business days of completing" in wording.RESULTS
    assert "1681i(a)(6)" in wording.RESULTS
    assert "1681i(a)(5)(A)" in wording.OUTCOME
    assert "section 611(a)" in wording.reinvestigation(letter_facts())


def test_one_item_and_enclosures_change_the_words() -> None:
    one = letter_facts(items=(item(),))
    assert "this item, free of charge" in wording.reinvestigation(one)
    assert "the following item in my Experian credit report dated February 20, 2026" in wording.opening(one)
    assert "the following three items" in wording.opening(letter_facts())
    papers = (Enclosure(title="Payoff letter", pages=1, sha256="a" * 64),)
    assert "this letter and the enclosed documents" in wording.reinvestigation(letter_facts(enclosures=papers))


def test_letters_of_version_1_show_the_instant_of_signing_in_universal_time() -> None:
    at = datetime(2026, 3, 3, 22, 30, tzinfo=timezone(timedelta(hours=-5)))
    facts = letter_facts(signature=Signature(name="Maria Elena Calloway", signed_at=at))
    assert wording.signed_at(facts) == "Signed electronically on March 4, 2026 at 03:30 UTC"
    assert compose("bureau_dispute_611", 1, facts).signature.line == wording.signed_at(facts)
    assert compose("bureau_dispute_611", 2, facts).signature.line == "Signed electronically on March 3, 2026"
    assert lint(compose("bureau_dispute_611", 2, facts), facts) == ()


def test_the_day_of_signing_is_the_consumers_own() -> None:
    at = datetime(2026, 3, 4, 3, 30, tzinfo=UTC)
    for state, day in (("IL", "March 3, 2026"), ("GU", "March 4, 2026"), ("ID", "March 3, 2026")):
        facts = letter_facts(signature=Signature(name="Maria Elena Calloway", signed_at=at))
        address = facts.sender.address.model_copy(update={"state": state})
        facts = facts.model_copy(update={"sender": facts.sender.model_copy(update={"address": address})})
        assert wording.signed(facts) == f"Signed electronically on {day}"
    assert wording.long_date(date(2024, 2, 29)) == "February 29, 2024"


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        ("a number ending in 12; the consumer's ends in 34", "a number ending in 12; mine ends in 34"),
        ("a number whose other digits are not the consumer's.", "a number whose other digits are not mine."),
        ("which is not the consumer's name", "which is not my name"),
        ("the consumer was born on 1988-07-14", "I was born on July 14, 1988"),
        ("late in 2024-03; opened 2023-05-07.", "late in March 2024; opened May 7, 2023."),
        ("account ****2024-03 and 2024-0312 and 2024-13", "account ****2024-03 and 2024-0312 and 2024-13"),
        ("the employer, which the consumer has not named", "the employer, which I have not named"),
    ],
)
def test_a_finding_about_the_consumer_is_said_by_the_consumer(finding: str, said: str) -> None:
    assert wording.own_voice(finding) == said


def test_nothing_is_asked_about_a_field_that_only_explains() -> None:
    fields = (
        FieldClaim(label="payment status", printed="Current", context=True),
        FieldClaim(label="amount past due", printed="$86", claimed="$0"),
        FieldClaim(label="remarks", printed="Charged off"),
    )
    asked = wording.request(item(fields=fields))
    assert "payment status" not in asked
    assert "the amount past due from $86 to $0" in asked
    assert "Please investigate the remarks, and correct them, or delete them if you cannot verify them." in asked
    with pytest.raises(ValueError, match="which field is wrong"):
        item(fields=fields[:1])
