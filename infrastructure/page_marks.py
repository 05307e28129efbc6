"""Where ink falls on a PDF page: the boxes of all text, lines, fills and images, read from the page's own operators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NamedTuple

import pikepdf

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
OPERATORS_MAX: Final = 500_000
DEPTH_MAX: Final = 8
ASCENT: Final = 0.9
DESCENT: Final = -0.25
EVERYWHERE: Final = (-1e9, -1e9, 1e9, 1e9)


class TooComplex(Exception):
    """The page holds more drawing than a letter ever does."""


class Mark(NamedTuple):
    """One piece of ink: its box in points from the page's lower left corner; images carry their resolution."""

    kind: Literal["text", "path", "image", "shading"]
    box: tuple[float, float, float, float]
    dpi: float | None = None


@dataclass(frozen=True)
class _State:
    """The graphics state, as far as it moves ink."""

    ctm: Matrix = IDENTITY
    font: Any = None
    size: float = 0.0
    leading: float = 0.0
    char_space: float = 0.0
    word_space: float = 0.0
    scale: float = 1.0
    rise: float = 0.0
    line_width: float = 1.0


@dataclass
class _Reader:
    resources: Any
    depth: int
    budget: list[int]
    state: _State = field(default_factory=_State)
    stack: list[_State] = field(default_factory=list)
    path: list[tuple[float, float]] = field(default_factory=list)
    text: Matrix = IDENTITY
    line: Matrix = IDENTITY

    def marks(self, stream: Any) -> Iterator[Mark]:
        for instruction in pikepdf.parse_content_stream(stream):
            self.budget[0] -= 1
            if self.budget[0] < 0:
                raise TooComplex
            if isinstance(instruction, pikepdf.ContentStreamInlineImage):
                picture = instruction.iimage
                yield self._image(picture.width, picture.height)
                continue
            operator = str(instruction.operator)
            yield from self._do(operator, list(instruction.operands))

    def _do(self, operator: str, args: list[Any]) -> Iterator[Mark]:
        if operator in _STATE_OPERATORS:
            self._change_state(operator, args)
        elif operator in _PATH_OPERATORS:
            self._extend_path(operator, [float(a) for a in args])
        elif operator in _PAINTERS:
            yield from self._paint(operator)
        elif operator in _SHOWERS:
            yield from self._show(operator, args)
        elif operator in _TEXT_MOVERS:
            self._move_text(operator, [float(a) for a in args])
        elif operator == "Do":
            yield from self._object(str(args[0]))
        elif operator == "sh":
            yield Mark("shading", EVERYWHERE)

    def _change_state(self, operator: str, args: list[Any]) -> None:
        if operator == "q":
            self.stack.append(self.state)
        elif operator == "Q":
            self.state = self.stack.pop() if self.stack else self.state
        elif operator == "cm":
            self.state = replace(self.state, ctm=_times(_matrix(args), self.state.ctm))
        elif operator == "Tf":
            fonts = self.resources.get("/Font", {})
            self.state = replace(self.state, font=_Font.of(fonts.get(str(args[0]))), size=float(args[1]))
        elif operator == "Tz":
            self.state = replace(self.state, scale=float(args[0]) / 100)
        else:
            change: dict[str, Any] = {_NUMBERS[operator]: float(args[0])}
            self.state = replace(self.state, **change)

    def _extend_path(self, operator: str, numbers: list[float]) -> None:
        if operator == "re":
            x, y, width, height = numbers
            numbers = [x, y, x + width, y, x, y + height, x + width, y + height]
        points = zip(numbers[::2], numbers[1::2], strict=True)
        self.path += [_point(self.state.ctm, x, y) for x, y in points]

    def _paint(self, operator: str) -> Iterator[Mark]:
        if self.path and operator != "n":
            a, b, c, d, _, _ = self.state.ctm
            width = self.state.line_width * max(abs(a) + abs(c), abs(b) + abs(d))
            grow = width / 2 if operator in _STROKERS else 0.0
            yield Mark("path", _box(self.path, grow))
        self.path = []

    def _move_text(self, operator: str, numbers: list[float]) -> None:
        if operator == "BT":
            self.text = self.line = IDENTITY
        elif operator == "Tm":
            self.text = self.line = _matrix(numbers)
        elif operator == "T*":
            self._next_line(0.0, -self.state.leading)
        else:
            if operator == "TD":
                self.state = replace(self.state, leading=-numbers[1])
            self._next_line(numbers[0], numbers[1])

    def _next_line(self, x: float, y: float) -> None:
        self.text = self.line = _times((1, 0, 0, 1, x, y), self.line)

    def _show(self, operator: str, args: list[Any]) -> Iterator[Mark]:
        if operator in {"'", '"'}:
            if operator == '"':
                self.state = replace(self.state, word_space=float(args[0]), char_space=float(args[1]))
            self._next_line(0.0, -self.state.leading)
        shown = args[-1]
        parts = list(shown) if operator == "TJ" else [shown]
        width = sum(self._advance(part) for part in parts)
        if any(isinstance(part, pikepdf.String) and bytes(part) for part in parts):
            size, rise = self.state.size, self.state.rise
            corners = [(x, size * edge + rise) for x in (0.0, width) for edge in (DESCENT, ASCENT)]
            place = _times(self.text, self.state.ctm)
            yield Mark("text", _box([_point(place, x, y) for x, y in corners], 0.0))
        self.text = _times((1, 0, 0, 1, width, 0), self.text)

    def _advance(self, part: Any) -> float:
        state = self.state
        if not isinstance(part, pikepdf.String):
            return -float(part) / 1000 * state.size * state.scale
        glyphs = list(state.font.widths(bytes(part))) if state.font else [1.0] * len(bytes(part))
        spaces = bytes(part).count(b" ") * state.word_space
        return (sum(glyphs) * state.size + len(glyphs) * state.char_space + spaces) * state.scale

    def _object(self, name: str) -> Iterator[Mark]:
        drawn = self.resources.get("/XObject", {}).get(name)
        if drawn is None:
            return
        if drawn.get("/Subtype") == "/Image":
            yield self._image(int(drawn.Width), int(drawn.Height))
        elif self.depth >= DEPTH_MAX:
            raise TooComplex
        else:
            matrix = _matrix(drawn.get("/Matrix", IDENTITY))
            inner = replace(self.state, ctm=_times(matrix, self.state.ctm))
            own = drawn.get("/Resources", self.resources)
            yield from _Reader(own, self.depth + 1, self.budget, inner).marks(drawn)

    def _image(self, width: int, height: int) -> Mark:
        a, b, c, d, _, _ = self.state.ctm
        across, up = (a * a + b * b) ** 0.5, (c * c + d * d) ** 0.5
        dpi = min(width / across, height / up) * 72 if across and up else 0.0
        return Mark("image", _box([_point(self.state.ctm, x, y) for x in (0, 1) for y in (0, 1)], 0.0), dpi)


