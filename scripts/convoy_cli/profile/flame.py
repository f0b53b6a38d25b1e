"""Draws folded stacks as a flame graph: one SVG file that needs nothing else."""

from __future__ import annotations

import html
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Iterator, NamedTuple

from ..terminal import plain
from ..units import percent, some
from .stacks import KERNEL, Stack

NAME = "flame"
TITLE = "Where does the CPU time go?"
WIDTH, MARGIN, LINE = 1200, 10, 17
HEAD, FOOT = 74, 12
LETTER = 6.7  # the width of a letter of the font in frames
LEAST = 0.4  # narrower frames are not drawn
# Hue and saturation by kind; the lightness varies by name, and leaves black text legible.
KINDS = {"kernel": (24, 88), "convoy": (200, 62), "other": (48, 86), "thread": (0, 0)}
STYLE = (
    "text{font-family:'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:11px;fill:#111}"
    "text.title{font:bold 17px 'DejaVu Sans',Arial,sans-serif}"
    "text.below{font:12px 'DejaVu Sans',Arial,sans-serif;fill:#555}"
    "rect{stroke:#fff;stroke-width:.6}g:hover>rect{stroke:#000;stroke-width:1}"
)


@dataclass
class Node:
    """A function in one surrounding of callers, with the samples in it and below it."""

    count: int = 0
    below: dict[str, Node] = field(default_factory=dict)


class Box(NamedTuple):
    name: str
    depth: int
    left: float
    samples: int


def tree_of(counts: Counter[Stack]) -> Node:
    root = Node()
    for stack, count in counts.items():
        node = root
        node.count += count
        for frame in stack:
            node = node.below.setdefault(frame, Node())
            node.count += count
    return root


def boxes(root: Node) -> Iterator[Box]:
    """Every frame, children of one side by side in the order of their names."""
    todo: list[tuple[str, Node, int, float]] = [("all", root, 0, 0.0)]
    while todo:
        name, node, depth, left = todo.pop()
        yield Box(name, depth, left, node.count)
        for child, below in sorted(node.below.items()):
            todo.append((child, below, depth + 1, left))
            left += below.count


def render(counts: Counter[Stack], subject: str, left_out: int = 0) -> str:
    """The SVG; `left_out` samples belong to other threads."""
    root = tree_of(counts)
    scale = (WIDTH - 2 * MARGIN) / max(1, root.count)
    drawn = sorted(box for box in boxes(root) if box.samples * scale >= LEAST)
    depth = max((box.depth for box in drawn), default=0)
    height = HEAD + (depth + 1) * LINE + FOOT
    more = f"; {some(left_out, 'more sample')} of the program and its peer left out"
    below = f"{some(root.count, 'sample')} of CPU time{more if left_out else ''}."
    described = f"A flame graph of {subject}. {below} {busiest(root)}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{NAME}-title {NAME}-desc" '
        'style="max-width:100%;height:auto;background:#fff">',
        f'<title id="{NAME}-title">{xml(TITLE)}</title>',
        f'<desc id="{NAME}-desc">{xml(described)}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text class="title" x="{MARGIN}" y="24">{xml(TITLE)}</text>',
        f'<text class="below" x="{MARGIN}" y="43">{xml(clip(subject, 130))}</text>',
        f'<text class="below" x="{MARGIN}" y="58">{xml(below)} Blue: Convoy; orange: the kernel; '
        "yellow: libraries. Callees above callers.</text>",
    ]
    lines += [frame(box, scale, root.count, height) for box in drawn]
    return "\n".join([*lines, "</svg>", ""])


def frame(box: Box, scale: float, total: int, height: int) -> str:
    left, width = MARGIN + box.left * scale, box.samples * scale
    top = height - FOOT - (box.depth + 1) * LINE
    told = f"{box.name} ({some(box.samples, 'sample')}, {percent(box.samples / max(1, total))})"
    label = clip(short(box.name), int((width - 5) / LETTER))
    text = f'<text x="{left + 3:.1f}" y="{top + 12}">{xml(label)}</text>' if label else ""
    return (
        f"<g><title>{xml(told)}</title>"
        f'<rect x="{left:.2f}" y="{top}" width="{width:.2f}" height="{LINE - 1}" rx="1.5" '
        f'fill="{colour(box)}"/>{text}</g>'
    )


def colour(box: Box) -> str:
    """The same for the same name in every graph."""
    kind = "other"
    if box.depth <= 1:
        kind = "thread"
    elif box.name.endswith(KERNEL):
        kind = "kernel"
    elif box.name.startswith("convoy::"):
        kind = "convoy"
    hue, saturation = KINDS[kind]
    lightness = 70 + zlib.crc32(box.name.encode("utf-8", "backslashreplace")) % 16
    return f"hsl({hue},{saturation}%,{lightness}%)"


def busiest(root: Node) -> str:
    """The functions that most samples were in themselves, for those who do not see it."""
    own: Counter[str] = Counter()
    todo = [("all", root)]
    while todo:
        name, node = todo.pop()
        own[name] += node.count - sum(below.count for below in node.below.values())
        todo += node.below.items()
    most = sorted(own.items(), key=lambda item: (-item[1], item[0]))[:5]
    told = [f"{name} {percent(count / max(1, root.count))}" for name, count in most if count]
    return f"Most samples were in {', '.join(told)}." if told else ""


def short(name: str) -> str:
    """Without what stands between < and >, which makes names of templates endless."""
    kept, depth, at = [], 0, 0
    while at < len(name):
        operator = depth == 0 and name.startswith(("operator<", "operator>", "operator-"), at)
        if operator:
            end = at + 8
            while end < len(name) and name[end] in "<>=-":
                end += 1
            kept.append(name[at:end])
            at = end
            continue
        letter = name[at]
        depth += letter == "<"
        if depth == 0:
            kept.append(letter)
        depth = max(0, depth - (letter == ">"))
        at += 1
    return "".join(kept).replace("(anonymous namespace)::", "")


def clip(text: str, letters: int) -> str:
    """At most so many letters; nothing where there is room for three or fewer."""
    if letters < 4:
        return ""
    return text if len(text) <= letters else text[: letters - 1] + "…"


def xml(text: str) -> str:
    """Escaped, in letters that XML allows and that show."""
    return html.escape(plain(text), quote=False).replace('"', "&quot;")
