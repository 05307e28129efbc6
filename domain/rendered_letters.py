"""A letter as the exact bytes that are approved, stored and posted."""

from __future__ import annotations

from pydantic import Field

from domain.kernel import Value


class PrintEngine(Value):
    """What made the bytes; the same content gives other bytes under other versions."""

    weasyprint: str
    pango: str
    harfbuzz: str
    subsetter: str
    fonts_sha256: str


class RenderedLetter(Value):
    """A printed letter. `sha256` is of `pdf`, and is what approvals bind to; pages include enclosures."""

    pdf: bytes = Field(repr=False)
    sha256: str
    pages: int
    engine: PrintEngine
