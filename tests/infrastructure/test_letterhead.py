"""The bundled look of letters: one escaping template, fonts with their licence, no outside address."""

import re

import pytest
from fontTools.ttLib import TTFont
from jinja2 import UndefinedError

from infrastructure import letterhead


def test_the_template_escapes_and_refuses_what_is_missing() -> None:
    assert letterhead.template().environment.autoescape is True
    with pytest.raises(UndefinedError):
        letterhead.template().render()


def test_the_style_sheet_refers_to_bundled_fonts_only() -> None:
    addresses = re.findall(r"url\(\"([^\"]*)\"\)", letterhead.stylesheet())
    assert addresses == [f"letterhead:{name}" for name in letterhead.FONTS]
    assert "@import" not in letterhead.stylesheet()
    assert set(re.findall(r"\"(Letter [^\"]*)\"", letterhead.stylesheet())) == {letterhead.FAMILY}


@pytest.mark.parametrize("name", letterhead.FONTS)
def test_fonts_may_be_embedded_and_cover_american_names(name: str) -> None:
    font = TTFont(letterhead.FOLDER / "fonts" / name)
    assert font["OS/2"].fsType == 0
    assert {ord(c) for c in "ÁÉñüŁőĐệễ§“”$\u2019\u2013"} <= letterhead.printable_characters()
    assert letterhead.font(name)[:4] == b"\x00\x01\x00\x00"


def test_the_licence_travels_with_the_fonts_and_reserves_no_name() -> None:
    licence = (letterhead.FOLDER / "fonts" / "LICENSE.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "with Reserved Font Name" not in licence
    assert re.fullmatch(r"[0-9a-f]{64}", letterhead.fonts_sha256())


def test_the_font_configuration_lists_no_folder_of_the_host() -> None:
    assert "<dir" not in (letterhead.FOLDER / "fonts.conf").read_text(encoding="utf-8")
