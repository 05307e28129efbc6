"""Small PDFs and pictures made for one test each."""

from __future__ import annotations

import io

import pikepdf
from PIL import Image, ImageDraw

HELVETICA = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}


def drawn_png(width: int = 900, height: int = 220) -> bytes:
    """A transparent picture with a stroke in it, as a signature pad gives."""
    picture = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(picture).line([(10, height - 20), (width // 2, 20), (width - 10, height - 30)], "navy", width=6)
    out = io.BytesIO()
    picture.save(out, format="PNG")
    return out.getvalue()


def page_pdf(content: bytes = b"", pages: int = 1, size: tuple[float, float] = (612, 792)) -> pikepdf.Pdf:
    """An open PDF whose pages all draw `content`; /F1 is Helvetica, not embedded."""
    document = pikepdf.new()
    for _ in range(pages):
        page = document.add_blank_page(page_size=size)
        page.obj.Contents = document.make_stream(content)
        fonts = pikepdf.Dictionary(F1=pikepdf.Dictionary(**{key[1:]: pikepdf.Name(v) for key, v in HELVETICA.items()}))
        page.obj.Resources = pikepdf.Dictionary(Font=fonts)
    return document


def saved(document: pikepdf.Pdf) -> bytes:
    """The document's bytes, the same for the same document."""
    out = io.BytesIO()
    document.save(out, deterministic_id=True)
    return out.getvalue()


def blank_pdf(pages: int = 1, size: tuple[float, float] = (612, 792), content: bytes = b"") -> bytes:
    """Pages without fonts, so that nothing can be found wrong with them but what `content` draws."""
    document = page_pdf(content, pages, size)
    for page in document.pages:
        del page.obj.Resources
    return saved(document)


def xobject(document: pikepdf.Pdf, data: bytes, kind: str, **keys: object) -> pikepdf.Object:
    """An image or form to be drawn by a page."""
    drawn = document.make_indirect(document.make_stream(data))
    for key, value in {"Subtype": pikepdf.Name(f"/{kind}"), **keys}.items():
        drawn[f"/{key}"] = value
    return drawn
