"""The look of printed letters: one built-in template, its style sheet, and the fonts that travel with it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

FOLDER: Final = Path(__file__).parent
FONTS: Final = ("Tinos-Regular.ttf", "Tinos-Bold.ttf", "Tinos-Italic.ttf")
FAMILY: Final = "Letter Tinos"
"""The family name the style sheet gives the bundled fonts; no host font answers to it."""


@cache
def template() -> Template:
    """The built-in letter template. Every value put into it is escaped; tenants supply text, never templates."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("letter.html.j2")


@cache
def stylesheet() -> str:
    """The letter's style sheet; its only addresses are the bundled fonts."""
    return (FOLDER / "letter.css").read_text(encoding="utf-8")


@cache
def font(name: str) -> bytes:
    """One bundled font file."""
    return (FOLDER / "fonts" / name).read_bytes()


@cache
def fonts_sha256() -> str:
    """The identity of the bundled fonts together."""
    return hashlib.sha256(b"".join(font(name) for name in FONTS)).hexdigest()


@cache
def printable_characters() -> frozenset[int]:
    """The code points that every bundled font can draw."""
    covered = [frozenset(TTFont(FOLDER / "fonts" / name, lazy=True).getBestCmap()) for name in FONTS]
    return frozenset.intersection(*covered)
