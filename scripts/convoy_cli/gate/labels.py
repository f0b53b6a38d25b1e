"""Names cut to the room that a chart has for them."""

from __future__ import annotations

from typing import Any

# Longer than any chart is wide; measuring costs time with each letter.
MOST_LETTERS = 200


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
