"""Draws figures into SVG and PNG whose bytes depend on the result alone."""

from __future__ import annotations

import html
import importlib
import io
import pkgutil
from pathlib import Path
from typing import Any

from ..core import files
from ..core.terminal import plain
from ..results.rows import Result
from . import figures, style

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


def render(figure: Any, result: Result, formats: tuple[str, ...] = FORMATS) -> dict[str, bytes]:
    """The figure in each format. Raises MissingData if the result has nothing for it."""
    import matplotlib  # a second to load: only who draws pays

    matplotlib.use("Agg")
    settings = style.SETTINGS | {"svg.hashsalt": f"convoy-{figure.NAME}"}
    with matplotlib.rc_context(settings):
        from matplotlib.figure import Figure

        canvas = Figure(figsize=(style.WIDTH, style.WIDTH * 0.6))
        seen = figure.draw(canvas, result)
        alternative = f"{figure.ALT} {seen}".strip()
        return {name: _save(canvas, figure, alternative, name) for name in formats}


def _save(canvas: Any, figure: Any, alternative: str, name: str) -> bytes:
    stream = io.BytesIO()
    if name == "png":
        about = {"Software": None, "Title": figure.TITLE, "Description": alternative}
        canvas.savefig(stream, format="png", dpi=style.DPI, metadata=about)
        return stream.getvalue()
    canvas.savefig(stream, format="svg", metadata={"Date": None, "Creator": "Convoy"})
    drawn = describe(stream.getvalue().decode(), figure.NAME, figure.TITLE, alternative)
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
