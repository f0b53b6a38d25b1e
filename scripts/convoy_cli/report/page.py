"""A page of HTML that needs nothing else: sections of text, tables, charts, all of it escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional, Union

from ..core.terminal import plain

HERE = Path(__file__).resolve().parent
TEMPLATE, STYLE, SCRIPT = "page.html.j2", "page.css", "page.js"
MOST_LETTERS = 4000  # of one text of a result: names and facts may be of any length


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    words: str


@dataclass(frozen=True)
class Lines:
    """Lines whose columns are aligned by blanks."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """What a cell shows, what it is sorted by, and a class of page.css for its look."""

    text: str
    key: Optional[float] = None
    look: str = ""


@dataclass(frozen=True)
class Table:
    """`caption` names it for those who do not see it; `filter`: it can be searched and sorted."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    filter: bool = False


@dataclass(frozen=True)
class Chart:
    """An SVG without a heading, its finding or question, and its numbers.

    `question` stands below a title that is a finding, then `below`: how to read the chart, and what
    to be careful about. Numbers are a table, else sentences.
    """

    name: str
    title: str
    svg: str
    words: tuple[str, ...]
    question: str = ""
    below: tuple[str, ...] = ()
    table: Optional[Table] = None


Block = Union[Text, Lines, Table, Chart]


@dataclass(frozen=True)
class Section:
    title: str
    blocks: tuple[Block, ...]
    anchor: str = field(default="")


def section(title: str, blocks: Iterable[Block]) -> Section:
    anchor = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return Section(title, tuple(blocks), anchor)


def cells(row: Sequence[Union[str, Cell]]) -> tuple[Cell, ...]:
    return tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row)


def render(title: str, opening: Sequence[str], sections: Sequence[Section]) -> str:
    """The page. Every text of a result is escaped; nothing is loaded from anywhere."""
    import jinja2  # only who writes a report pays

    # Autoescape is on for whatever the file is called; letters that do not show are written out.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=readable,
    )  # fmt: skip
    style, script = ((HERE / name).read_text("utf-8") for name in (STYLE, SCRIPT))
    text: str = environment.get_template(TEMPLATE).render(
        title=title, opening=opening, sections=[s for s in sections if s.blocks], style=style,
        script=script, script_hash=digest(script), kind=lambda block: type(block).__name__,
        inline=inline,
    )  # fmt: skip
    return text


def readable(value: object) -> object:
    """Text in letters that show: also without those that turn the direction of others."""
    from markupsafe import Markup

    if isinstance(value, str) and not isinstance(value, Markup):
        return "\n".join(plain(line, MOST_LETTERS) for line in value.split("\n"))
    return value


def digest(script: str) -> str:
    """How a Content-Security-Policy names the one script that may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def inline(chart: Chart) -> object:
    """The SVG for the middle of a page: without prolog, with names that no other chart has."""
    from markupsafe import Markup

    svg = chart.svg[chart.svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(r'(?<=\sid=")(?!%s-)' % re.escape(chart.name), f"{chart.name}-", svg)
    svg = re.sub(r'((?:xlink:)?href="#|url\(#)', rf"\g<1>{chart.name}-", svg)
    return Markup(svg)  # made by drawing.render, which escapes what it writes
