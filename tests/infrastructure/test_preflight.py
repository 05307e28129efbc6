"""Everything the print provider refuses, or prints over, is found before approval."""

import io
from collections.abc import Callable

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infrastructure.preflight import BYTES_MAX, PAGES_MAX, preflight
from tests.support.pdfs import blank_pdf, page_pdf, saved, xobject


def codes(pdf: bytes, *, double_sided: bool = True) -> set[str]:
    return {problem.code for problem in preflight(pdf, double_sided=double_sided).problems}


def test_blank_letter_pages_are_fine() -> None:
    report = preflight(blank_pdf(2))
    assert report.ok
    assert report.pages == 2


@pytest.mark.parametrize("size", [(595, 842), (612, 1008), (792, 612)])
def test_other_paper_is_refused(size: tuple[float, float]) -> None:
    assert codes(blank_pdf(1, size)) == {"page_size"}


@pytest.mark.parametrize(("key", "value"), [("/Rotate", 90), ("/UserUnit", 2), ("/CropBox", [0, 0, 300, 400])])
def test_a_page_that_shows_otherwise_than_it_measures_is_refused(key: str, value: object) -> None:
    document = pikepdf.open(io.BytesIO(blank_pdf()))
    document.pages[0].obj[key] = value
    assert codes(saved(document)) == {"page_size"}


def test_page_limits_depend_on_the_sides_printed() -> None:
    assert codes(blank_pdf(PAGES_MAX[False]), double_sided=False) == set()
    assert codes(blank_pdf(PAGES_MAX[False] + 1), double_sided=False) == {"page_count"}
    assert codes(blank_pdf(PAGES_MAX[True] + 1)) == {"page_count"}


def test_a_font_that_is_not_embedded_is_refused_even_inside_a_form() -> None:
    assert codes(saved(page_pdf())) == {"font_not_embedded"}
    document = page_pdf(b"")
    form = xobject(document, b"", "Form", Resources=document.pages[0].obj.Resources)
    document.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Fm=form))
    assert codes(saved(document)) == {"font_not_embedded"}


@pytest.mark.parametrize(
    ("content", "zone"),
    [
        (b"50 600 10 10 re f", "address and barcode box"),
        (b"30 650 m 300 650 l S", "address and barcode box"),
        (b"50 745 10 5 re f", "return address window"),
        (b"300 620 10 10 re f", "address window"),
        (b"10 10 5 5 re f", "2D barcode box"),
        (b"20 150 5 5 re f", "serial number strip"),
        (b"1 400 2 2 re f", "left edge"),
        (b"609 400 2 2 re f", "right edge"),
        (b"300 1 2 2 re f", "bottom edge"),
        (b"300 789 2 2 re f", "top edge"),
        (b"0 0 612 792 re f", "serial number strip"),
    ],
)
def test_ink_in_a_reserved_zone_is_found(content: bytes, zone: str) -> None:
    report = preflight(blank_pdf(1, content=content))
    assert any(p.code == "zone_not_empty" and zone in p.message and p.page == 1 for p in report.problems)


def test_text_that_runs_into_a_zone_from_outside_is_found() -> None:
    report = preflight(saved(page_pdf(b"BT /F1 12 Tf 20 650 Td (a long line of text that runs on) Tj ET")))
    assert any("address and barcode box" in problem.message for problem in report.problems)


def test_the_address_zones_are_on_the_first_page_only() -> None:
    document = pikepdf.open(io.BytesIO(blank_pdf(2)))
    document.pages[1].obj.Contents = document.make_stream(b"100 600 100 100 re f")
    assert preflight(saved(document)).ok
    document.pages[1].obj.Contents = document.make_stream(b"20 150 5 5 re f")
    assert {(p.code, p.page) for p in preflight(saved(document)).problems} == {("zone_not_empty", 2)}


