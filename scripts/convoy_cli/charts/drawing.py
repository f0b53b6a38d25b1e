"""A chart's page: where things stand on it, and how it becomes SVG and PNG."""

from __future__ import annotations

import html
import importlib
import io
import math
import pkgutil
import textwrap
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ..core import files
from ..core.terminal import plain
from ..results.names import model_order
from ..results.rows import Result
from . import figures, seen, style
from .seen import Finding, Number

# -------------------------------------------------------------------------------------------------
# Where things stand on a chart's page, in inches from its top: heading, legend, panels, foot.

LINE = 0.17
TITLE_LINE, QUESTION_LINE, TITLE_COLUMNS = 0.24, 0.22, 74
SIDE = 0.12
# Of the labels of variants: the height of a line, and the width of a letter.
LABEL_LINE, LETTER = 0.13, 0.062


class Heading(NamedTuple):
    """What stands above a chart: its artists, its height in inches, and what is below the title."""

    artists: tuple[Any, ...]
    height: float
    below: str


class Page:
    """A page of the standard width that is as high as what is put on it."""

    def __init__(self, canvas: Any, height: float, width: float = style.WIDTH) -> None:
        self.canvas = canvas
        self.width = width
        self.height = height
        canvas.set_size_inches(width, height)

    def text(self, left: float, top: float, words: str, **options: Any) -> Any:
        options.setdefault("va", "top")
        return self.canvas.text(left / self.width, 1 - top / self.height, words, **options)

    def axes(self, left: float, top: float, width: float, height: float, **options: Any) -> Any:
        box = (left / self.width, 1 - (top + height) / self.height)
        return self.canvas.add_axes(
            (*box, width / self.width, height / self.height), **options
        )

    def dot(self, left: float, top: float, how: Mapping[str, Any]) -> None:
        """A line's marker outside of axes, which would cost a hundred times as much."""
        from matplotlib.lines import Line2D

        place = ([left / self.width], [1 - top / self.height])
        look = {**how, "linestyle": "none", "transform": self.canvas.transFigure}
        self.canvas.add_artist(Line2D(*place, **look), clip=False)

    def heading(self, title: str, below: str = "", finding: Optional[Finding] = None) -> float:
        """What was found, the question below it, and how to read it; returns where the rest begins.

        Where nothing may be claimed, the question is the title. Of what is below, the first
        paragraph says how to read the chart, others what to be careful about.
        """
        answer = wrap(seen.heading(finding), TITLE_COLUMNS)
        at = 0.1
        texts = []
        for line in answer or [title]:
            texts.append(self.text(SIDE, at, line, fontsize=12, fontweight="bold"))
            at += TITLE_LINE
        if answer:
            texts.append(self.text(SIDE, at, title, fontsize=9))
            at += QUESTION_LINE
        how_to_read = len(wrap(below.partition("\n")[0]))
        for number, line in enumerate(wrap(below)):
            colour = style.FAINT if number < how_to_read else style.INK
            texts.append(self.text(SIDE, at + LINE * number, line, color=colour))
        height = heading_height(below, finding)
        self.canvas.heading = Heading(tuple(texts), height, below)  # for who says it elsewhere
        return height

    def legend(self, top: float, handles: Sequence[Any], columns: int = 5) -> None:
        self.canvas.legend(
            handles=list(handles),
            loc="upper left",
            bbox_to_anchor=(0.0, 1 - top / self.height),
            borderaxespad=0.3,
            ncol=columns,
            columnspacing=1.6,
        )

    def series_legend(self, top: float, series: Sequence[str], hollow: bool = True) -> None:
        self.legend(top, handles(series, hollow), series_columns(series))


def wrap(words: str, columns: int = 128) -> list[str]:
    return [line for part in words.split("\n") for line in textwrap.wrap(part, columns)]


def paragraphs(*parts: str) -> str:
    """What stands below a title: each part that says something in lines of its own."""
    return "\n".join(part for part in parts if part)


def heading_height(below: str, finding: Optional[Finding] = None) -> float:
    answer = len(wrap(seen.heading(finding), TITLE_COLUMNS))
    above = 0.1 + TITLE_LINE * max(1, answer) + (QUESTION_LINE if answer else 0.0)
    return above + LINE * len(wrap(below)) + 0.08


def legend_height(entries: int, columns: int = 5) -> float:
    return 0.2 * math.ceil(entries / columns) + 0.1


