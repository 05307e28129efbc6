"""A rendered letter does not spill its bytes into logs."""

from domain.rendered_letters import PrintEngine, RenderedLetter


def test_the_bytes_do_not_show_in_a_representation() -> None:
    engine = PrintEngine(weasyprint="70.0", pango="1.50.12", harfbuzz="6.0.0", subsetter="harfbuzz", fonts_sha256="f")
    letter = RenderedLetter(pdf=b"%PDF secret", sha256="0" * 64, pages=1, engine=engine)
    assert "secret" not in repr(letter)
    assert letter.pdf.startswith(b"%PDF")
