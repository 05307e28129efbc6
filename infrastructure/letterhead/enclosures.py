"""Enclosed documents appended behind the letter, so that the list names exactly the pages that follow."""

from __future__ import annotations

import hashlib
import io
from typing import Final

import pikepdf

from domain.kernel import Invalid
from domain.letter_facts import Enclosure

LETTER_PT: Final = (612, 792)


class EnclosuresDiffer(Invalid):
    """The documents at hand are not those the letter's list names."""

    code = "enclosures_differ"


def append_enclosures(letter: bytes, listed: tuple[Enclosure, ...], documents: tuple[bytes, ...]) -> tuple[bytes, int]:
    """The letter followed by each listed document, and the number of pages. Raises `EnclosuresDiffer`.

    Documents must be clean PDFs of US letter pages whose hash and page count stand in the list.
    """
    if len(listed) != len(documents):
        raise EnclosuresDiffer("give exactly the documents the letter lists, in the same order")
    with pikepdf.open(io.BytesIO(letter)) as whole:
        for number, (enclosure, document) in enumerate(zip(listed, documents, strict=True), start=1):
            _append(whole, enclosure, document, number)
        out = io.BytesIO()
        whole.save(out, deterministic_id=True)
        return out.getvalue(), len(whole.pages)


def _append(whole: pikepdf.Pdf, enclosure: Enclosure, document: bytes, number: int) -> None:
    if hashlib.sha256(document).hexdigest() != enclosure.sha256:
        raise EnclosuresDiffer(f"enclosure {number} is not the document that was listed", enclosure=number)
    try:
        with pikepdf.open(io.BytesIO(document)) as pages:
            if len(pages.pages) != enclosure.pages:
                raise EnclosuresDiffer(f"enclosure {number} has another number of pages", enclosure=number)
            if any(not _is_letter_size(page) for page in pages.pages):
                raise EnclosuresDiffer(f"print enclosure {number} on US letter pages first", enclosure=number)
            whole.pages.extend(pages.pages)
    except pikepdf.PdfError:
        raise EnclosuresDiffer(f"enclosure {number} is not a readable PDF", enclosure=number) from None


def _is_letter_size(page: pikepdf.Page) -> bool:
    left, bottom, right, top = (float(edge) for edge in page.mediabox)
    size = (right - left, top - bottom)
    return all(abs(side - wanted) < 0.5 for side, wanted in zip(size, LETTER_PT, strict=True))