def series_columns(series: Sequence[str]) -> int:
    """How many entries of a legend fit beside each other: carriers and engines take room."""
    longest = max((len(name) for name in series), default=0)
    return max(1, min(5, int(style.WIDTH / (0.65 + 0.07 * longest))))


def series_height(series: Sequence[str]) -> float:
    return legend_height(len(series), series_columns(series))


def label_lines(label: str, width: float) -> list[str]:
    return textwrap.wrap(plain(label, MOST_LETTERS), max(12, int(width / LETTER)))


def label_room(labels: Iterable[str], width: float) -> float:
    """What panels of this width need above them for the labels of variants below their titles."""
    return LABEL_LINE * max((len(label_lines(label, width)) for label in labels), default=0)


def panel_title(axes: Any, title: str, label: str, width: float) -> None:
    """The panel's title, and below it what tells this variant apart."""
    lines = label_lines(label, width)
    axes.set_title(shortened(plain(title), width, TITLE_SIZE), pad=6 + 72 * LABEL_LINE * len(lines))
    if lines:
        axes.annotate(
            "\n".join(lines), (0, 1), (0, 4), xycoords="axes fraction",
            textcoords="offset points", va="bottom", fontsize=7, linespacing=1.1,
        )  # fmt: skip


def columns_for(panels: int) -> int:
    return 1 if panels == 1 else 2 if panels in (2, 4) else 3


def handles(series: Sequence[str], hollow: bool = True) -> list[Any]:
    """A legend's entries; all filled where hollow markers mean something else than carriers."""
    from matplotlib.lines import Line2D

    looks = [style.line(name) for name in sorted(series, key=model_order)]
    fill = [{} if hollow else {"markerfacecolor": how["color"]} for how in looks]
    return [Line2D([], [], **(how | more)) for how, more in zip(looks, fill)]


def worker_axis(
    axes: Any, counts: Sequence[int], labels: bool = True, furthest: int = 0
) -> None:
    """log2, with a tick at each number of workers as long as there is room."""
    axes.set_xscale("log", base=2)
    step = math.ceil(len(counts) / 8)
    ticks = list(counts)[::step]
    axes.set_xticks(ticks)
    axes.set_xticklabels([f"{tick:g}" for tick in ticks] if labels else [])
    axes.set_xticks([], minor=True)
    low, high = min(counts), max(*counts, furthest)
    axes.set_xlim(low / 1.12, max(high, low * 1.5) * 1.12)


def factor_axis(axis: Any, low: float, high: float) -> None:
    """log2 from `low` to `high`, with ticks such as 0.5, 1, 2, 4."""
    first, last = math.floor(math.log2(low)), math.ceil(math.log2(high))
    step = max(1, math.ceil((last - first) / 6))
    # A multiple of the step, so that 1 is always a tick.
    first = math.floor(first / step) * step
    ticks = [2.0**power for power in range(first, last + 1, step)]
    axis.set_ticks(ticks)
    axis.set_ticklabels([f"{tick:g}" for tick in ticks])
    axis.set_ticks([], minor=True)


# -------------------------------------------------------------------------------------------------
# Names cut to the room that a chart has for them.

MOST_OF_A_NAME = 48  # what a label beside a panel has of a lock or workload
TITLE_SIZE = 9.0
# Longer than any chart is wide; measuring costs time with each letter.
MOST_LETTERS = 200


def cut(name: str) -> str:
    """A name that stands beside a panel: in letters that show, and no longer than that."""
    return plain(name, MOST_OF_A_NAME)


