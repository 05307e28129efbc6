"""Letters in print: true to the content, closed to the outside, the same bytes every time."""

from __future__ import annotations

import hashlib
import io
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest

from domain.letter_facts import Enclosure, ItemKind, LetterFacts
from domain.templates import LetterContent, compose
from infrastructure.letterhead.enclosures import EnclosuresDiffer
from infrastructure.page_marks import page_marks
from infrastructure.preflight import preflight
from infrastructure.vendors import weasy
from infrastructure.vendors.weasy import UnprintableLetter, WeasyPrinter, deny_all_fetcher, letter_html, render_letter
from tests.support.letters import item, letter_facts, sender
from tests.support.pdfs import blank_pdf, drawn_png

ROOT = Path(__file__).resolve().parents[3]


def content_of(facts: LetterFacts) -> LetterContent:
    return compose("bureau_dispute_611", 1, facts)


def words(pdf: bytes) -> str:
    """The text of the pages without blanks, so that line breaks do not matter."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.fixture
def listener() -> Iterator[tuple[int, list[str]]]:
    """A port on this machine, and the peers that connected to it."""
    connected: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    peer, address = server.accept()
                except OSError:
                    return
                connected.append(str(address))
                peer.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1], connected
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


def test_everything_the_content_says_is_printed() -> None:
    content = content_of(letter_facts())
    letter = WeasyPrinter().render(content)
    text = words(letter.pdf)
    assert all(squeezed(part) in text for part in content.texts if part)
    assert letter.sha256 == hashlib.sha256(letter.pdf).hexdigest()
    assert letter.pages == len(pypdf.PdfReader(io.BytesIO(letter.pdf)).pages) == 2
    assert "Page1of2" in text


def test_the_letter_passes_preflight_with_one_to_five_items_and_the_longest_address() -> None:
    long = sender().address.model_copy(update={"line1": "1" * 64, "line2": "2" * 64, "city": "Llanfair " * 10})
    for count in (1, 3, 5):
        items = tuple(item(n) for n in range(1, count + 1))
        for person in (sender(), sender(address=long)):
            letter = render_letter(content_of(letter_facts(items=items, sender=person)))
            assert preflight(letter.pdf).problems == ()
            assert letter.pages <= 3


def test_only_bundled_fonts_are_embedded() -> None:
    document = pikepdf.open(io.BytesIO(render_letter(content_of(letter_facts())).pdf))
    fonts = [font for page in document.pages for font in page.obj.Resources.Font.values()]
    names = {str(font.BaseFont).split("+")[1] for font in fonts}
    assert names <= {"Letter-Tinos", "Letter-Tinos-Bold", "Letter-Tinos-Italic"}
    assert all("/FontFile2" in font.DescendantFonts[0].FontDescriptor for font in fonts)


def test_a_character_outside_the_bundled_fonts_is_refused_not_borrowed_from_the_host() -> None:
    for name in ("李小龙", "Мария", "Smile \U0001f600"):
        with pytest.raises(UnprintableLetter, match=r"U\+") as refusal:
            render_letter(content_of(letter_facts(items=(item(furnisher=name),))))
        assert name not in refusal.value.message


def test_names_of_many_people_can_be_printed() -> None:
    names = "Nguyễn Thị Hồng, José Peña, Łukasz Żółć, Çağlar Şahin, Đặng O\u2019Neill"
    letter = render_letter(content_of(letter_facts(items=(item(furnisher=names),))))
    assert squeezed(names) in words(letter.pdf)


def test_the_drawn_signature_is_printed_at_print_resolution() -> None:
    facts = letter_facts()
    signed = facts.model_copy(update={"signature": facts.signature.model_copy(update={"image_png": drawn_png()})})
    letter = render_letter(content_of(signed))
    document = pikepdf.open(io.BytesIO(letter.pdf))
    assert [mark.kind for mark in page_marks(document.pages[-1])].count("image") == 1
    assert preflight(letter.pdf).ok


def test_enclosures_follow_the_letter_and_must_be_those_listed() -> None:
    paper = blank_pdf(2)
    enclosure = Enclosure(title="Payoff letter", pages=2, sha256=hashlib.sha256(paper).hexdigest())
    content = content_of(letter_facts(enclosures=(enclosure,)))
    letter = render_letter(content, (paper,))
    assert letter.pages == len(pypdf.PdfReader(io.BytesIO(letter.pdf)).pages) == 4
    assert squeezed("Payoff letter (2 pages)") in words(letter.pdf)
    assert preflight(letter.pdf).ok
    for documents in ((), (blank_pdf(1),), (paper, paper)):
        with pytest.raises(EnclosuresDiffer):
            render_letter(content, documents)
    with pytest.raises(EnclosuresDiffer):
        render_letter(content_of(letter_facts()), (paper,))


def vectors(port: int) -> list[str]:
    here = f"http://127.0.0.1:{port}"
    return [
        f"<img src='{here}/a.png'>",
        f"<img srcset='{here}/b.png 2x'>",
        f"<link rel=stylesheet href={here}/c.css>",
        f"<style>@import '{here}/d.css'</style>",
        f"<style>p{{background:url({here}/e)}}</style>",
        f"<object data='{here}/f.svg'></object>",
        f"<embed src='{here}/g.svg'>",
        f"<iframe src='{here}/h'></iframe>",
        f"<base href='{here}/'>",
        f"<a href='{here}/i'>x</a>",
        f"<link rel=attachment href='{here}/j'>",
        f"<svg><image href='{here}/k'/></svg>",
        f"<meta http-equiv=refresh content='0;{here}'>",
        f"<script src='{here}/l.js'></script>",
        "<img src='file:///etc/passwd'>",
        "<link rel=attachment href=file:///etc/hostname>",
        "<img src='data:image/svg+xml,<svg/>'>",
        "</p></body><img src=//127.0.0.1/x>",
        "{{ 7 * 7 }} {% import os %}",
        "{{ content.__class__.__mro__ }}",
        f"url({here}/m) @font-face{{src:url({here}/n)}}",
        "&lt;img src=x&gt; &amp; &#x3C;b&#x3E;",
        "' onload='x' \" style=\"background:url(x)",
    ]


def test_what_a_user_types_is_printed_as_text_and_fetches_nothing(listener: tuple[int, list[str]]) -> None:
    port, connected = listener
    typed = vectors(port)
    assert len(typed) >= 20
    for start in range(0, len(typed), 5):
        group = typed[start : start + 5]
        items = tuple(item(n, furnisher=text, basis=text) for n, text in enumerate(group, start=1))
        person = sender(name=group[0][:40], phone=group[-1][:40])
        letter = render_letter(content_of(letter_facts(items=items, sender=person)))
        text = words(letter.pdf)
        assert all(text.count(squeezed(each)) >= 2 for each in group)
        document = pikepdf.open(io.BytesIO(letter.pdf))
        assert not any("/Annots" in page.obj for page in document.pages)
        assert "/EmbeddedFiles" not in document.Root.get("/Names", {})
        assert preflight(letter.pdf).ok
    assert connected == []


@pytest.mark.parametrize("field", ["label", "printed", "claimed"])
def test_typed_values_are_escaped_in_every_field(field: str) -> None:
    value = {"label": "A", "printed": "B", "claimed": "C", field: "<b>{{ 1 }}</b>"}
    html = letter_html(content_of(letter_facts(items=(item(fields=(value,)),))), None)
    assert "&lt;b&gt;{{ 1 }}&lt;/b&gt;" in html
    assert "<b>" not in html


def test_the_fetcher_refuses_every_address_it_was_not_given(listener: tuple[int, list[str]]) -> None:
    port, connected = listener
    fetcher = deny_all_fetcher({"letterhead:x": ("image/png", b"ours")})
    assert fetcher.fetch("letterhead:x").read() == b"ours"
    host = f"127.0.0.1:{port}"
    refused = [
        f"http://{host}/", f"https://{host}/", f"ftp://{host}/", f"HTTP://{host}/", f"//{host}/", "file:///etc/passwd",
        "FILE:///etc/passwd", "data:text/plain,hi", "data:image/png;base64,AAAA", "letterhead:y", "letterhead:../x",
        "letterhead:x?", "jar:file:///x", "gopher://x/", "about:blank", "", "x", "/etc/passwd",
    ]  # fmt: skip
    for address in refused:
        for call in (fetcher.fetch, fetcher, fetcher.open):
            with pytest.raises(ValueError, match="refused"):
                call(address)
    assert connected == []


def test_markup_that_did_reach_the_engine_would_stop_the_letter(
    listener: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, connected = listener

    def unescaped(content: Any, signature: Any) -> str:
        return f"<p>{content.items[0].title}</p>"

    monkeypatch.setattr(weasy, "letter_html", unescaped)
    stopped = 0
    for text in vectors(port)[:6]:
        content = content_of(letter_facts(items=(item(kind=ItemKind.ACCOUNT, furnisher=text, account_masked=None),)))
        try:
            render_letter(content)
        except UnprintableLetter:
            stopped += 1
    assert stopped >= 3
    assert connected == []


DIGEST = """
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from domain.templates import compose
from infrastructure.vendors.weasy import render_letter
from tests.support.letters import letter_facts