@dataclass(frozen=True)
class _Font:
    """Glyph widths in thousandths of the font size; one entry per character code."""

    composite: bool
    known: dict[int, float]
    default: float

    @classmethod
    def of(cls, font: Any) -> _Font | None:
        if font is None:
            return None
        if font.get("/Subtype") == "/Type0":
            descendant = font.DescendantFonts[0]
            return cls(True, _cid_widths(descendant.get("/W", [])), float(descendant.get("/DW", 1000)))
        first = int(font.get("/FirstChar", 0))
        widths = {first + n: float(width) for n, width in enumerate(font.get("/Widths", []))}
        return cls(False, widths, 1000.0)

    def widths(self, text: bytes) -> Iterator[float]:
        codes = (text[n] << 8 | text[n + 1] for n in range(0, len(text) - 1, 2)) if self.composite else iter(text)
        for code in codes:
            yield self.known.get(code, self.default) / 1000


def page_marks(page: pikepdf.Page) -> Iterator[Mark]:
    """All ink of a page. Clipping is ignored, so a mark may be reported that cannot be seen. Raises `TooComplex`."""
    yield from _Reader(inherited(page, "/Resources", {}), 0, [OPERATORS_MAX]).marks(page)


def inherited(page: pikepdf.Page, key: str, default: Any) -> Any:
    """An attribute of the page, or of the nearest node above it in the page tree."""
    node: Any = page.obj
    for _ in range(DEPTH_MAX * 8):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            break
        node = node.Parent
    return default


def _cid_widths(array: Any) -> dict[int, float]:
    widths: dict[int, float] = {}
    entries = list(array)
    while len(entries) >= 2:
        first, second = int(entries.pop(0)), entries.pop(0)
        if isinstance(second, pikepdf.Array):
            widths |= {first + n: float(width) for n, width in enumerate(second)}
        elif entries:
            widths |= dict.fromkeys(range(first, min(int(second), 65535) + 1), float(entries.pop(0)))
    return widths


def _matrix(numbers: Any) -> Matrix:
    a, b, c, d, e, f = (float(number) for number in numbers)
    return a, b, c, d, e, f


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _point(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _box(points: list[tuple[float, float]], grow: float) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs) - grow, min(ys) - grow, max(xs) + grow, max(ys) + grow


_NUMBERS: Final = {
    "TL": "leading", "Tc": "char_space", "Tw": "word_space", "Ts": "rise", "w": "line_width",
}  # fmt: skip
_STATE_OPERATORS: Final = frozenset(("q", "Q", "cm", "Tf", "Tz", *_NUMBERS))
_PATH_OPERATORS: Final = frozenset(("m", "l", "c", "v", "y", "re"))
_PAINTERS: Final = frozenset(("S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "n"))
_STROKERS: Final = frozenset(("S", "s", "B", "B*", "b", "b*"))
_TEXT_MOVERS: Final = frozenset(("BT", "Tm", "Td", "TD", "T*"))
_SHOWERS: Final = frozenset(("Tj", "TJ", "'", '"'))
