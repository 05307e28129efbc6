"""A drawn signature is bounded before it is decoded, and drawn again at print resolution."""

import io
import struct

import pytest
from PIL import Image

from infrastructure.letterhead.signatures import HEIGHT_MAX_PT, WIDTH_MAX_PT, UnusableSignature, printable_signature
from tests.support.pdfs import drawn_png

WHOLE = drawn_png()
SPOILT = WHOLE[:300] + b"\x00\x01\x02\x03" + WHOLE[304:]


def test_no_drawing_stays_none() -> None:
    assert printable_signature(None) is None


@pytest.mark.parametrize("size", [(200, 40), (900, 220), (3000, 1500), (300, 1500)])
def test_it_is_printed_within_its_space_at_300_dots_per_inch_or_more(size: tuple[int, int]) -> None:
    signature = printable_signature(drawn_png(*size))
    assert signature is not None
    assert signature.width_pt <= WIDTH_MAX_PT
    assert signature.height_pt <= HEIGHT_MAX_PT
    assert size[0] / (signature.width_pt / 72) >= 300 - 1e-6
    assert signature.width_pt / signature.height_pt == pytest.approx(size[0] / size[1])


def test_our_picture_is_grey_on_white_and_carries_nothing_else() -> None:
    source = Image.open(io.BytesIO(drawn_png()))
    out = io.BytesIO()
    source.save(out, format="PNG", dpi=(72, 72), exif=b"Exif\x00\x00secret-place")
    signature = printable_signature(out.getvalue())
    assert signature is not None
    assert b"secret-place" not in signature.png
    ours = Image.open(io.BytesIO(signature.png))
    assert ours.mode == "L"
    assert ours.getpixel((0, 0)) == 255


@pytest.mark.parametrize("size", [(199, 100), (900, 39), (3001, 100), (900, 1501)])
def test_too_small_or_too_large_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UnusableSignature, match="pixels"):
        printable_signature(drawn_png(*size))


def test_a_bomb_is_refused_by_its_declared_size_before_decoding() -> None:
    png = bytearray(drawn_png())
    png[16:24] = struct.pack(">II", 60000, 60000)
    with pytest.raises(UnusableSignature, match="at most"):
        printable_signature(bytes(png))


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(60), WHOLE[:60], SPOILT, b"<svg onload='x'/>" + bytes(40)])
def test_what_is_no_png_is_refused(data: bytes) -> None:
    with pytest.raises(UnusableSignature) as refusal:
        printable_signature(data)
    assert refusal.value.code == "unusable_signature"
