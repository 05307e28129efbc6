"""What a print provider would refuse, or print over, found before the letter is approved."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

import pikepdf

from domain.kernel import Value
from infrastructure.page_marks import Mark, TooComplex, inherited, page_marks

PAGE_PT: Final = (612.0, 792.0)
BYTES_MAX: Final = 5_000_000
PAGES_MAX: Final = {False: 60, True: 120}
"""Largest number of pages by `double_sided`."""
DPI_MIN: Final = 300.0
EDGE_PT: Final = 4.5
"""A sixteenth of an inch stays clear on every side."""
DEPTH_MAX: Final = 8

_MALFORMED: Final = (
    pikepdf.PdfError,
    pikepdf.models.PdfParsingError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RecursionError,
    RuntimeError,
    NotImplementedError,
)
"""What the PDF library and our reading of operators raise on files that break the format's rules."""

Box = tuple[float, float, float, float]


def _from_top(left: float, top: float, right: float, bottom: float) -> Box:
    return left, PAGE_PT[1] - bottom, right, PAGE_PT[1] - top


FIRST_PAGE_ZONES: Final[dict[str, Box]] = {
    "address and barcode box": _from_top(43.2, 60.5, 270.0, 204.5),
    "return address window": _from_top(45.36, 36.0, 279.36, 99.0),
    "address window": _from_top(45.36, 123.12, 333.36, 195.12),
}
"""Kept empty whichever address placement is used (Lob letter templates of 2025-04-15)."""

EVERY_PAGE_ZONES: Final[dict[str, Box]] = {
    "2D barcode box": (6.26, 6.26, 42.26, 42.26),
    "serial number strip": (0.0, 0.0, 43.2, 162.0),
    "left edge": (-1e6, -1e6, EDGE_PT, 1e6),
    "right edge": (PAGE_PT[0] - EDGE_PT, -1e6, 1e6, 1e6),
    "bottom edge": (-1e6, -1e6, 1e6, EDGE_PT),
    "top edge": (-1e6, PAGE_PT[1] - EDGE_PT, 1e6, 1e6),
}


class PreflightProblem(Value):
    """One reason for refusal; `page` counts from 1, None is the whole file."""

    code: str
    page: int | None
    message: str


class PreflightReport(Value):
    """Whether the bytes may be sent to the print provider, and every reason why not."""

    pages: int
    problems: tuple[PreflightProblem, ...]

    @property
    def ok(self) -> bool:
        """No problem was found."""
        return not self.problems


def preflight(pdf: bytes, *, double_sided: bool = True) -> PreflightReport:
    """Inspect a PDF of ours. Never raises for its content; a file that cannot be read is a problem too.

    For PDFs from others use `foreign_pdfs.inspect_foreign`, which does the same within bounds of memory and time.
    """
    problems: list[PreflightProblem] = []
    if len(pdf) >= BYTES_MAX:
        problems.append(_problem("too_many_bytes", None, f"the file must stay under {BYTES_MAX} bytes"))
    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            problems += _whole(document, double_sided)
            for number, page in enumerate(document.pages[: PAGES_MAX[True]], start=1):
                problems += _page(page, number)
            return PreflightReport(pages=len(document.pages), problems=tuple(dict.fromkeys(problems)))
    except pikepdf.PasswordError:
        problems.append(_problem("encrypted", None, "the file is encrypted"))
    except _MALFORMED:
        problems.append(_problem("unreadable", None, "the file is not a well-formed PDF"))
    return PreflightReport(pages=0, problems=tuple(problems))


def _problem(code: str, page: int | None, message: str) -> PreflightProblem:
    return PreflightProblem(code=code, page=page, message=message)


def _whole(document: pikepdf.Pdf, double_sided: bool) -> Iterator[PreflightProblem]:
    if document.is_encrypted:
        yield _problem("encrypted", None, "the file is encrypted")
    pages = len(document.pages)
    if not 1 <= pages <= PAGES_MAX[double_sided]:
        yield _problem("page_count", None, f"{pages} pages; 1 to {PAGES_MAX[double_sided]} can be mailed")
    root = document.Root
    names: Any = root.get("/Names", {})
    for holder, key, code in (
        (root, "/OpenAction", "active_content"),
        (root, "/AA", "active_content"),
        (names, "/JavaScript", "active_content"),
        (root, "/AcroForm", "form"),
        (names, "/EmbeddedFiles", "attachment"),
        (root, "/AF", "attachment"),
    ):
        if key in holder:
            yield _problem(code, None, f"the file holds {key[1:]}")


def _page(page: pikepdf.Page, number: int) -> Iterator[PreflightProblem]:
    if not all(_is_letter(box) for box in (page.mediabox, page.cropbox)) or _turned(page):
        yield _problem("page_size", number, "the page is not 8.5 by 11 inches, upright")
    if len(page.obj.get("/Annots", [])):
        yield _problem("link_or_annotation", number, "the page holds links or annotations")
    if "/AA" in page.obj:
        yield _problem("active_content", number, "the page starts an action")
    if not all(_embedded(font) for font in _fonts(inherited(page, "/Resources", {}), 0)):
        yield _problem("font_not_embedded", number, "a font is not embedded")
    try:
        for mark in page_marks(page):
            yield from _mark(mark, number)
    except TooComplex:
        yield _problem("too_complex", number, "the page holds too much drawing")


def _is_letter(box: Any) -> bool:
    edges = [float(edge) for edge in box]
    return all(abs(edge - wanted) <= 0.5 for edge, wanted in zip(edges, (0.0, 0.0, *PAGE_PT), strict=True))


def _turned(page: pikepdf.Page) -> bool:
    return int(inherited(page, "/Rotate", 0)) != 0 or float(inherited(page, "/UserUnit", 1)) != 1


def _mark(mark: Mark, number: int) -> Iterator[PreflightProblem]:
    zones = EVERY_PAGE_ZONES | (FIRST_PAGE_ZONES if number == 1 else {})
    for name, zone in zones.items():
        if _overlap(mark.box, zone):
            yield _problem("zone_not_empty", number, f"{mark.kind} in the {name}")
    if mark.dpi is not None and mark.dpi < DPI_MIN - 0.5:
        yield _problem("image_resolution", number, f"an image has fewer than {DPI_MIN:.0f} dots per inch")


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _fonts(resources: Any, depth: int) -> Iterator[Any]:
    yield from (font for _, font in resources.get("/Font", {}).items())
    if depth < DEPTH_MAX:
        for _, drawn in resources.get("/XObject", {}).items():
            if drawn.get("/Subtype") == "/Form" and "/Resources" in drawn:
                yield from _fonts(drawn.Resources, depth + 1)


def _embedded(font: Any) -> bool:
    if font.get("/Subtype") == "/Type0":
        return all(_embedded(descendant) for descendant in font.DescendantFonts)
    descriptor = font.get("/FontDescriptor", {})
    return any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
