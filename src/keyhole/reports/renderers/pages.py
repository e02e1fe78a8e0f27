"""Putting words on pages of paper: measuring, breaking lines, beginning new pages. What it is about is not known here.

Words are drawn as they are, by the canvas alone. ReportLab's paragraphs read a markup language, which has run what
stood in it before now; nothing that came out of a repository gets near it. A character that the fonts do not have, or
that is written from right to left, is spelled out, since what is drawn must be what is there.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = A4
MARGIN = 48.0
"""Points, on every side."""
LINE = WIDTH - 2 * MARGIN
"""Points that a line may have."""
PLAIN, BOLD, MONO = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


@dataclass(frozen=True, slots=True)
class Style:
    """How words look."""

    font: str = PLAIN
    size: float = 9.0
    """Points."""
    colour: str = "#1d1c1a"
    leading: float = 1.4
    """Height of a line, as a multiple of the size."""

    @property
    def height(self) -> float:
        """Points from one line to the next."""
        return self.size * self.leading


@dataclass(frozen=True, slots=True)
class _Mark:
    """One thing on a page: words, a box or a link; heights count from the bottom."""

    kind: str
    x: float
    y: float
    width: float = 0.0
    height: float = 0.0
    text: str = ""
    style: Style = field(default_factory=Style)


@cache
def _widths(font: str) -> dict[int, float]:
    """Width of each character that the font has, in thousandths of its size."""
    return dict(pdfmetrics.getFont(font).face.charWidths)


@cache
def load_fonts() -> None:
    """Makes the fonts known; they lie beside this file, so that every machine has the same."""
    for name in (PLAIN, BOLD, MONO):
        with as_file(files("keyhole.reports.renderers") / "fonts" / f"{name}.ttf") as path:
            pdfmetrics.registerFont(TTFont(name, str(path)))


def shown(text: str, font: str) -> str:
    """The text, with what cannot be drawn truthfully spelled out."""
    if text.isascii():
        return text
    known = _widths(font)
    return "".join(char if _drawable(char, known) else f"\\u{{{ord(char):X}}}" for char in text)


def _drawable(char: str, known: dict[int, float]) -> bool:
    return ord(char) in known and unicodedata.bidirectional(char) not in _RIGHT_TO_LEFT


def wrapped(text: str, style: Style, width: float) -> Iterator[str]:
    """Lines that are not wider than so many points, broken at blanks, or anywhere where there are none."""
    known, scale = _widths(style.font), style.size / 1000
    line, used, blank = "", 0.0, -1
    for char in shown(text, style.font):
        advance = known.get(ord(char), 600) * scale
        if used + advance > width and line:
            cut = blank if blank > 0 else len(line)
            yield line[:cut].rstrip()
            line = line[cut:].lstrip()
            used = sum(known.get(ord(each), 600) for each in line) * scale
            blank = -1
        if char == " ":
            blank = len(line)
        line, used = line + char, used + advance
    if line.strip():
        yield line.rstrip()


class Pages:
    """Pages that fill from the top; drawn when all are full, since each says how many there are."""

    def __init__(self) -> None:
        load_fonts()
        self._pages: list[list[_Mark]] = [[]]
        self.y = HEIGHT - MARGIN
        """Where the next line's top is."""

    def room(self, height: float) -> None:
        """Goes to a new page unless so much of this one is left."""
        if self.y - height < MARGIN + 20 and self._pages[-1]:
            self._pages.append([])
            self.y = HEIGHT - MARGIN

    def space(self, height: float) -> None:
        """Leaves a gap."""
        self.y -= height

    def write(
        self, text: str, style: Style, *, indent: float = 0.0, width: float = 0.0, link: str = ""
    ) -> None:
        """Words on as many lines as they need."""
        for line in wrapped(text, style, width or LINE - indent):
            self.room(style.height)
            self.y -= style.height
            self._words(line, style, MARGIN + indent)
            if link:
                long = pdfmetrics.stringWidth(line, style.font, style.size)
                self._mark(_Mark("link", MARGIN + indent, self.y, long, style.height, link))

    def cells(self, texts: Sequence[str], styles: Sequence[Style], widths: Sequence[float]) -> None:
        """Words beside each other, each in a column of so many points."""
        columns = [
            list(wrapped(text, style, width - 8))
            for text, style, width in zip(texts, styles, widths, strict=True)
        ]
        for number in range(max(map(len, columns), default=0)):
            height = max(style.height for style in styles)
            self.room(height)
            self.y -= height
            x = MARGIN
            for lines, style, width in zip(columns, styles, widths, strict=True):
                if number < len(lines):
                    self._words(lines[number], style, x)
                x += width

    def rule(self, colour: str = "#dedad2") -> None:
        """A thin line over the whole width."""
        self.y -= 3
        self.box(0, 0.6, LINE, colour)
        self.y -= 3

    def box(self, x: float, height: float, width: float, colour: str) -> None:
        """A filled box whose bottom is here, `x` from the margin."""
        self._mark(_Mark("box", MARGIN + x, self.y, width, height, style=Style(colour=colour)))

    def _words(self, text: str, style: Style, x: float) -> None:
        self._mark(_Mark("words", x, self.y + style.size * 0.3, text=text, style=style))

    def _mark(self, mark: _Mark) -> None:
        self._pages[-1].append(mark)

    def drawn(self, *, title: str, subject: str, author: str, foot: str) -> bytes:
        """The document. Its dates and ids are fixed, so that the same pages make the same bytes."""
        stream = io.BytesIO()
        canvas = Canvas(stream, pagesize=A4, invariant=1, pageCompression=1, lang="en")
        canvas.setTitle(title)
        canvas.setSubject(subject)
        canvas.setAuthor(author)
        canvas.setCreator(author)
        small = Style(size=7.5, colour="#605c55")
        for number, page in enumerate(self._pages, 1):
            for mark in page:
                _draw(canvas, mark)
            last = next(wrapped(foot, small, LINE - 90), "")
            _draw(canvas, _Mark("words", MARGIN, MARGIN - 22, text=last, style=small))
            _draw_right(canvas, f"Page {number} of {len(self._pages)}", small)
            canvas.showPage()
        canvas.save()
        return stream.getvalue()


def _draw(canvas: Canvas, mark: _Mark) -> None:
    match mark.kind:
        case "box":
            canvas.setFillColor(HexColor(mark.style.colour))
            canvas.rect(mark.x, mark.y, mark.width, mark.height, stroke=0, fill=1)
        case "link":
            area = (mark.x, mark.y, mark.x + mark.width, mark.y + mark.height)
            canvas.linkURL(mark.text, area, relative=0, thickness=0)
        case _:
            canvas.setFillColor(HexColor(mark.style.colour))
            canvas.setFont(mark.style.font, mark.style.size)
            canvas.drawString(mark.x, mark.y, mark.text)


def _draw_right(canvas: Canvas, text: str, style: Style) -> None:
    canvas.setFillColor(HexColor(style.colour))
    canvas.setFont(style.font, style.size)
    canvas.drawRightString(WIDTH - MARGIN, MARGIN - 22, text)
