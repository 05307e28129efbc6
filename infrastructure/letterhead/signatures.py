"""A drawn signature, decoded within bounds and drawn again by us, at print resolution."""

from __future__ import annotations

import io
import struct
from typing import Final, NamedTuple

from PIL import Image

from domain.kernel import Invalid

DPI: Final = 300
WIDTH_MAX_PT: Final = 190.0
HEIGHT_MAX_PT: Final = 46.0
PIXELS_MAX: Final = (3000, 1500)
PIXELS_MIN: Final = (200, 40)
_PNG: Final = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
_END: Final = b"IEND\xaeB`\x82"


class UnusableSignature(Invalid):
    """The drawn signature cannot be printed; ask the consumer to sign again."""

    code = "unusable_signature"


class PrintableSignature(NamedTuple):
    """A grey PNG of ours and its printed size in points: at least 300 dots per inch."""

    png: bytes
    width_pt: float
    height_pt: float


def printable_signature(png: bytes | None) -> PrintableSignature | None:
    """Make the drawn signature printable; None stays None. Raises `UnusableSignature`."""
    if png is None:
        return None
    width, height = _declared_size(png)
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as checked:
            checked.verify()
        with Image.open(io.BytesIO(png), formats=["PNG"]) as drawn:
            ink = drawn.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise UnusableSignature("the signature is not a readable PNG; sign again") from None
    paper = Image.new("RGBA", ink.size, "white")
    grey = Image.alpha_composite(paper, ink).convert("L")
    out = io.BytesIO()
    grey.save(out, format="PNG")
    dots = 72 / DPI
    scale = min(1.0, WIDTH_MAX_PT / (width * dots), HEIGHT_MAX_PT / (height * dots))
    return PrintableSignature(out.getvalue(), width * dots * scale, height * dots * scale)


def _declared_size(png: bytes) -> tuple[int, int]:
    if len(png) < 33 or not (png.startswith(_PNG) and png.endswith(_END)):
        raise UnusableSignature("the signature is not a PNG; sign again")
    width, height = struct.unpack(">II", png[16:24])
    if width > PIXELS_MAX[0] or height > PIXELS_MAX[1]:
        raise UnusableSignature(f"draw the signature at most {PIXELS_MAX[0]} by {PIXELS_MAX[1]} pixels large")
    if width < PIXELS_MIN[0] or height < PIXELS_MIN[1]:
        raise UnusableSignature(f"draw the signature at least {PIXELS_MIN[0]} by {PIXELS_MIN[1]} pixels large")
    return width, height
