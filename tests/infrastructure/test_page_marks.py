"""Where ink falls: text by its widths, lines by their stroke, images by their matrix, through nested forms."""

import pikepdf
import pytest

from infrastructure import page_marks as marks_module
from infrastructure.page_marks import Mark, TooComplex, page_marks
from tests.support.pdfs import page_pdf, xobject


def marks(content: bytes) -> list[Mark]:
    document = page_pdf(content)
    return list(page_marks(document.pages[0]))


def test_a_line_is_as_wide_as_its_stroke() -> None:
    assert marks(b"4 w 100 100 m 200 100 l S") == [Mark("path", (98, 98, 202, 102))]


def test_a_rectangle_follows_every_transformation() -> None:
    assert marks(b"q 2 0 0 2 10 20 cm 1 1 5 5 re f Q 0 0 1 1 re f") == [
        Mark("path", (12, 22, 22, 32)),
        Mark("path", (0, 0, 1, 1)),
    ]
    assert marks(b"0 1 -1 0 100 0 cm 0 0 10 20 re f") == [Mark("path", (80, 0, 100, 10))]


def test_a_clip_or_an_unpainted_path_leaves_no_ink() -> None:
    assert marks(b"0 0 100 100 re W n") == []


def test_text_starts_at_its_matrix_and_runs_on_by_its_widths() -> None:
    (text,) = marks(b"BT /F1 10 Tf 1 0 0 1 72 700 Tm (ab) Tj ET")
    assert text.kind == "text"
    assert text.box == pytest.approx((72, 697.5, 92, 709))
    first, second = marks(b"BT /F1 10 Tf 72 700 Td (a) Tj (b) Tj ET")
    assert second.box[0] == pytest.approx(first.box[2])


def test_lines_of_text_move_down_by_the_leading() -> None:
    found = marks(b"BT /F1 10 Tf 14 TL 72 700 Td (a) Tj T* (b) Tj (c) ' 2 1 (d) \" 0 -20 TD (e) Tj ET")
    assert [round(mark.box[1] + 2.5) for mark in found] == [700, 686, 672, 658, 638]
    assert {round(mark.box[0]) for mark in found} == {72}


def test_spacing_scale_and_kerning_widen_text() -> None:
    plain, spaced, scaled, kerned = marks(
        b"BT /F1 10 Tf (ab) Tj ET BT 5 Tc (ab) Tj 0 Tc ET BT 200 Tz (ab) Tj 100 Tz ET BT [(a) -1000 (b)] TJ ET"
    )
    assert [mark.box[2] for mark in (plain, spaced, scaled, kerned)] == pytest.approx([20, 30, 40, 30])


def test_images_carry_their_resolution() -> None:
    document = page_pdf(b"q 72 0 0 36 100 100 cm /Im Do Q")
    picture = xobject(document, b"\x00" * 600 * 300, "Image", Width=600, Height=300)
    document.pages[0].obj.Resources.XObject = pikepdf.Dictionary(Im=picture)
    assert list(page_marks(document.pages[0])) == [Mark("image", (100, 100, 172, 136), 600.0)]


def test_an_inline_image_is_ink_too() -> None:
    (found,) = marks(b"q 10 0 0 10 50 60 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI Q")
    assert found.kind == "image"
    assert found.box == (50, 60, 60, 70)
    assert found.dpi == pytest.approx(7.2)


def test_forms_are_read_with_their_own_matrix() -> None:
    document = page_pdf(b"/Fm Do")
    form = xobject(document, b"0 0 1 1 re f", "Form", Matrix=[1, 0, 0, 1, 7, 0])
    document.pages[0].obj.Resources.XObject = pikepdf.Dictionary(Fm=form)
    assert list(page_marks(document.pages[0])) == [Mark("path", (7, 0, 8, 1))]


def test_a_form_that_draws_itself_is_too_complex() -> None:
    document = page_pdf(b"/Fm Do")
    form = xobject(document, b"/Fm Do", "Form")
    document.pages[0].obj.Resources.XObject = pikepdf.Dictionary(Fm=form)
    with pytest.raises(TooComplex):
        list(page_marks(document.pages[0]))


def test_too_many_operators_are_too_complex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks_module, "OPERATORS_MAX", 10)
    with pytest.raises(TooComplex):
        marks(b"q Q " * 6)


def test_shading_may_be_anywhere() -> None:
    (found,) = marks(b"/Sh sh")
    assert found.kind == "shading"
    assert found.box[0] < 0
    assert found.box[2] > 612