def shortened(name: str, width: float, size: float) -> str:
    """`name` without as much of its middle as it takes to fit into so many inches."""
    needed = inches(name[:MOST_LETTERS], size)
    if needed <= width and len(name) <= MOST_LETTERS:
        return name
    likely = int(min(len(name), MOST_LETTERS) * width / needed / 2) + 5
    for kept in range(min(likely, len(name) // 2), 0, -1):
        text = f"{name[:kept]}…{name[-kept:]}"
        if inches(text, size) <= width:
            return text
    return "…"


def inches(text: str, size: float) -> float:
    """How wide it is drawn, in points of that size."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font: Any = FontProperties(family="DejaVu Sans", size=size)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


# -------------------------------------------------------------------------------------------------
# Draws figures into SVG and PNG whose bytes depend on the result alone.

FORMATS = ("svg", "png")


def discover() -> dict[str, Any]:
    """The figures by name, each a module with NAME, TITLE, ALT and draw.

    ONLY_OF marks those that few results have rows for.
    """
    found = {}
    for entry in pkgutil.iter_modules(figures.__path__):
        module = importlib.import_module(f"{figures.__name__}.{entry.name}")
        if hasattr(module, "draw"):
            found[module.NAME] = module
    return dict(sorted(found.items()))


class Drawn(NamedTuple):
    """A figure in each format, its finding or "", its words, and the numbers that it shows.

    `below` is what stands below its title: how to read it, then what to be careful about.
    """

    files: dict[str, bytes]
    finding: str
    below: str
    words: str
    numbers: tuple[Number, ...]


def prepare() -> None:
    """Loads what drawing needs, a second's worth: only who draws pays. Copies of us share it."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401


def render(figure: Any, result: Result, formats: tuple[str, ...] = FORMATS) -> dict[str, bytes]:
    """The figure in each format. Raises MissingData if the result has nothing for it."""
    return drawn(figure, result, formats).files


def drawn(
    figure: Any, result: Result, formats: tuple[str, ...] = FORMATS, heading: bool = True
) -> Drawn:
    """The same with what it says. Raises MissingData if the result has nothing for it.

    Without a heading the picture begins below it, for a page that has it as text.
    """
    prepare()
    import matplotlib

    settings = style.SETTINGS | {"svg.hashsalt": f"convoy-{figure.NAME}"}
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        # A letter that the font lacks is a box in the PNG, and itself in the SVG.
        warnings.filterwarnings("ignore", message="Glyph .* missing from current font")
        from matplotlib.figure import Figure

        canvas = Figure(figsize=(style.WIDTH, style.WIDTH * 0.6))
        told = seen.seen(figure.draw(canvas, result))
        above: Heading = getattr(canvas, "heading", Heading((), 0.0, ""))
        how = {} if heading else without(canvas, above)
        found = seen.heading(told.finding)
        parts = (figure.ALT, f"{found}." if found else "", str(told))
        alternative = plain(" ".join(part for part in parts if part))
        made = {name: _save(canvas, figure, alternative, name, how) for name in formats}
        return Drawn(made, found, above.below, str(told), seen.told_apart(told.numbers))


def without(canvas: Any, heading: Heading) -> dict[str, Any]:
    """Takes the heading off; how to save what is left."""
    from matplotlib.transforms import Bbox

    for artist in heading.artists:
        artist.remove()
    width, height = canvas.get_size_inches()
    return {"bbox_inches": Bbox([[0, 0], [width, height - heading.height]])}


def _save(canvas: Any, figure: Any, alternative: str, name: str, how: Mapping[str, Any]) -> bytes:
    if name == "png":
        stream = io.BytesIO()
        about = {"Software": None, "Title": figure.TITLE, "Description": alternative}
        canvas.savefig(stream, format="png", dpi=style.DPI, metadata=about, **how)
        return stream.getvalue()
    written = io.StringIO()  # takes halves of letters, too, which names may have
    canvas.savefig(written, format="svg", metadata={"Date": None, "Creator": "Convoy"}, **how)
    drawn = describe(written.getvalue(), figure.NAME, figure.TITLE, alternative)
    return shown(drawn).encode()


def shown(svg: str) -> str:
    """The SVG with letters that show alone: XML forbids others, which names may have all the same.

    Ends of lines and spaces that do not break are our own, where text is laid out.
    """
    lines = [line.split("\N{NO-BREAK SPACE}") for line in svg.split("\n")]
    return "\n".join("\N{NO-BREAK SPACE}".join(map(plain, line)) for line in lines)


def describe(svg: str, name: str, title: str, alternative: str) -> str:
    """The SVG with its title and its words for those who do not see it."""
    start = svg.index("<svg")
    end = svg.index(">", start)
    return (
        svg[:end]
        + f' role="img" aria-labelledby="{name}-title {name}-desc">\n'
        + f' <title id="{name}-title">{html.escape(title, quote=False)}</title>\n'
        + f' <desc id="{name}-desc">{html.escape(alternative, quote=False)}</desc>'
        + svg[end + 1 :]
    )


def save(folder: Path, name: str, made: dict[str, bytes], option: str) -> list[Path]:
    """Writes what `render` made into `folder`, which `option` named; the files."""
    paths = {folder / f"{name}.{suffix}": content for suffix, content in made.items()}
    for path, content in paths.items():
        files.write(path, content, option)
    return list(paths)