if __name__ == "__main__":
    content = compose("bureau_dispute_611", 1, letter_facts())
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        print(pool.submit(render_letter, content).result().sha256)
"""


def test_two_processes_with_different_hash_seeds_print_the_same_bytes(tmp_path: Path) -> None:
    script = tmp_path / "digest.py"
    script.write_text(DIGEST)
    digests = set()
    for seed in ("1", "4242"):
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "TZ": "UTC" if seed == "1" else "Asia/Tokyo"}
        done = subprocess.run(
            [sys.executable, str(script)], capture_output=True, text=True, timeout=120, env=environment, check=True
        )
        digests.add(done.stdout.strip())
    assert digests == {render_letter(content_of(letter_facts())).sha256}


def test_the_engine_names_every_version_that_decides_the_bytes() -> None:
    engine = WeasyPrinter().engine()
    assert engine.weasyprint.startswith("70.")
    assert engine.pango.count(".") == 2
    assert engine.harfbuzz.count(".") == 2
    assert engine.subsetter in {"harfbuzz", "fonttools"}
    assert len(engine.fonts_sha256) == 64


def test_without_pango_the_error_names_the_one_command() -> None:
    broken = (
        "import cffi, sys\n"
        "def refuse(self, *a): raise OSError('gone')\n"
        "cffi.FFI.dlopen = refuse\n"
        "from infrastructure.vendors.weasy import WeasyPrinter, PangoMissing\n"
        "try: WeasyPrinter().engine()\n"
        "except PangoMissing as missing: print(missing)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", broken], capture_output=True, text=True, timeout=60, cwd=ROOT, check=True
    )
    assert done.stdout.startswith("printing letters needs Pango: ")
    assert len(done.stdout.splitlines()) == 1
    if sys.platform == "linux":
        assert "apt-get install -y --no-install-recommends libpango-1.0-0" in done.stdout


def test_importing_the_adapter_does_not_load_the_engine() -> None:
    check = "import sys, infrastructure.vendors.weasy; print('weasyprint' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "False"