@pytest.mark.parametrize(("pixels", "wanted"), [(300, set()), (299, {"image_resolution"})])
def test_images_need_300_dots_per_inch(pixels: int, wanted: set[str]) -> None:
    document = pikepdf.open(io.BytesIO(blank_pdf(1, content=b"72 0 0 72 300 300 cm /Im Do")))
    grey = {"BitsPerComponent": 8, "ColorSpace": pikepdf.Name.DeviceGray}
    picture = xobject(document, b"\x00" * pixels * pixels, "Image", Width=pixels, Height=pixels, **grey)
    document.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=picture))
    assert codes(saved(document)) == wanted


def _script(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def _names(document: pikepdf.Pdf) -> None:
    document.Root.Names = pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=[]))


def _attachment(document: pikepdf.Pdf) -> None:
    document.attachments["x.txt"] = b"x"


def _link(document: pikepdf.Pdf) -> None:
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[1, 1, 2, 2])
    document.pages[0].obj.Annots = pikepdf.Array([link])


def _form(document: pikepdf.Pdf) -> None:
    document.Root.AcroForm = pikepdf.Dictionary(Fields=[])


def _page_action(document: pikepdf.Pdf) -> None:
    document.pages[0].obj.AA = pikepdf.Dictionary()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_script, "active_content"),
        (_names, "active_content"),
        (_page_action, "active_content"),
        (_attachment, "attachment"),
        (_link, "link_or_annotation"),
        (_form, "form"),
    ],
)
def test_anything_but_ink_on_paper_is_refused(spoil: Callable[[pikepdf.Pdf], None], code: str) -> None:
    document = pikepdf.open(io.BytesIO(blank_pdf()))
    spoil(document)
    assert codes(saved(document)) == {code}


@pytest.mark.parametrize("password", ["", "secret"])
def test_an_encrypted_file_is_refused(password: str) -> None:
    out = io.BytesIO()
    document = pikepdf.open(io.BytesIO(blank_pdf()))
    document.save(out, encryption=pikepdf.Encryption(owner="owner", user=password))
    assert codes(out.getvalue()) == {"encrypted"}


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7", b"<html>", blank_pdf()[:100]])
def test_a_broken_file_is_a_problem_not_an_error(pdf: bytes) -> None:
    assert codes(pdf) == {"unreadable"}


def test_a_file_over_five_megabytes_is_refused() -> None:
    assert "too_many_bytes" in codes(blank_pdf() + b"\n" * BYTES_MAX)


def test_a_page_of_endless_drawing_is_refused() -> None:
    document = pikepdf.open(io.BytesIO(blank_pdf(1, content=b"/Fm Do")))
    form = xobject(document, b"/Fm Do", "Form")
    form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Fm=form))
    document.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Fm=form))
    assert codes(saved(document)) == {"too_complex"}


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_no_content_stream_makes_it_raise(content: bytes) -> None:
    assert preflight(blank_pdf(1, content=content)).pages in (0, 1)


NAMES = "q Q cm m l c v y re h S s f B n W Tf Tj TJ ' Td TD Tm T* BT ET Tc Tz TL Do sh w gs"
operands = st.sampled_from(["1", "-3.5", "/F1", "/X", "(text)", "[(a) 20 (b)]", "<ffff>", "<< /A 1 >>", "[]"])
instructions = st.tuples(st.lists(operands, max_size=7), st.sampled_from(NAMES.split()))


@given(st.lists(instructions, max_size=30))
@settings(max_examples=150, deadline=None)
def test_no_order_of_operators_makes_it_raise(program: list[tuple[list[str], str]]) -> None:
    content = "\n".join(" ".join((*values, operator)) for values, operator in program).encode()
    assert preflight(saved(page_pdf(content))).problems != ()


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=20))
@settings(max_examples=100, deadline=None)
def test_no_damage_to_a_file_makes_it_raise(damage: list[tuple[int, int]]) -> None:
    pdf = bytearray(saved(page_pdf(b"BT /F1 12 Tf 300 300 Td (x) Tj ET", pages=2)))
    for place, byte in damage:
        pdf[place % len(pdf)] = byte
    assert isinstance(preflight(bytes(pdf)).ok, bool)
