"""From facts to bytes for the post, or the codes of what is wrong."""

from hashlib import sha256

from infrastructure.printing import LetterPress
from tests.support.letters import item, letter_facts


def test_a_letter_is_printed_with_the_hash_of_its_bytes() -> None:
    printed = LetterPress().print_letter("bureau_dispute_611", 1, letter_facts())
    assert printed.problems == ()
    assert printed.pdf.startswith(b"%PDF-")
    assert printed.sha256 == sha256(printed.pdf).hexdigest()
    assert printed.pages >= 1


def test_an_unknown_type_of_letter_is_a_refusal_not_a_letter() -> None:
    printed = LetterPress().print_letter("love_letter", 1, letter_facts())
    assert (printed.pdf, printed.sha256, printed.pages) == (b"", "", 0)
    assert printed.problems


def test_what_cannot_be_set_in_print_is_a_refusal_too() -> None:
    printed = LetterPress().print_letter("bureau_dispute_611", 1, letter_facts(items=(item(furnisher="東京 LENDING"),)))
    assert (printed.pdf, printed.problems) == (b"", ("unprintable_letter",))


def test_a_signature_that_cannot_be_drawn_is_a_refusal_too() -> None:
    facts = letter_facts()
    signature = facts.signature.model_copy(update={"image_png": b"no picture"})
    printed = LetterPress().print_letter("bureau_dispute_611", 1, facts.model_copy(update={"signature": signature}))
    assert (printed.pdf, printed.problems) == (b"", ("unusable_signature",))
