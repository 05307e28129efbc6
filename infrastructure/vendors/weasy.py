"""Letters printed by WeasyPrint: bundled fonts, no address ever fetched, the same bytes for the same content."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import io
import logging
import os
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any, Final

from domain.kernel import Invalid
from domain.rendered_letters import PrintEngine, RenderedLetter
from domain.templates import LetterContent
from infrastructure import letterhead
from infrastructure.letterhead.enclosures import append_enclosures
from infrastructure.letterhead.signatures import PrintableSignature, printable_signature

EPOCH: Final = "1767225600"
"""Every date the font tools would put into a file: 2026-01-01T00:00:00Z, for all letters and processes alike."""

INSTALL: Final = {
    "linux": "apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
    "darwin": "brew install pango",
}


class PangoMissing(RuntimeError):
    """The system libraries that set text are not installed; the message holds the one command that does it."""


class UnprintableLetter(Invalid):
    """The letter holds something that cannot be printed as it is."""

    code = "unprintable_letter"


@dataclass(frozen=True)
class _Press:
    """What a process prepares once: the library, the fonts, the parsed style sheet."""

    weasyprint: Any
    fonts: Any
    css: Any
    engine: PrintEngine
    lock: Lock


class WeasyPrinter:
    """The Printer role. Rendering takes a core for 0.1 to 0.5 s: call it in worker processes, not threads."""

    def render(self, content: LetterContent, attachments: tuple[bytes, ...] = ()) -> RenderedLetter:
        """Print `content`, followed by the pages of its enclosures. See `render_letter`."""
        return render_letter(content, attachments)

    def engine(self) -> PrintEngine:
        """The versions that decide the bytes. Raises `PangoMissing`."""
        return _press().engine


def render_letter(content: LetterContent, attachments: tuple[bytes, ...] = ()) -> RenderedLetter:
    """Print one letter; top-level, so that a process pool can call it.

    `attachments` are the clean PDFs of `content.enclosures`, in that order. Raises `UnprintableLetter`,
    `EnclosuresDiffer`, `PangoMissing`.
    """
    _refuse_unprintable(content)
    press = _press()
    signature = printable_signature(content.signature.image_png)
    html = letter_html(content, signature)
    with press.lock:
        pdf, pages = _set_in_print(press, html, signature)
    if content.enclosures or attachments:
        pdf, pages = append_enclosures(pdf, content.enclosures, attachments)
    return RenderedLetter(pdf=pdf, sha256=hashlib.sha256(pdf).hexdigest(), pages=pages, engine=press.engine)


def letter_html(content: LetterContent, signature: PrintableSignature | None) -> str:
    """The letter as HTML in which every text is escaped data."""
    size = (signature.width_pt, signature.height_pt) if signature else None
    return letterhead.template().render(content=content, signature_size=size)


def _set_in_print(press: _Press, html: str, signature: PrintableSignature | None) -> tuple[bytes, int]:
    images = {"letterhead:signature.png": ("image/png", signature.png)} if signature else {}
    fetcher = _fetcher(press.weasyprint, images)
    try:
        document = press.weasyprint.HTML(string=html, url_fetcher=fetcher).render(
            font_config=press.fonts, stylesheets=[press.css]
        )
        return document.write_pdf(), len(document.pages)
    except press.weasyprint.urls.FatalURLFetchingError:
        raise UnprintableLetter("the letter refers to something outside itself; keep the text plain") from None


def _refuse_unprintable(content: LetterContent) -> None:
    missing = {ord(c) for text in content.texts for c in text} - letterhead.printable_characters()
    if missing:
        codes = ", ".join(f"U+{code:04X}" for code in sorted(missing)[:5])
        raise UnprintableLetter(f"write these characters in the Latin alphabet: {codes}")


def deny_all_fetcher(files: Mapping[str, tuple[str, bytes]]) -> Any:
    """A fetcher that serves exactly `files` (address -> type and bytes) and refuses every other address."""
    return _fetcher(_press().weasyprint, files)


def _fetcher(weasyprint: Any, files: Mapping[str, tuple[str, bytes]]) -> Any:
    urls = weasyprint.urls

    class DenyAll(urls.URLFetcher):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)

        def fetch(self, url: str, headers: object = None) -> Any:
            if url not in files:
                raise ValueError("refused: a letter holds everything it needs")
            kind, body = files[url]
            return urls.URLFetcherResponse(url, body, {"Content-Type": kind})

    return DenyAll()


@cache
def _press() -> _Press:
    os.environ["SOURCE_DATE_EPOCH"] = EPOCH
    os.environ["FONTCONFIG_FILE"] = str(letterhead.FOLDER / "fonts.conf")
    weasyprint = _load_weasyprint()
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    files = {f"letterhead:{name}": ("font/ttf", letterhead.font(name)) for name in letterhead.FONTS}
    css = weasyprint.CSS(string=letterhead.stylesheet(), font_config=fonts, url_fetcher=_fetcher(weasyprint, files))
    return _Press(weasyprint=weasyprint, fonts=fonts, css=css, engine=_engine(weasyprint), lock=Lock())


def _load_weasyprint() -> Any:
    """Import the library; it costs about two seconds and needs Pango. Raises `PangoMissing`."""
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import weasyprint
    except OSError:
        command = INSTALL.get(sys.platform, "install Pango 1.44 or newer")
        raise PangoMissing(f"printing letters needs Pango: {command}") from None
    return weasyprint


def _engine(weasyprint: Any) -> PrintEngine:
    from weasyprint.text import ffi

    pango = ffi.pango.pango_version()
    return PrintEngine(
        weasyprint=weasyprint.__version__,
        pango=f"{pango // 10000}.{pango // 100 % 100}.{pango % 100}",
        harfbuzz=_harfbuzz_version(),
        subsetter="harfbuzz" if ffi.harfbuzz_subset else "fonttools",
        fonts_sha256=letterhead.fonts_sha256(),
    )


def _harfbuzz_version() -> str:
    for name in ("libharfbuzz.so.0", "libharfbuzz.0.dylib", "libharfbuzz-0.dll"):
        with contextlib.suppress(OSError):
            library = ctypes.CDLL(name)
            library.hb_version_string.restype = ctypes.c_char_p
            return str(library.hb_version_string().decode())
    return "unknown"
