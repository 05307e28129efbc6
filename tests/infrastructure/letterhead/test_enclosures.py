"""The list of enclosures names exactly the pages that follow the letter."""

import hashlib
import io

import pikepdf
import pytest

from domain.letter_facts import Enclosure
from infrastructure.letterhead.enclosures import EnclosuresDiffer, append_enclosures
from tests.support.pdfs import blank_pdf

LETTER = blank_pdf(2)
PAPER = blank_pdf(3)


def listed(document: bytes, pages: int) -> Enclosure:
    return Enclosure(title="Payoff letter", pages=pages, sha256=hashlib.sha256(document).hexdigest())


def test_listed_documents_follow_the_letter_and_the_bytes_are_the_same_each_time() -> None:
    first, pages = append_enclosures(LETTER, (listed(PAPER, 3),), (PAPER,))
    assert pages == 5
    assert len(pikepdf.open(io.BytesIO(first)).pages) == 5
    assert append_enclosures(LETTER, (listed(PAPER, 3),), (PAPER,))[0] == first


@pytest.mark.parametrize(
    ("enclosures", "documents", "message"),
    [
        ((listed(PAPER, 3),), (), "exactly the documents"),
        ((), (PAPER,), "exactly the documents"),
        ((listed(PAPER, 3),), (blank_pdf(4),), "not the document"),
        ((listed(PAPER, 2),), (PAPER,), "number of pages"),
        ((listed(b"%PDF-nonsense", 1),), (b"%PDF-nonsense",), "not a readable PDF"),
        ((listed(blank_pdf(1, (595, 842)), 1),), (blank_pdf(1, (595, 842)),), "US letter"),
    ],
)
def test_anything_else_is_refused(
    enclosures: tuple[Enclosure, ...], documents: tuple[bytes, ...], message: str
) -> None:
    with pytest.raises(EnclosuresDiffer, match=message):
        append_enclosures(LETTER, enclosures, documents)
